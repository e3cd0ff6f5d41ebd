// The containers of the fake engine: unique names, states, ports, exit codes and logs, with programs that a test describes
// in place of real ones.
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/core/clock.ts';
import type { ContainerDetails, ContainerHealth, ContainerId, Containers, ContainerSpec, ContainerState } from '../../src/core/engine.ts';
import { VncctlError } from '../../src/errors.ts';
import type { RunCall } from './fake-calls.ts';
import { createFakeEvents } from './fake-events.ts';
import type { FakeNetworks } from './fake-networks.ts';

/** What the main process of a container does. By default it runs until it is asked to end, and ends with 0. */
export interface FakeProgram {
  /** Written to the log at each start. */
  lines?: readonly string[];
  /** Ends by itself at once. */
  exits?: number;
  outOfMemory?: boolean;
  ignoresTerm?: boolean;
  /** Another signal that it ends on, and how. */
  endsOn?: { signal: string; exitCode: number };
  /** What the image's health check says after a while; absent: it has none. */
  health?: 'healthy' | 'unhealthy';
  /** Processor time that it has used so far; absent: next to none. */
  cpuMs?: () => number;
  /** Memory that it holds; absent: hardly any. */
  memoryBytes?: () => number;
  /** What it has written to the disk, undefined where the engine can't tell; absent: hardly anything. */
  writtenBytes?: () => number | undefined;
  exec?: (argv: readonly string[]) => { exitCode: number; output: string };
}

export interface FakeContainer {
  readonly id: ContainerId;
  name: string;
  state: ContainerState;
  health: ContainerHealth;
  readonly spec: ContainerSpec;
  readonly createdAt: string;
  limits: { cpus: number; memoryBytes: number };
  readonly lines: string[];
  exitCode?: number;
  startedAt?: string;
  finishedAt?: string;
  outOfMemory: boolean;
  error?: string;
  address?: string;
  /** Set at the first start: like Docker, it asks for this very network from then on. */
  networkId?: string;
  /** What it has used; a mebibyte of memory unless a test says otherwise. */
  cpuNanoseconds?: number;
  memoryBytes?: number;
  /** While it runs on an engine of this host. */
  pid?: number;
  program: FakeProgram;
}

/** What a test does to containers behind everyone's back. */
export interface FakeContainerWorld {
  readonly all: readonly FakeContainer[];
  get(nameOrId: string): FakeContainer;
  /** Its main process ends by itself. */
  end(nameOrId: string, exitCode: number, lines?: readonly string[]): void;
  /** Gone from one moment to the next. */
  vanish(nameOrId: string): void;
  /** Host ports that other programs listen on. */
  readonly takenPorts: Set<number>;
  /** Whether anything, another program or a container, holds the host port. */
  isHeld(hostPort: number): boolean;
  /** A container made by somebody else. */
  addForeign(name: string, labels?: Record<string, string>, env?: Record<string, string>): FakeContainer;
  /** While set, removals stay in the state `removing` until it resolves. */
  removalGate: Promise<void> | undefined;
  /** Event streams that are open now. */
  readonly eventStreams: number;
  /** Ends every open event stream as a lost connection does. */
  breakEventStreams(): void;
}

export interface FakeContainerParts {
  run: RunCall;
  clock: Clock;
  networks: FakeNetworks;
  imageIdOf: (reference: string) => string | undefined;
  programOf: (spec: ContainerSpec) => FakeProgram;
  local: boolean;
  dialable: boolean;
}

const LEAST_MEMORY_BYTES = 6 * 1024 ** 2;

const gone = (id: string): VncctlError => new VncctlError('DESKTOP_NOT_FOUND', `container ${id.slice(0, 12)} is gone`);
const notRunning = (id: string): VncctlError => new VncctlError('ENGINE_FAILED', `container ${id} is not running`);

