// Where scenarios work: an instance, network, port range and state of their own on the engine, the programs to time, and the
// making and taking away of desktops that are not timed.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CatalogEntry } from '../../src/core/catalog.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { ContainerDetails, ContainerId, ContainerSpec, Engine } from '../../src/core/engine.ts';
import { newDesktopId } from '../../src/core/identity.ts';
import { encodeLabels, ownershipLabels } from '../../src/core/labels.ts';
import type { LeaseChanges } from '../../src/core/lease.ts';
import { inParallel } from '../../src/core/parallel.ts';
import type { DesktopProbe } from '../../src/core/readiness.ts';
import { buildSpec, containerSpec } from '../../src/core/spec.ts';
import { connectDocker } from '../../src/engine/docker/engine.ts';
import { resolveEndpoint } from '../../src/engine/endpoint.ts';
import { createProbe } from '../../src/rfb/readiness.ts';
import { run, type Ran } from './timing.ts';

export const INSTANCE = 'bench';
const NETWORK = 'vncctl-bench';
/** A subnet of its own, because `docker run --ip` asks for one. */
const SUBNET = '10.213.77.0/24';
/** This host's own in it. */
export const NETWORK_ADDRESS = '10.213.77.1';
const FIRST_PORT = 5700;
const PORTS = 60;
export const SECRET = 'measured';
export const KIOSK = 'vncctl/firefox-kiosk:latest';
export const TYPICAL = 'vncctl-bench/typical';
export const IDLE = 'vncctl-bench/idle';

/** More than that don't start any sooner, nor go. */
const AT_ONCE = 4;

const PAINTED_WITHIN_MS = 120_000;

/** What sets a desktop of a scenario apart. */
export interface DesktopWishes {
  /** Publishes no port. */
  unpublished?: boolean;
  /** As its `up` had asked for it. */
  lease?: LeaseChanges;
}

export interface Workshop {
  /** Where scenarios may put files of their own: emptied when the workshop is cleared. */
  home: string;
  engine: Engine;
  /** As DOCKER_HOST takes it. */
  address: string;
  entry: CatalogEntry;
  probe: DesktopProbe;
  /** The built vncctl, to be run by a Node. */
  program: string;
  env: NodeJS.ProcessEnv;
  /** Runs vncctl with a Node. */
  vncctl(node: string, ...args: string[]): Promise<Ran>;
  docker(...args: string[]): Promise<Ran>;
  /** Builds an image from a Dockerfile's text or from a folder. */
  image(tag: string, source: { text: string } | { folder: string }): Promise<void>;
  /** The description that `up` would hand to the engine for the client with this number, but for the image. */
  spec(number: number, image: string, wishes?: DesktopWishes): ContainerSpec;
  /** Starts desktops of an image for the clients 1 to `count`; returns them in that order. */
  startDesktops(count: number, image: string, wishes?: DesktopWishes): Promise<ContainerId[]>;
  /** Resolves with the desktop once its page is painted. */
  painted(id: ContainerId): Promise<ContainerDetails>;
  ensureNetwork(): Promise<void>;
  /** Removes every desktop and the network of this instance, and forgets them. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** The client with a number, as the engine's labels and the command line take it. */
export function clientOf(number: number): string {
  return String(11_122_233_300 + number);
}

/** The name of that client's container. */
export function nameOf(number: number): string {
  return `vnc_${INSTANCE}.${clientOf(number)}`;
}

/** Address of the rival's container with a number, out of the way of those that the engine hands out. */
export function addressOf(number: number): string {
  return `10.213.77.${200 + number}`;
}

/** Opens the workshop on an engine and clears what an earlier run may have left. */
export async function openWorkshop({ root, work, engine: address }: { root: string; work: string; engine: string }): Promise<Workshop> {
  const home = join(work, 'home');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    // The classic builder is the one that every engine has.
    DOCKER_BUILDKIT: '0',
    DOCKER_HOST: address,
    VNCCTL_HOME: home,
    VNCCTL_INSTANCE: INSTANCE,
    VNCCTL_NETWORK: NETWORK,
    VNCCTL_SUBNET: SUBNET,
    VNCCTL_PORT_MIN: String(FIRST_PORT),
    VNCCTL_PORT_MAX: String(FIRST_PORT + PORTS - 1),
  };
  const files = { readText: () => undefined, list: () => [], exists: () => false };
  const endpoint = resolveEndpoint({ flags: { host: address }, env: {}, embeddedSocket: '', home: '/', uid: undefined, platform: process.platform, files });
  const engine = connectDocker(endpoint, { deadlineMs: 60_000 });
  const entries = JSON.parse(readFileSync(join(root, 'dist/catalog.json'), 'utf8')) as CatalogEntry[];
  const entry = entries.find(({ key }) => key === 'firefox-kiosk');
  if (!entry) throw new Error('the built catalog has no firefox-kiosk');
  const plan = buildSpec(entry, { env: {}, size: { width: 1280, height: 720 } }, {}, NETWORK, 64);

