import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { embeddedPaths } from '../../../../src/engine/embedded/paths.ts';
import { type StartDependencies, startEmbeddedEngine } from '../../../../src/engine/embedded/start.ts';
import type { EmbeddedSystem, ProcessInfo, SocketAnswer } from '../../../../src/engine/embedded/system.ts';
import type { Endpoint } from '../../../../src/engine/endpoint.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vncctl-start-'));
});
afterEach(() => rmSync(home, { recursive: true }));

interface Machine {
  programs: string[];
  uid: number;
  osRelease: string;
  /** What is at each socket; `silent` where nothing is said. */
  sockets: Record<string, SocketAnswer>;
  /** Whether a started dockerd comes to answer, ends at once, or hangs. */
  dockerd: 'answers' | 'ends' | 'hangs';
  foreign: ProcessInfo[];
}

interface Scene extends StartDependencies {
  did: string[];
}

function scene(change: Partial<Machine> = {}, resolved?: Partial<Endpoint>): Scene {
  const machine: Machine = { programs: ['dockerd', 'iptables', 'ip'], uid: 0, osRelease: 'ID=debian', sockets: {}, dockerd: 'answers', foreign: [], ...change };
  const did: string[] = [];
  const paths = embeddedPaths(home);
  let started: ProcessInfo | undefined;
  let nowMs = 0;
  let last: Promise<unknown> = Promise.resolve();
  const system: EmbeddedSystem = {
    platform: 'linux',
    uid: machine.uid,
    osRelease: machine.osRelease,
    clock: { now: () => new Date(nowMs), monotonicMs: () => nowMs, sleep: async (ms) => void (nowMs += ms) },
    run: async (file, args) => {
      if (file === 'systemctl') did.push(args.join(' '));
      if (file === 'apt-get' && args.includes('install')) {
        did.push('install');
        machine.programs = [...machine.programs, 'dockerd', 'iptables', 'ip'];
      }
      return { exitCode: 0, stdout: '', stderr: '' };
    },
    findProgram: (name) => (machine.programs.includes(name) ? `/usr/sbin/${name}` : undefined),
    startDetached: async (file, args) => {
      did.push('start');
      const ended = machine.dockerd === 'ends';
      if (!ended) started = { pid: 77, parent: 1, argv: [file, ...args], networkNamespace: 'net:[1]' };
      if (machine.dockerd === 'answers') machine.sockets[paths.socket] = 'answers';
      return { pid: 77, hasEnded: () => ended };
    },
    processes: () => [...machine.foreign, ...(started === undefined ? [] : [started])],
    kill: (pid, signal) => {
      did.push(`${signal} ${pid}`);
      if (signal === 'SIGKILL') started = undefined;
    },
    networkNamespace: () => 'net:[1]',
    mountPoints: () => [],
    containersSurvive: async () => true,
    askSocket: async (path) => machine.sockets[path] ?? 'silent',
    withLock: async (_, __, work) => {
      const turn = last.then(work, work);
      last = turn.catch(() => undefined);
      return turn;
    },
  };
  const endpoint: Endpoint = { address: 'unix:///var/run/docker.sock', transport: 'unix', source: "the system's Docker socket", origin: 'socket', others: [], hint: 'do this', ...resolved };
  return {
    did,
    system,
    paths,
    resolve: () => (resolved === undefined ? undefined : endpoint),
    ask: async () => machine.sockets[endpoint.address] ?? 'silent',
    remember: async () => void did.push('remember'),
    progress: () => undefined,
  };
}

describe('an engine that answers', () => {
  test('is used as it is', async () => {
    const dependencies = scene({ sockets: { '/var/run/docker.sock': 'answers' } }, {});
    expect(await startEmbeddedEngine(dependencies)).toMatchObject({ outcome: 'used', address: 'unix:///var/run/docker.sock' });
    expect(dependencies.did).toEqual([]);
    expect(existsSync(dependencies.paths.folder)).toBe(false);
  });
  test('over the network is used too', async () => {
    const dependencies = scene({ sockets: { 'tcp://far:2376': 'answers' } }, { address: 'tcp://far:2376', transport: 'tls', origin: 'environment' });
    expect(await startEmbeddedEngine(dependencies)).toMatchObject({ outcome: 'used' });
  });
  test('but not to us is an error, not a second engine', async () => {
    const dependencies = scene({ sockets: { '/var/run/docker.sock': 'denied' } }, {});
    await expect(startEmbeddedEngine(dependencies)).rejects.toMatchObject({ code: 'ENGINE_DENIED' });
    expect(dependencies.did).toEqual([]);
  });
});