export function createFakeContainers({ run, clock, networks, imageIdOf, programOf, local, dialable }: FakeContainerParts): { containers: Containers; world: FakeContainerWorld } {
  const all: FakeContainer[] = [];
  const waiting = new Map<FakeContainer, Set<() => void>>();
  const takenPorts = new Set<number>();
  const happenings = createFakeEvents(run, clock);
  const { emit } = happenings;
  let made = 0;
  let pids = 1000;

  const lookUp = (nameOrId: string): FakeContainer | undefined => all.find(({ id, name }) => id === nameOrId || name === nameOrId);
  const now = (): string => clock.now().toISOString();
  const runs = (container: FakeContainer): boolean => container.state === 'running' || container.state === 'paused';
  const isBound = (port: number): boolean => all.some((other) => runs(other) && other.spec.publish?.hostPort === port);

  const tell = (container: FakeContainer): void => {
    for (const wake of waiting.get(container) ?? []) wake();
    waiting.delete(container);
  };
  const changed = (container: FakeContainer): Promise<void> =>
    new Promise((resolve) => waiting.set(container, (waiting.get(container) ?? new Set()).add(resolve)));

  const end = (container: FakeContainer, exitCode: number): void => {
    if (!runs(container)) return;
    Object.assign(container, { state: 'exited', health: 'none', exitCode, finishedAt: now(), outOfMemory: container.program.outOfMemory ?? false });
    delete container.address;
    emit('died', container);
    tell(container);
  };
  const forget = (container: FakeContainer): void => {
    const index = all.indexOf(container);
    if (index >= 0) all.splice(index, 1);
    delete container.address;
    container.state = 'dead';
    emit('removed', container);
    tell(container);
  };
  const add = (name: string, spec: ContainerSpec): FakeContainer => {
    made++;
    const id = made.toString(16).padStart(64, 'f') as ContainerId;
    const container: FakeContainer = { id, name, spec, state: 'created', health: 'none', createdAt: now(), limits: { cpus: spec.limits.cpus, memoryBytes: spec.limits.memoryBytes }, lines: [], outOfMemory: false, program: programOf(spec) };
    all.push(container);
    emit('created', container);
    return container;
  };

  const world: FakeContainerWorld = {
    all,
    takenPorts,
    removalGate: undefined,
    get(nameOrId) {
      const container = lookUp(nameOrId);
      if (!container) throw new Error(`the test speaks of a container ${nameOrId} that does not exist`);
      return container;
    },
    end(nameOrId, exitCode, lines = []) {
      const container = world.get(nameOrId);
      container.lines.push(...lines);
      end(container, exitCode);
    },
    vanish(nameOrId) {
      const container = world.get(nameOrId);
      end(container, 137);
      forget(container);
    },
    get eventStreams() {
      return happenings.listeners;
    },
    breakEventStreams: () => happenings.breakStreams(),
    isHeld: (port) => takenPorts.has(port) || isBound(port),
    addForeign(name, labels = {}, env = {}) {
      const limits = { cpus: 0, memoryBytes: 0, pids: 0, shmSizeBytes: 0 };
      return add(name, { image: 'somebody/elses', env, labels, network: 'bridge', limits, user: 'image', capabilities: [], tmpfs: {}, init: 'engine', stopGraceSeconds: 1, logMaxBytes: 0 });
    },
  };

  const detailsOf = (container: FakeContainer): ContainerDetails => {
    const { id, name, state, health, spec, createdAt, exitCode, startedAt, finishedAt, error, address, pid } = container;
    return {
      id,
      name,
      state,
      health,
      labels: { ...spec.labels },
      image: spec.image,
      imageId: imageIdOf(spec.image) ?? 'sha256:gone',
      createdAt,
      ports: runs(container) && spec.publish ? [{ ...spec.publish }] : [],
      env: { ...spec.env },
      limits: { ...container.limits },
      outOfMemory: container.outOfMemory,
      ...(state === 'exited' && exitCode !== undefined ? { exitCode } : {}),
      ...(startedAt ? { startedAt } : {}),
      ...(finishedAt ? { finishedAt } : {}),
      ...(error ? { error } : {}),
      ...(address && dialable && runs(container) ? { address } : {}),
      ...(pid !== undefined && runs(container) ? { pid } : {}),
    };
  };

  const start = (container: FakeContainer): void => {
    if (container.state === 'running') return;
    if (container.state === 'paused') throw new VncctlError('ENGINE_FAILED', 'a paused container can not be started');
    if (container.state === 'removing') throw gone(container.id);
    const network = networks.attach(container.spec.network, container.networkId);
    const port = container.spec.publish?.hostPort;
    if (port !== undefined && world.isHeld(port)) {
      container.error = `port ${port} is already allocated`;
      throw new VncctlError('NO_FREE_PORT', container.error);
    }
    const { program } = container;
    Object.assign(container, { state: 'running', startedAt: now(), outOfMemory: false, networkId: network.id, address: network.address, health: program.health ? 'starting' : 'none' });
    delete container.exitCode;
    delete container.error;
    if (local) container.pid = ++pids;
    container.lines.push(...(program.lines ?? []));
    emit('started', container);
    if (program.exits !== undefined) void setImmediate().then(() => end(container, program.exits ?? 0));
    const { startedAt } = container;
    if (program.health) {
      void clock.sleep(20).then(() => {
        if (container.state === 'running' && container.startedAt === startedAt) container.health = program.health ?? 'none';
      });
    }
  };

  const wake = (container: FakeContainer): void => {
    if (container.state !== 'paused') return;
    container.state = 'running';
    emit('unpaused', container);
  };

  const containers: Containers = {
    events: happenings.events,

    list: ({ labels }, options) =>
      run('containers.list', '', options, () => all.filter(({ spec }) => Object.entries(labels).every(([key, value]) => spec.labels[key] === value)).map(detailsOf)),

    find: (nameOrId, options) =>
      run('containers.find', nameOrId, options, () => {
        const container = lookUp(nameOrId);
        return container && detailsOf(container);
      }),

    create: (name, spec, options) =>
      run('containers.create', name, options, () => {
        if (imageIdOf(spec.image) === undefined) throw new VncctlError('IMAGE_NOT_FOUND', `the engine has no image ${spec.image}`);
        if (lookUp(name)) throw new VncctlError('NAME_TAKEN', `the container name ${name} is in use`);
        return add(name, structuredClone(spec)).id;
      }),

    start: (id, options) =>
      run('containers.start', id, options, () => {
        const container = lookUp(id);
        if (!container) throw gone(id);
        start(container);
      }),

    stop: (id, graceSeconds, options) =>
      run('containers.stop', options?.stopSignal === undefined ? id : `${id} ${options.stopSignal}`, options, async (signal) => {
        const container = lookUp(id);
        if (!container || !runs(container)) return;
        wake(container);
        const { endsOn, ignoresTerm } = container.program;
        if (endsOn !== undefined && endsOn.signal === options?.stopSignal) return end(container, endsOn.exitCode);
        if (!ignoresTerm) return end(container, 0);
        await clock.sleep(graceSeconds * 1000, signal);
        end(container, 137);
      }),

    rename: (id, name, options) =>
      run('containers.rename', id, options, () => {
        const container = all.find((other) => other.id === id);
        if (!container || (options?.from !== undefined && container.name !== options.from)) throw gone(id);
        if (all.some((other) => other !== container && other.name === name)) throw new VncctlError('NAME_TAKEN', `the container name ${name} is in use`);
        if (container.name === name) return;
        container.name = name;
        emit('renamed', container);
      }),

    updateLimits: (id, { cpus, memoryBytes }, options) =>
      run('containers.updateLimits', id, options, () => {
        const container = lookUp(id);
        if (!container) throw gone(id);
        if (memoryBytes < LEAST_MEMORY_BYTES) throw new VncctlError('USAGE', "the engine can't give that much or little: minimum memory limit allowed is 6MB");
        container.limits = { cpus, memoryBytes };
      }),

    cpuMs: (id, options) =>
      run('containers.cpuMs', id, options, () => {
        const container = lookUp(id);
        return container && runs(container) ? (container.program.cpuMs?.() ?? 1) : undefined;
      }),

    memoryBytes: (id, options) =>
      run('containers.memoryBytes', id, options, () => {
        const container = lookUp(id);
        return container && runs(container) ? (container.program.memoryBytes?.() ?? 4096) : undefined;
      }),

    writtenBytes: (id, options) => run('containers.writtenBytes', id, options, () => {
        const container = lookUp(id);
        return container && (container.program.writtenBytes ? container.program.writtenBytes() : 4096);
      }),

    pause: (id, options) =>
      run('containers.pause', id, options, () => {
        const container = lookUp(id);
        if (!container) throw gone(id);
        if (container.state !== 'running') throw notRunning(id);
        container.state = 'paused';
        emit('paused', container);
      }),

    unpause: (id, options) =>
      run('containers.unpause', id, options, () => {
        const container = lookUp(id);
        if (!container) throw gone(id);
        wake(container);
      }),

    remove: (id, options) =>
      run('containers.remove', id, options, async () => {
        const container = lookUp(id);
        if (!container) return;
        if (container.state === 'removing') return void (await changed(container));
        end(container, 137);
        container.state = 'removing';
        await (world.removalGate ?? setImmediate());
        forget(container);
      }),

    waitForExit: (id, options) =>
      run('containers.waitForExit', id, options, async () => {
        for (;;) {
          const container = lookUp(id);
          if (!container) return undefined;
          if (!runs(container) && container.state !== 'removing') return container.exitCode ?? 0;
          await changed(container);
        }
      }),

    exec: (id, argv, options) =>
      run('containers.exec', id, options, () => {
        const container = lookUp(id);
        if (container?.state !== 'running') throw notRunning(id);
        return container.program.exec?.(argv) ?? { exitCode: 0, output: '' };
      }),

    usage: (id, options) =>
      run('containers.usage', id, options, () => {
        const container = lookUp(id);
        return container && runs(container) ? { cpuNanoseconds: container.cpuNanoseconds ?? 0, memoryBytes: container.memoryBytes ?? 1024 * 1024, memoryLimitBytes: container.spec.limits.memoryBytes } : undefined;
      }),

    logs: (id, tailLines, options) => run('containers.logs', id, options, () => lookUp(id)?.lines.slice(-tailLines) ?? []),
  };

  return { containers, world };
}
