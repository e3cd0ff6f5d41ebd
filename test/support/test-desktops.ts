// A whole installation on fakes: engine, store, probe and clock joined into the Desktops that use-cases work with, and the
// requests of an example client. A second "process" shares everything but its pid.
import type { CatalogEntry } from '../../src/core/catalog.ts';
import { type ClientId, parseClientId } from '../../src/core/client-id.ts';
import type { Desktops, Installation } from '../../src/core/desktops.ts';
import { milliseconds } from '../../src/core/duration.ts';
import type { ContainerSpec, NetworkIsolation } from '../../src/core/engine.ts';
import type { Lease } from '../../src/core/lease.ts';
import type { PublicAddress } from '../../src/core/public-address.ts';
import { up, type UpResult } from '../../src/core/up.ts';
import type { UpOptions, UpRequest } from '../../src/core/up-run.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import type { FakeProgram } from './fake-containers.ts';
import { createFakeEngine, type FakeEngine } from './fake-engine.ts';
import { createFakeHostMemory, type FakeHostMemory } from './fake-host-memory.ts';
import { createFakeProbe, type FakeProbe } from './fake-probe.ts';
import { createFakeStore, type FakeStore } from './fake-store.ts';
import { createFakeWarmTools, type FakeWarmTools } from './fake-warm-tools.ts';

const MIB = 1024 ** 2;

/** A built image that takes everything a desktop can be given; `over` changes it. */
export function exampleEntry(over: Partial<CatalogEntry> = {}): CatalogEntry {
  return {
    key: 'kiosk',
    title: 'Kiosk',
    description: 'a browser',
    source: { kind: 'template', folder: '/templates/kiosk' },
    ports: { web: 6080, rfb: 5900 },
    viewerPath: '/vnc.html',
    websocketPath: '/websockify',
    variables: { url: 'KIOSK_URL', width: 'WIDTH', height: 'HEIGHT', secret: 'VNC_SECRET', client: 'CLIENT', idleExit: 'IDLE_EXIT' },
    viewOnly: 'password',
    settings: { LANGUAGE: { description: 'language', default: 'pt-BR', pattern: '[a-z]{2}(-[A-Z]{2})?' }, MOTTO: { description: 'a motto' } },
    needsBytes: 256 * MIB,
    limits: { cpus: 2, memoryBytes: 1024 * MIB, pids: 500, shmSizeBytes: 256 * MIB },
    maxSize: { width: 4096, height: 4096 },
    lease: {},
    user: '1000:1000',
    capabilities: [],
    tmpfs: { '/tmp': 'rw' },
    init: 'engine',
    stopGraceSeconds: 5,
    ready: 'page',
    readyTimeoutSeconds: 60,
    settleSeconds: 0,
    origin: 'built-in',
    ...over,
  };
}

/** The lease that the settings give where nothing is set. */
export const DEFAULT_LEASE: Lease = {
  idle: { length: milliseconds(15 * 60_000), from: 'default' },
  removeAfter: { length: milliseconds(8 * 3_600_000), from: 'default' },
  inputIdle: { length: 'never', from: 'default' },
  ttl: { length: 'never', from: 'default' },
  maxAge: { length: 'never', from: 'default' },
};

/** The example of a CPF whose check digits are right. */
export const ANA = clientOf('111.444.777-35');

export function clientOf(text: string): ClientId {
  return parseClientId(text, 'any').id;
}

/** Distinct clients. */
export function clients(count: number): ClientId[] {
  return Array.from({ length: count }, (_, index) => clientOf(`2000000${String(index).padStart(4, '0')}`));
}

export interface TestDesktops {
  desktops: Desktops;
  engine: FakeEngine;
  store: FakeStore;
  probe: FakeProbe;
  warm: FakeWarmTools;
  /** Of the host; unknown unless the test says so. */
  memory: FakeHostMemory;
  clock: FakeClock;
  entry: CatalogEntry;
  /** Pids that run; a killed process is taken out. */
  alive: Set<number>;
  /** The same installation seen by another process. */
  asProcess(pid: number): Desktops;
  request(over?: Partial<UpRequest>): UpRequest;
  up(over?: Partial<UpRequest>, options?: Partial<UpOptions>, desktops?: Desktops): Promise<UpResult>;
}

