// Runs the built program in processes of their own, each test file as an installation of its own: home, instance, ports and
// network. What it leaves on the engine is found by its label and removed, also when a test fails.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach } from 'vitest';
import { type EngineApi, engineApi, type RawContainer } from './engine-api.ts';
import { type EngineProxy, startEngineProxy } from './engine-proxy.ts';
import { tempFolder } from './temp-folder.ts';
import { testEndpoint } from './test-engine.ts';
import { ensureTinyImage, TINY_ENTRY, TINY_KEY } from './tiny-image.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Finished {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  tookMs: number;
}

export interface RunningProcess {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** What it has written to stderr so far. */
  stderr(): string;
}

export interface Installation {
  readonly instance: string;
  readonly home: string;
  readonly network: string;
  readonly ports: { min: number; max: number };
  readonly stateFile: string;
  readonly api: EngineApi;
  /** Where its commands find the engine, and what they are started with. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs one command to its end. */
  vncctl(...args: string[]): Promise<Finished>;
  /** The same with other variables. */
  vncctlWith(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Finished>;
  /** Starts one command; a test that ends first takes it along. */
  start(...args: string[]): RunningProcess;
  startWith(env: Readonly<Record<string, string>>, ...args: string[]): RunningProcess;
  /** `up` of the tiny image. */
  up(client: string, ...args: string[]): Promise<Finished>;
  startUp(client: string, ...args: string[]): RunningProcess;
  /** Its containers as the engine has them. */
  containers(): Promise<RawContainer[]>;
  /** The only one there is; fails when there are none or several. */
  onlyContainer(): Promise<RawContainer>;
  state(): StoredState;
}

export interface StoredState {
  allocations: Record<string, Record<string, unknown>>;
  reservations: { port: number; pid: number }[];
  /** Who waits for room, in their order. */
  queue?: { desktop: string }[];
}

/** A whole number of ports that nobody listens on now; `size` of them. */
async function freePorts(size: number): Promise<{ min: number; max: number }> {
  for (;;) {
    // Below the range that the system gives to outgoing connections.
    const min = 20_000 + Math.floor(Math.random() * 12_000);
    const ports = Array.from({ length: size }, (_, index) => min + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return { min, max: min + size - 1 };
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** An installation for the file's tests. After each test its processes are killed and its containers, network and files removed. */
export async function testInstallation(options: { ports?: number; engine?: string; env?: Readonly<Record<string, string>> } = {}): Promise<Installation> {
  if (!existsSync(join(root, 'dist/start.js'))) throw new Error('dist/ is missing: build it first with: npm run build');
  const engine = testEndpoint().address;
  await ensureTinyImage();
  const api = engineApi(engine);
  const instance = `test-${randomBytes(4).toString('hex')}`;
  const network = `vncctl-${instance}`;
  const home = tempFolder();
  const ports = await freePorts(options.ports ?? 6);
  const stateFile = join(home, 'state', instance, 'state.json');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    VNCCTL_HOME: home,
    VNCCTL_INSTANCE: instance,
    VNCCTL_NETWORK: network,
    VNCCTL_PORT_MIN: String(ports.min),
    VNCCTL_PORT_MAX: String(ports.max),
    // Most tests find a desktop by its name. What a new installation does by itself is tests of its own.
    VNCCTL_NAMING: 'plain',
    DOCKER_HOST: options.engine ?? engine,
    ...options.env,
  };
  const catalog = join(home, 'config/catalog');
  mkdirSync(catalog, { recursive: true });
  writeFileSync(join(catalog, `${TINY_KEY}.yaml`), TINY_ENTRY);

  const running = new Set<RunningProcess>();
  const startWith = (extra: Readonly<Record<string, string>>, args: readonly string[]): RunningProcess => {
    const process = startProgram(['node', join(root, 'bin/vncctl.js'), ...args], { ...env, ...extra }, home);
    running.add(process);
    process.finished.then(() => running.delete(process), () => undefined);
    return process;
  };
  const clear = async (): Promise<void> => {
    for (const { child } of running) child.kill('SIGKILL');
    await Promise.all([...running].map(({ finished }) => finished));
    await api.removeInstance(instance);
    rmSync(join(home, 'state'), { recursive: true, force: true });
  };
  afterEach(clear);
  afterAll(clear);

  const upArguments = (client: string, args: readonly string[]): string[] => ['up', client, '--image', TINY_KEY, ...args];
  const containers = (): Promise<RawContainer[]> => api.containers(instance);
  return {
    instance,
    home,
    network,
    ports,
    stateFile,
    api,
    env,
    vncctl: (...args) => startWith({}, args).finished,
    vncctlWith: (extra, ...args) => startWith(extra, args).finished,
    start: (...args) => startWith({}, args),
    startWith: (extra, ...args) => startWith(extra, args),
    up: (client, ...args) => startWith({}, upArguments(client, args)).finished,
    startUp: (client, ...args) => startWith({}, upArguments(client, args)),
    containers,
    async onlyContainer() {
      const all = await containers();
      const [only] = all;
      if (only === undefined || all.length > 1) throw new Error(`one container was expected, there are ${all.length}: ${all.map(({ Names }) => Names.join()).join(' ')}`);
      return only;
    },
    state: () => JSON.parse(readFileSync(stateFile, 'utf8')) as StoredState,
  };
}

/** An installation whose engine is reached through a proxy that the test commands; the proxy forgets its holds after each test. */
export async function proxiedInstallation(options: { ports?: number; env?: Readonly<Record<string, string>> } = {}): Promise<Installation & { proxy: EngineProxy }> {
  const proxy = await startEngineProxy(testEndpoint().address, join(tempFolder(), 'engine.sock'));
  const installation = await testInstallation({ ...options, engine: proxy.address });
  afterEach(() => proxy.reset());
  afterAll(() => proxy.stop());
  return { ...installation, proxy };
}

/** Runs a line of bash in which "$VNCCTL" is the program's file. */
export function shell(line: string, { env, home }: Pick<Installation, 'env' | 'home'>): Promise<Finished> {
  return startProgram(['bash', '-c', line], { ...env, VNCCTL: join(root, 'bin/vncctl.js') }, home).finished;
}

function startProgram([program = '', ...args]: readonly string[], env: Readonly<Record<string, string>>, cwd: string): RunningProcess {
  const startedMs = performance.now();
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr, tookMs: performance.now() - startedMs }));
  });
  return { child, finished, stderr: () => stderr };
}

/** Eleven digits that look like a CPF, the n-th. */
export function clientNumber(n: number): string {
  return String(10_000_000_000 + n * 11_111);
}
