// One daemon an instance: a file that says which process it is. A holder that was killed is taken over at once, since its pid
// either is nobody's or belongs to a process that was started at another moment.
import { readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import type { ProcessIdentities, ProcessStart } from '../core/desktops.ts';
import { VncctlError } from '../errors.ts';
import { withFileFailures, withFileFailuresNow } from './file-failure.ts';
import { readJsonFile } from './json-file.ts';
import { withLock } from './lock.ts';

/** The daemon that runs. */
export interface RunningDaemon {
  pid: number;
  /** ISO-8601 UTC. */
  startedAt: string;
  /** Where it answers, as text like `127.0.0.1:8080`; absent where it doesn't. */
  address?: string;
  /** How it is spoken to there. */
  scheme?: 'http' | 'https';
  /** Path of the Unix socket where it answers the command line; absent until it does. */
  socket?: string;
}

export interface DaemonLock {
  /** Notes where the daemon answers too, for whoever makes links to it or asks it. */
  answersAt(place: Pick<RunningDaemon, 'address' | 'scheme' | 'socket'>): void;
  /** Lets another daemon start; does nothing when it isn't ours any more. */
  release(): void;
}

export interface DaemonLockOptions {
  file: string;
  now: () => Date;
  processes: ProcessIdentities;
}

/** Makes this process the daemon of the instance. Throws DAEMON_RUNNING when another one is. */
export async function takeDaemonLock({ file, now, processes }: DaemonLockOptions): Promise<DaemonLock> {
  const start = processes.startOf(processes.pid);
  let facts = { pid: processes.pid, startedAt: now().toISOString(), ...(start ? { startTicks: start.ticks, bootId: start.bootId } : {}) };
  let text = `${JSON.stringify(facts)}\n`;
  await withFileFailures(`write ${file}`, () =>
    withLock(file, async () => {
      const other = findDaemon(file, processes);
      if (other) {
        throw new VncctlError('DAEMON_RUNNING', `a daemon runs already: process ${other.pid}, since ${other.startedAt}`, {
          hint: `see it and its unit: systemctl status ${other.pid}   (stop it: kill ${other.pid}, or systemctl stop of its unit)`,
        });
      }
      rmSync(file, { force: true });
      // Fails if somebody was quicker although the lock is held.
      writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    }),
  );
  return {
    answersAt(place) {
      facts = { ...facts, ...place };
      text = `${JSON.stringify(facts)}\n`;
      // By renaming: nobody reads half of it.
      const next = `${file}.${processes.pid}`;
      writeFileSync(next, text, { mode: 0o600 });
      renameSync(next, file);
    },
    release() {
      try {
        // As long as this process lives nobody else takes the file, unless it was removed by hand.
        if (readFileSync(file, 'utf8') === text) unlinkSync(file);
      } catch {
        // Gone already, or not to be removed: a dead holder is taken over all the same.
      }
    },
  };
}

/** The daemon that runs now by what `file` says; undefined when none does. */
export function findDaemon(file: string, processes: ProcessIdentities): RunningDaemon | undefined {
  const content = withFileFailuresNow(`read ${file}`, () => readJsonFile(file));
  const holder = content.kind === 'object' ? readHolder(content.values) : undefined;
  if (!holder || !isRunning(holder, processes)) return undefined;
  const { start: _, ...daemon } = holder;
  return daemon;
}

interface Holder extends RunningDaemon {
  start: ProcessStart | undefined;
}

function readHolder(values: Record<string, unknown>): Holder | undefined {
  const { pid, startedAt, startTicks, bootId, address, scheme, socket } = values;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0 || typeof startedAt !== 'string') return undefined;
  const start = typeof startTicks === 'number' && typeof bootId === 'string' ? { ticks: startTicks, bootId } : undefined;
  return { pid, startedAt, start, ...(typeof address === 'string' ? { address } : {}), ...(scheme === 'http' || scheme === 'https' ? { scheme } : {}), ...(typeof socket === 'string' ? { socket } : {}) };
}

function isRunning({ pid, start }: Holder, processes: ProcessIdentities): boolean {
  if (!processes.isAlive(pid)) return false;
  // Where the machine doesn't tell, being alive has to do.
  if (start === undefined || processes.startOf(processes.pid) === undefined) return true;
  const present = processes.startOf(pid);
  return present !== undefined && present.ticks === start.ticks && present.bootId === start.bootId;
}
