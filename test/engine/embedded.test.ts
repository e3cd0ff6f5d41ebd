// The embedded engine for real, in a network namespace of its own: the start of a dockerd resets the firewall chains of the
// namespace it is in, and another engine may be using the machine's.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { withLock } from '../../src/store/lock.ts';
import { closeHostAgain } from '../../src/engine/docker/engine.ts';
import { hostRules } from '../../src/engine/host-rules.ts';
import { createMachine } from '../../src/engine/embedded/machine.ts';
import { embeddedPaths } from '../../src/engine/embedded/paths.ts';
import { findLeftovers, findOurDaemon } from '../../src/engine/embedded/processes.ts';
import { type StartDependencies, type StartResult, startEmbeddedEngine } from '../../src/engine/embedded/start.ts';
import { embeddedStatus, removeEmbeddedEngine, stopEmbeddedEngine } from '../../src/engine/embedded/stop.ts';
import type { EmbeddedSystem } from '../../src/engine/embedded/system.ts';
import { comesTrue } from '../support/eventually.ts';

const clock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
const machine = createMachine(clock, (folder, waitMs, work) => withLock(folder, () => work(), waitMs));
const namespace = `vncctl-test-${process.pid}`;
const enter = ['--net=/run/netns/' + namespace];
const system: EmbeddedSystem = {
  ...machine,
  run: (file, args, options) => machine.run('nsenter', [...enter, file, ...args], options),
  startDetached: (file, args, log) => machine.startDetached('/usr/bin/nsenter', [...enter, file, ...args], log),
  networkNamespace: () => `net:[${statSync(`/run/netns/${namespace}`).ino}]`,
};
const home = mkdtempSync(join(tmpdir(), 'vncctl-embedded-'));
const paths = embeddedPaths(home);
const containers: string[] = [];
let setting: string | undefined;
const dependencies: StartDependencies = {
  system,
  paths,
  resolve: () => undefined,
  ask: async () => 'silent',
  remember: async () => {
    setting = 'embedded';
  },
  progress: () => undefined,
};
const start = (): Promise<StartResult> => startEmbeddedEngine(dependencies);

interface Answer {
  status: number;
  body: string;
}

function api(method: string, path: string, body?: Buffer | object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isTar = Buffer.isBuffer(body);
    const headers = { host: 'docker', 'content-type': isTar ? 'application/x-tar' : 'application/json' };
    const call = request({ socketPath: paths.socket, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    call.once('error', reject);
    call.end(body === undefined ? undefined : isTar ? body : JSON.stringify(body));
  });
}