export interface TestDesktopsOptions {
  installation?: Partial<Installation>;
  entries?: readonly CatalogEntry[];
  programOf?: (spec: ContainerSpec) => FakeProgram;
  local?: boolean;
  /** Whether containers' addresses can be dialled. Default: true. */
  dialable?: boolean;
  /** A gateway that answers. */
  gateway?: PublicAddress;
  isolation?: NetworkIsolation;
  /** Default: one that lets short sleeps pass by themselves. */
  clock?: FakeClock;
  /** Whether image and network are there already. Default: true. */
  prepared?: boolean;
}

/** The gateway of a daemon on loopback, as it is without settings. */
export const LOCAL_GATEWAY: PublicAddress = { scheme: 'http', name: '127.0.0.1', port: '8080', prefix: '' };

/** Ports 5000 to 5020, instance `default`, naming plain, this process is 100. */
export function createTestDesktops({ installation, entries = [exampleEntry()], programOf, local, dialable, gateway, isolation = 'members', clock = createFakeClock(), prepared = true }: TestDesktopsOptions = {}): TestDesktops {
  const [entry] = entries;
  if (!entry) throw new Error('a catalog for tests has at least one entry');
  const engine = createFakeEngine({ clock, isolation, ...(programOf ? { programOf } : {}), ...(local === undefined ? {} : { local }), ...(dialable === undefined ? {} : { dialable }) });
  const store = createFakeStore();
  const probe = createFakeProbe();
  const warm = createFakeWarmTools();
  const memory = createFakeHostMemory(engine.world);
  const alive = new Set([100]);
  const asProcess = (pid: number): Desktops => ({
    installation: {
      instance: 'default',
      prefix: 'vnc_',
      naming: { kind: 'plain' },
      network: 'vncctl',
      subnet: '',
      bindAddress: '127.0.0.1',
      linkHost: 'localhost',
      ports: { min: 5000, max: 5020 },
      parallel: 4,
      hostCpus: 4,
      hostMemoryBytes: 16 * 1024 ** 3,
      defaults: {},
      lease: DEFAULT_LEASE,
      warnBeforeMs: 5 * 60_000,
      pauseDirect: false,
      pool: [],
      poolMaxAge: milliseconds(4 * 3_600_000),
      reserveMemory: 256 * MIB,
      diskMax: 'off',
      sweepIntervalMs: 30_000,
      ...installation,
    },
    engine,
    store,
    catalog: { entries, find: (key) => entries.find((known) => known.key === key) },
    probe,
    clock,
    hostPorts: engine.hostPorts,
    memory,
    processes: { pid, isAlive: (other) => alive.has(other) },
    warm,
    gateway,
  });
  const desktops = asProcess(100);
  if (prepared) {
    for (const known of entries) engine.imageWorld.add(`vncctl/${known.key}:latest`);
    if (isolation === 'members') engine.networkWorld.addForeign({ name: desktops.installation.network, isolates: isolation });
  }
  const request = (over: Partial<UpRequest> = {}): UpRequest => ({ client: ANA, entry, wishes: { env: {} }, askedImage: false, recreate: false, lease: {}, ...over });
  const getImage: UpOptions['getImage'] = async (wanted) => engine.imageWorld.add(`vncctl/${wanted.key}:latest`);
  return {
    desktops,
    engine,
    store,
    probe,
    warm,
    memory,
    clock,
    entry,
    alive,
    asProcess(pid) {
      alive.add(pid);
      return asProcess(pid);
    },
    request,
    up: (over, options, by = desktops) => up(by, request(over), { signal: new AbortController().signal, getImage, ...options }),
  };
}
