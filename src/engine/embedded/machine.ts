// The machine itself as the embedded engine sees it: programs, processes, sockets. Decides nothing.
import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { request } from 'node:http';
import { delimiter, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { VncctlError } from '../../errors.ts';
import { runProgram } from '../run-program.ts';
import type { DetachedProcess, EmbeddedSystem, ProcessInfo, SocketAnswer } from './system.ts';

// A plain user's PATH often lacks these, and dockerd, ip and iptables live there.
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** The real machine. */
export function createMachine(clock: Clock, withLock: EmbeddedSystem['withLock']): EmbeddedSystem {
  return {
    platform: process.platform,
    uid: process.getuid?.(),
    osRelease: readOr('/etc/os-release', ''),
    clock,
    run: (file, args, options) => runProgram(findProgram(file) ?? file, args, options),
    findProgram,
    startDetached,
    processes: readProcesses,
    kill(pid, signal) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if (errorCode(error) !== 'ESRCH') throw error;
      }
    },
    networkNamespace: () => linkOr('/proc/self/ns/net') ?? '',
    mountPoints: () =>
      readOr('/proc/self/mountinfo', '')
        .split('\n')
        .flatMap((line) => line.split(' ')[4] ?? [])
        .map((path) => path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))),
    askSocket,
    containersSurvive,
    withLock,
  };
}

function findProgram(name: string): string | undefined {
  if (name.includes('/')) return name;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function startDetached(file: string, args: readonly string[], logPath: string): Promise<DetachedProcess> {
  const log = openSync(logPath, 'a', 0o600);
  try {
    // `detached` gives it a session of its own: it outlives this process, its terminal and Ctrl-C. With /sbin in its PATH
    // dockerd finds iptables.
    const env = { ...process.env, PATH: [process.env['PATH'] ?? '', ...SYSTEM_FOLDERS].join(delimiter) };
    const child = spawn(file, args, { detached: true, stdio: ['ignore', log, log], cwd: '/', env });
    let ended = false;
    child.once('exit', () => (ended = true));
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new VncctlError('ENGINE_MISSING', `${file} could not be started: ${error.message}`, { cause: error })));
    });
    child.unref();
    return { pid: child.pid ?? 0, hasEnded: () => ended };
  } finally {
    closeSync(log);
  }
}

function readProcesses(): ProcessInfo[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((name) => {
    // A process may end between two reads; it is then no process.
    const stat = readOr(`/proc/${name}/stat`, '');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (!Number.isInteger(parent)) return [];
    const argv = readOr(`/proc/${name}/cmdline`, '').split('\0').slice(0, -1);
    return [{ pid: Number(name), parent, argv, networkNamespace: linkOr(`/proc/${name}/ns/net`) }];
  });
}

function askSocket(path: string, deadlineMs: number): Promise<SocketAnswer> {
  return new Promise((resolve) => {
    const call = request({ socketPath: path, path: '/_ping', headers: { host: 'docker' }, agent: false, signal: AbortSignal.timeout(deadlineMs) }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? 'answers' : 'silent');
    });
    call.once('error', (error) => resolve(errorCode(error) === 'EACCES' || errorCode(error) === 'EPERM' ? 'denied' : 'silent'));
    call.end();
  });
}

function containersSurvive(path: string, deadlineMs: number): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const call = request({ socketPath: path, path: '/info', headers: { host: 'docker' }, agent: false, signal: AbortSignal.timeout(deadlineMs) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', () => resolve(undefined));
      response.once('end', () => resolve(/"LiveRestoreEnabled":(true|false)/.exec(Buffer.concat(chunks).toString('utf8'))?.[1] === 'true'));
    });
    call.once('error', () => resolve(undefined));
    call.end();
  });
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function linkOr(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