describe('an endpoint where nothing answers', () => {
  test.each(['flag', 'environment', 'setting'] as const)('chosen by %s is an error with its hint: it would hide the new engine', async (origin) => {
    const dependencies = scene({}, { origin });
    await expect(startEmbeddedEngine(dependencies)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE', hint: 'do this' });
    expect(dependencies.did).toEqual([]);
  });
  test.each(['config', 'socket'] as const)('found in %s gives way to the embedded engine', async (origin) => {
    const dependencies = scene({}, { origin });
    expect(await startEmbeddedEngine(dependencies)).toMatchObject({ outcome: 'started', address: `unix://${dependencies.paths.socket}` });
    expect(dependencies.did).toEqual(['start', 'remember']);
  });
});

describe('the embedded engine', () => {
  test('is installed first where the system can, and once', async () => {
    const dependencies = scene({ programs: [] });
    await startEmbeddedEngine(dependencies);
    expect(dependencies.did).toEqual(['install', 'start', 'remember']);
  });
  test("keeps the system's own engine from starting at the next boot when it was installed for ours, and only then", async () => {
    const fresh = scene({ programs: ['systemctl'] });
    await startEmbeddedEngine(fresh);
    expect(fresh.did).toEqual(['install', 'disable docker.service docker.socket', 'start', 'remember']);
    const present = scene({ programs: ['dockerd', 'iptables', 'ip', 'systemctl'] });
    await startEmbeddedEngine(present);
    expect(present.did).toEqual(['start', 'remember']);
  });
  test('is started once by two starts, and both make later commands find it', async () => {
    const dependencies = scene();
    const results = await Promise.all([startEmbeddedEngine(dependencies), startEmbeddedEngine(dependencies)]);
    expect(results.map((result) => result.outcome)).toEqual(['started', 'running']);
    expect(dependencies.did).toEqual(['start', 'remember', 'remember']);
  });
  test.each([
    ['no root', { uid: 1000 }, 'ENGINE_DENIED'],
    ['no root and no dockerd', { uid: 1000, programs: [] }, 'ENGINE_MISSING'],
    ['another system', { programs: [], osRelease: 'ID=fedora' }, 'ENGINE_MISSING'],
  ] as const)('is refused with a hint and without a trace: %s', async (_, change, code) => {
    const dependencies = scene({ ...change, programs: [...('programs' in change ? change.programs : ['dockerd', 'iptables', 'ip'])] });
    await expect(startEmbeddedEngine(dependencies)).rejects.toMatchObject({ code, hint: expect.any(String) });
    expect(existsSync(dependencies.paths.folder)).toBe(false);
  });
  test('is not started beside another one that shares the firewall, unless asked to', async () => {
    const foreign = [{ pid: 5, parent: 1, argv: ['dockerd', '-H', 'unix:///x.sock'], networkNamespace: 'net:[1]' }];
    await expect(startEmbeddedEngine(scene({ foreign }))).rejects.toMatchObject({ code: 'ENGINE_FAILED', hint: expect.stringContaining('unix:///x.sock') });
    expect(await startEmbeddedEngine(scene({ foreign }), { beside: true })).toMatchObject({ outcome: 'started' });
  });
  test('that ends at once is an error without a setting that points to it', async () => {
    const dependencies = scene({ dockerd: 'ends' });
    await expect(startEmbeddedEngine(dependencies)).rejects.toMatchObject({ code: 'ENGINE_FAILED', hint: expect.stringContaining(dependencies.paths.log) });
    expect(dependencies.did).toEqual(['start']);
  });
  test('that hangs is ended and reported', async () => {
    const dependencies = scene({ dockerd: 'hangs' });
    await expect(startEmbeddedEngine(dependencies)).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    expect(dependencies.did).toEqual(['start', 'SIGTERM 77', 'SIGKILL 77']);
  });
});