  const workshop: Workshop = {
    home,
    engine,
    address,
    entry,
    env,
    program: join(root, 'bin/vncctl.js'),
    probe: createProbe({ clock: systemClock }),
    vncctl: (node, ...args) => run(node, [workshop.program, ...args], env),
    docker: (...args) => run('docker', args, env),
    async image(tag, source) {
      if ('folder' in source) await run('docker', ['build', '-t', tag, join(root, source.folder)], env);
      else await run('docker', ['build', '-t', tag, '-'], env, source.text);
    },
    spec(number, image, { unpublished, lease } = {}) {
      const hostPort = FIRST_PORT + PORTS - number;
      const labels = encodeLabels({
        instance: INSTANCE,
        desktopId: newDesktopId(),
        clientKey: clientOf(number),
        naming: 'plain',
        imageKey: entry.key,
        specHash: plan.hash,
        ...(unpublished ? {} : { hostPort }),
        ...(lease ? { lease } : {}),
      });
      const publish = unpublished ? undefined : { hostPort, hostAddress: '127.0.0.1' };
      return { ...containerSpec(plan, { labels, secret: SECRET, clientLabel: clientOf(number), idleExitSeconds: 0, ...(publish ? { publish } : {}) }), image };
    },
    async startDesktops(count, image, wishes) {
      await workshop.ensureNetwork();
      const numbers = Array.from({ length: count }, (_, index) => index + 1);
      return inParallel(numbers, AT_ONCE, async (number) => {
        const id = await engine.containers.create(nameOf(number), workshop.spec(number, image, wishes));
        await engine.containers.start(id);
        return id;
      });
    },
    async painted(id) {
      const container = await engine.containers.find(id);
      if (!container?.address) throw new Error(`container ${id} has no address`);
      await workshop.probe.waitFor('page', { kind: 'tcp', host: container.address, port: 5900, secret: container.env['VNC_SECRET'] ?? '' }, { signal: AbortSignal.timeout(PAINTED_WITHIN_MS) });
      return container;
    },
    ensureNetwork: () => engine.networks.create({ name: NETWORK, subnet: SUBNET, labels: ownershipLabels(INSTANCE) }),
    async clear() {
      await inParallel(await engine.containers.list({ labels: ownershipLabels(INSTANCE) }), AT_ONCE, ({ id }) => engine.containers.remove(id));
      await engine.networks.remove(NETWORK);
      rmSync(home, { recursive: true, force: true });
    },
    async close() {
      await workshop.clear();
      engine.close();
    },
  };
  await workshop.clear();
  return workshop;
}

/** The arguments of `docker run` that say what a description says, and the address the container gets. */
export function dockerRunArguments(spec: ContainerSpec, address: string): string[] {
  const { publish, limits } = spec;
  return [
    ...['run', '-d', '--init', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--network', spec.network, '--ip', address],
    ...spec.capabilities.flatMap((capability) => ['--cap-add', capability]),
    ...['--user', spec.user, '--cpus', String(limits.cpus), '--memory', String(limits.memoryBytes), '--memory-swap', String(limits.memoryBytes)],
    ...['--pids-limit', String(limits.pids), '--shm-size', String(limits.shmSizeBytes), '--stop-timeout', String(spec.stopGraceSeconds)],
    ...['--log-opt', `max-size=${spec.logMaxBytes}`, '--log-opt', 'max-file=1'],
    ...Object.entries(spec.tmpfs).flatMap(([path, options]) => ['--tmpfs', `${path}:${options}`]),
    ...Object.entries(spec.env).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    ...Object.entries(spec.labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
    ...(publish ? ['--publish', `${publish.hostAddress}:${publish.hostPort}:${publish.containerPort}`] : []),
    spec.image,
  ];
}