/** A root filesystem of two programs, sleep and Node, and the libraries that they are linked to. */
async function tinyRootfs(): Promise<Buffer> {
  const programs = ['/bin/sleep', process.execPath];
  const linked = (await promisify(execFile)('ldd', programs)).stdout.match(/\/[^\s:]+(?=\s\(|\n)/g) ?? [];
  const files = [...new Set([...programs, ...linked])].map((path) => path.slice(1));
  const { stdout } = await promisify(execFile)('tar', ['-chf', '-', '-C', '/', ...files], { encoding: 'buffer', maxBuffer: 512 * 1024 * 1024 });
  return stdout;
}

const runSleeper = (): Promise<string> => runContainer({ Cmd: ['/bin/sleep', '3600'], StopSignal: 'SIGKILL' });

async function runContainer(options: object, host: object = {}): Promise<string> {
  const created = await api('POST', '/containers/create', { Image: 'vncctl-test/sleep:1', ...options, HostConfig: { NetworkMode: 'vncctl-test', ...host } });
  expect(created.status, created.body).toBe(201);
  const id = String(JSON.parse(created.body).Id);
  const started = await api('POST', `/containers/${id}/start`);
  expect(started.status, started.body).toBe(204);
  containers.push(id);
  return id;
}

const inNamespace = (...args: string[]): string => execFileSync('nsenter', [...enter, ...args], { encoding: 'utf8' });
const interfaces = (): string[] => inNamespace('ip', '-o', 'link', 'show').match(/(?<=^\d+: )[^:@]+/gm) ?? [];
const controlGroups = (): string[] =>
  ['/sys/fs/cgroup', ...readdirSync('/sys/fs/cgroup').map((name) => `/sys/fs/cgroup/${name}`)].flatMap((root) =>
    containers.flatMap((id) => [`${root}/docker/${id}`, `${root}/system.slice/docker-${id}.scope`].filter((path) => existsSync(path))),
  );
const sleepers = (): number => machine.processes().filter((process) => process.argv.join(' ') === '/bin/sleep 3600').length;

beforeAll(() => {
  execFileSync('ip', ['netns', 'add', namespace]);
  inNamespace('ip', 'link', 'set', 'lo', 'up');
  inNamespace('ip', 'link', 'add', 'name', 'taken0', 'type', 'bridge');
  inNamespace('ip', 'addr', 'add', '172.28.9.1/24', 'dev', 'taken0');
  inNamespace('ip', 'link', 'set', 'taken0', 'up');
});

afterAll(async () => {
  try {
    await removeEmbeddedEngine(system, paths, async () => undefined);
  } finally {
    rmSync(home, { recursive: true, force: true });
    execFileSync('ip', ['netns', 'delete', namespace]);
  }
}, 60_000);

test('two starts at once end with one engine that answers', async () => {
  expect((await embeddedStatus(system, paths)).state).toBe('absent');
  const results = await Promise.all([start(), start()]);
  expect(results.map((result) => result.outcome).sort()).toEqual(['running', 'started']);
  expect(results[0]?.pid).toBe(results[1]?.pid);
  expect((await api('GET', '/_ping')).body).toBe('OK');
  expect(setting).toBe('embedded');
  expect(await embeddedStatus(system, paths)).toMatchObject({ state: 'running', pid: results[0]?.pid });
}, 60_000);

test('only its owner may use the socket, and it listens nowhere else', () => {
  expect(statSync(paths.socket).mode & 0o007).toBe(0);
  expect(statSync(paths.socket).gid).toBe(0);
  expect(inNamespace('cat', '/proc/net/tcp').trim().split('\n').length).toBe(1);
});

test('its addresses keep clear of those in use', () => {
  const ranges = JSON.parse(readFileSync(paths.rangesFile, 'utf8'));
  expect(ranges.block).not.toBe('172.28.0.0/16');
  expect(inNamespace('ip', '-4', '-o', 'addr', 'show', 'dev', paths.bridge)).toContain(ranges.bridgeAddress);
});

test('the default bridge has NAT for image builds', () => {
  expect(inNamespace('iptables-save', '-t', 'nat')).toMatch(new RegExp(`-A POSTROUTING -s \\S+ ! -o ${paths.bridge} -j MASQUERADE`));
});

test('it outlives the session that started it', () => {
  const daemon = findOurDaemon(system.processes(), paths);
  const session = readFileSync(`/proc/${daemon?.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3];
  expect(session).toBe(String(daemon?.pid));
});

test('it runs a container in a network of its own, from an imported image', async () => {
  const imported = await api('POST', '/images/create?fromSrc=-&repo=vncctl-test/sleep&tag=1', await tinyRootfs());
  expect(imported.status, imported.body).toBe(200);
  const network = await api('POST', '/networks/create', { Name: 'vncctl-test', Driver: 'bridge' });
  expect(network.status, network.body).toBe(201);
  await runSleeper();
  // The engine answers before the container's program has taken the place of the one that started it.
  await comesTrue('one sleeper runs', () => sleepers() === 1);
}, 60_000);

test('a stop ends its containers, and a new start finds the data again', async () => {
  expect(await stopEmbeddedEngine(system, paths)).toBe(true);
  expect(sleepers()).toBe(0);
  expect(await embeddedStatus(system, paths)).toMatchObject({ state: 'stopped' });
  expect(await stopEmbeddedEngine(system, paths)).toBe(false);
  const before = readFileSync(paths.rangesFile, 'utf8');
  expect(await start()).toMatchObject({ outcome: 'started' });
  expect(readFileSync(paths.rangesFile, 'utf8')).toBe(before);
  expect((await api('GET', '/images/vncctl-test/sleep:1/json')).status).toBe(200);
  expect(JSON.parse((await api('GET', '/containers/json?all=1')).body)).toHaveLength(1);
}, 60_000);

const PAGE = "require('node:http').createServer((_, answer) => answer.end('here')).listen(8000)";
const ASK = "fetch('http://127.0.0.1:18080/').then((answer) => answer.text()).then((text) => process.stdout.write(text), (error) => process.stdout.write(String(error.cause)))";
const pageSays = (): string => inNamespace(process.execPath, '-e', ASK);
const endDockerd = async (signal: NodeJS.Signals): Promise<void> => {
  machine.kill(findOurDaemon(system.processes(), paths)?.pid ?? 0, signal);
  await expect.poll(() => findOurDaemon(system.processes(), paths), { timeout: 20_000 }).toBeUndefined();
};

test('a container that runs, one that is paused and a published port survive the end of dockerd by kill -9 and by SIGTERM', async () => {
  const port = '8000/tcp';
  const page = await runContainer({ Cmd: [process.execPath, '-e', PAGE], ExposedPorts: { [port]: {} } }, { PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: '18080' }] } });
  const paused = await runSleeper();
  expect((await api('POST', `/containers/${paused}/pause`)).status).toBe(204);
  await comesTrue('the page answers', () => pageSays() === 'here');
  const startedAt = async (id: string): Promise<unknown> => JSON.parse((await api('GET', `/containers/${id}/json`)).body).State.StartedAt;
  const before = await Promise.all([page, paused].map(startedAt));
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    await endDockerd(signal);
    expect(sleepers(), signal).toBe(1);
    expect(await start(), signal).toMatchObject({ outcome: 'started' });
    expect(await Promise.all([page, paused].map(startedAt)), signal).toEqual(before);
    expect(JSON.parse((await api('GET', `/containers/${paused}/json`)).body).State, signal).toMatchObject({ Running: true, Paused: true });
    expect(pageSays(), signal).toBe('here');
  }
  expect((await api('POST', `/containers/${paused}/unpause`)).status).toBe(204);
  const exec = JSON.parse((await api('POST', `/containers/${paused}/exec`, { Cmd: ['/bin/sleep', '0'] })).body).Id;
  expect((await api('POST', `/exec/${exec}/start`, { Detach: false })).status).toBe(200);
  for (const id of [page, paused]) expect((await api('DELETE', `/containers/${id}?force=1`)).status).toBe(204);
}, 120_000);

test('a stop asks each container to end by its own signal and waits for it, though they would survive dockerd', async () => {
  const asked = "process.on('SIGUSR2', () => setTimeout(() => process.exit(7), 300)); setInterval(() => 0, 1000); console.log('listens')";
  const id = await runContainer({ Cmd: [process.execPath, '-e', asked], StopSignal: 'SIGUSR2' });
  await comesTrue('it listens to the signal', async () => (await api('GET', `/containers/${id}/logs?stdout=1`)).body.includes('listens'));
  expect(await stopEmbeddedEngine(system, paths)).toBe(true);
  expect(findLeftovers(machine.processes(), paths)).toEqual([]);
  expect(await start()).toMatchObject({ outcome: 'started' });
  expect(JSON.parse((await api('GET', `/containers/${id}/json`)).body).State).toMatchObject({ Status: 'exited', ExitCode: 7 });
}, 120_000);

test('a running engine of an older version gets live-restore by a start that ends nothing', async () => {
  const pid = findOurDaemon(system.processes(), paths)?.pid;
  writeFileSync(paths.configFile, '{"live-restore":false}\n');
  machine.kill(pid ?? 0, 'SIGHUP');
  await expect.poll(() => system.containersSurvive(paths.socket, 1_000)).toBe(false);
  writeFileSync(paths.configFile, '{}\n');
  expect(await start()).toMatchObject({ outcome: 'running', pid });
  await expect.poll(() => system.containersSurvive(paths.socket, 1_000)).toBe(true);
}, 60_000);

test('after kill -9 of dockerd and pid files that name living strangers it starts again, and its containers run on', async () => {
  await runSleeper();
  await comesTrue('one sleeper runs', () => sleepers() === 1);
  await endDockerd('SIGKILL');
  expect(sleepers()).toBe(1);
  mkdirSync(join(paths.exec, 'containerd'), { recursive: true });
  writeFileSync(paths.containerdPidFile, String(process.pid));
  writeFileSync(paths.pidFile, String(process.pid));
  expect(await start()).toMatchObject({ outcome: 'started' });
  expect(sleepers()).toBe(1);
  await runSleeper();
  await comesTrue('two sleepers run', () => sleepers() === 2);
  expect(controlGroups()).not.toEqual([]);
}, 60_000);

test('a network that was made closed to the host gets its rules again when they are gone, as after a reboot, and no other does', async () => {
  for (const [name, labels] of [['closed', { 'io.vncctl.host': 'closed' }], ['open', {}]] as const) {
    const made = await api('POST', '/networks/create', { Name: name, Driver: 'bridge', Labels: { 'io.vncctl.managed': 'true', 'io.vncctl.instance': 'one.1', ...labels } });
    expect(made.status, made.body).toBe(201);
  }
  const bridges: string[] = JSON.parse((await api('GET', '/networks')).body).flatMap(({ Name, Id }: { Name: string; Id: string }) => (Name === 'closed' ? [`br-${Id.slice(0, 12)}`] : []));
  for (const _ of [1, 2]) await closeHostAgain({ address: `unix://${paths.socket}`, transport: 'unix' }, hostRules(system.run));
  const leading = inNamespace('iptables-save', '-t', 'filter').split('\n').filter((line) => line.includes('vncctl-one'));
  expect(leading.sort()).toEqual([
    `-A DOCKER-USER -d 169.254.0.0/16 -i ${bridges[0]} -m comment --comment "vncctl-one.1" -j vncctl-${bridges[0]}`,
    `-A INPUT -i ${bridges[0]} -m comment --comment "vncctl-one.1" -j vncctl-${bridges[0]}`,
  ]);
}, 60_000);

test('a start beside another engine in the same network is refused, naming the other', async () => {
  const other = embeddedPaths(join(home, 'other'));
  await expect(startEmbeddedEngine({ ...dependencies, paths: other })).rejects.toMatchObject({ code: 'ENGINE_FAILED', hint: expect.stringContaining(paths.socket) });
});

test('a start that fails shows the last words of its log', async () => {
  const other = embeddedPaths(join(home, 'broken'));
  mkdirSync(other.folder, { recursive: true });
  writeFileSync(other.data, 'a file where a folder belongs');
  const failing = startEmbeddedEngine({ ...dependencies, paths: other }, { beside: true });
  await expect(failing).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining('last words'), hint: expect.stringContaining(other.log) });
  await removeEmbeddedEngine(system, other, async () => undefined);
  expect(existsSync(other.folder)).toBe(false);
}, 60_000);

test('removing it, killed or not, leaves no process, control group, mount, interface, rule or folder behind', async () => {
  machine.kill(findOurDaemon(system.processes(), paths)?.pid ?? 0, 'SIGKILL');
  expect(await removeEmbeddedEngine(system, paths, async () => { setting = undefined; })).toBe(true);
  expect(findLeftovers(machine.processes(), paths)).toEqual([]);
  expect(sleepers()).toBe(0);
  expect(machine.mountPoints().filter((path) => path.startsWith(home))).toEqual([]);
  expect(controlGroups()).toEqual([]);
  expect(interfaces().sort()).toEqual(['lo', 'taken0']);
  expect(inNamespace('iptables-save')).not.toMatch(/br-|vnc|MASQUERADE/);
  expect(existsSync(paths.folder)).toBe(false);
  expect(existsSync(`${paths.folder}.lock`)).toBe(false);
  expect(setting).toBeUndefined();
  expect(await embeddedStatus(system, paths)).toMatchObject({ state: 'absent' });
}, 60_000);
