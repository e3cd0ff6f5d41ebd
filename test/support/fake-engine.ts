// An Engine in memory, faithful to the sentences of src/core/engine.ts: the contract suite runs on it as on the real one.
// Puts its parts together and adds what a test does behind everyone's back.
import type { Clock } from '../../src/core/clock.ts';
import type { ContainerSpec, Engine, NetworkIsolation } from '../../src/core/engine.ts';
import type { HostPorts } from '../../src/core/ports.ts';
import { createFakeCalls, type FakeCalls } from './fake-calls.ts';
import { createFakeContainers, type FakeContainerWorld, type FakeProgram } from './fake-containers.ts';
import { createFakeImages, type FakeImages } from './fake-images.ts';
import { createFakeNetworks, type FakeNetworks } from './fake-networks.ts';

export interface FakeEngine extends Engine {
  readonly calls: FakeCalls;
  readonly world: FakeContainerWorld;
  readonly imageWorld: Omit<FakeImages, 'images'>;
  readonly networkWorld: Omit<FakeNetworks, 'networks'>;
  /** The ports of the host that this engine runs on. */
  readonly hostPorts: HostPorts;
}

export interface FakeEngineOptions {
  clock: Clock;
  endpoint?: string;
  /** Where a call names none; absent: no deadline. */
  deadlineMs?: number;
  local?: boolean;
  /** Whether the addresses of its containers can be dialled from here. Default: true. */
  dialable?: boolean;
  /** What its networks keep apart. Default: their members. */
  isolation?: NetworkIsolation;
  /** Default: true. */
  canUpdateLimits?: boolean;
  /** What a container of this description does; absent: runs until asked to end. */
  programOf?: (spec: ContainerSpec) => FakeProgram;
}

/** An engine without containers, images or networks. */
export function createFakeEngine({ clock, endpoint = 'fake:///engine', deadlineMs, local = true, dialable = true, isolation = 'members', canUpdateLimits = true, programOf = () => ({}) }: FakeEngineOptions): FakeEngine {
  const { calls, run, close } = createFakeCalls(clock, endpoint, deadlineMs);
  const fakeImages = createFakeImages(run, clock);
  const fakeNetworks = createFakeNetworks({ run, isolation, dialable, isUsed: (networkId) => world.all.some((container) => container.address !== undefined && container.networkId === networkId) });
  const { containers, world } = createFakeContainers({
    run,
    clock,
    networks: fakeNetworks,
    imageIdOf: (reference) => [...fakeImages.present.values()].find(({ id }) => id === reference)?.id ?? fakeImages.present.get(reference.includes(':') ? reference : `${reference}:latest`)?.id,
    programOf,
    local,
    dialable,
  });
  return {
    endpoint,
    capabilities: { canRename: true, canPause: true, canUpdateLimits, local },
    containers,
    images: fakeImages.images,
    networks: fakeNetworks.networks,
    calls,
    world,
    imageWorld: fakeImages,
    networkWorld: fakeNetworks,
    hostPorts: { isFree: async (_, port) => !world.isHeld(port) },
    ping: (options) => run('ping', '', options, () => {}),
    describe: (options) =>
      run('describe', '', options, () => ({
        kind: 'docker' as const,
        version: '20.10.24',
        apiVersion: '1.41',
        os: 'Fake Linux',
        architecture: 'x86_64',
        rootDirectory: '/var/lib/fake',
        memoryBytes: 8 * 1024 ** 3,
        cpus: 4,
        rootless: false,
        containersSurvive: true,
      })),
    close,
  };
}
