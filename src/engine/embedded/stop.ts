// Ends the embedded engine and takes away what it leaves. Touches only processes, mounts and interfaces that name its
// own folder or bridge.
import { readFileSync, rmSync, statSync } from 'node:fs';
import { VncctlError } from '../../errors.ts';
import { removeBridges } from './bridge.ts';
import { removeCgroups } from './cgroups.ts';
import { letContainersEnd } from './live-restore.ts';
import type { EmbeddedPaths } from './paths.ts';
import { findLeftovers, findOurDaemon, isOurContainerd, isOurDaemon, isStalePid } from './processes.ts';
import type { EmbeddedSystem, SocketAnswer } from './system.ts';

const STOP_DEADLINE_MS = 40_000;
const KILL_DEADLINE_MS = 10_000;
const LOCK_WAIT_MS = 60_000;
const POLL_MS = 25;

/** What `status` tells. */
export interface EmbeddedStatus {
  /** `absent` was never started here; `hung` runs but doesn't answer. */
  state: 'absent' | 'stopped' | 'running' | 'hung';
  address: string;
  folder: string;
  log: string;
  pid?: number;
}

/** What there is of the embedded engine. Changes nothing. */
export async function embeddedStatus(system: EmbeddedSystem, paths: EmbeddedPaths): Promise<EmbeddedStatus> {
  const base = { address: `unix://${paths.socket}`, folder: paths.folder, log: paths.log };
  const daemon = findOurDaemon(system.processes(), paths);
  if (daemon === undefined) return { ...base, state: statSync(paths.folder, { throwIfNoEntry: false }) === undefined ? 'absent' : 'stopped' };
  const answer: SocketAnswer = await system.askSocket(paths.socket, 2_000);
  return { ...base, state: answer === 'answers' ? 'running' : 'hung', pid: daemon.pid };
}

/** Stops the engine and every container in it; false when it wasn't running. Data stays. */
export async function stopEmbeddedEngine(system: EmbeddedSystem, paths: EmbeddedPaths): Promise<boolean> {
  if (statSync(paths.folder, { throwIfNoEntry: false }) === undefined) return false;
  return system.withLock(paths.folder, LOCK_WAIT_MS, () => stopLocked(system, paths));
}

/** Stops the engine and deletes its data, bridge and firewall rules, then calls `forget` (also when there was nothing), which takes back what a start remembered and no other setting. False when there was nothing. */
export async function removeEmbeddedEngine(system: EmbeddedSystem, paths: EmbeddedPaths, forget: () => Promise<void>): Promise<boolean> {
  if (statSync(paths.folder, { throwIfNoEntry: false }) === undefined) {
    await forget();
    return false;
  }
  return system.withLock(paths.folder, LOCK_WAIT_MS, async () => {
    await stopLocked(system, paths);
    await removeBridges(system, paths);
    for (const folder of new Set([paths.runtime, paths.folder])) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    await forget();
    return true;
  });
}

async function stopLocked(system: EmbeddedSystem, paths: EmbeddedPaths): Promise<boolean> {
  const daemon = findOurDaemon(system.processes(), paths);
  const survivors = daemon === undefined ? findLeftovers(system.processes(), paths) : [];
  if (daemon !== undefined) {
    await letContainersEnd(system, paths, daemon.pid);
    await endDaemon(system, paths, daemon.pid);
  }
  await sweepLeftovers(system, paths);
  return daemon !== undefined || survivors.length > 0;
}

/** Ends our dockerd: it is asked, and killed when it doesn't listen. Call it under the lock. */
export async function endDaemon(system: EmbeddedSystem, paths: EmbeddedPaths, pid: number): Promise<void> {
  const isThere = (): boolean => system.processes().some((process) => process.pid === pid && isOurDaemon(process, paths));
  if (!isThere()) return;
  system.kill(pid, 'SIGTERM');
  if (await becomesTrue(system, STOP_DEADLINE_MS, () => !isThere())) return;
  system.kill(pid, 'SIGKILL');
  if (await becomesTrue(system, KILL_DEADLINE_MS, () => !isThere())) return;
  throw new VncctlError('ENGINE_FAILED', `the embedded engine (process ${pid}) can't be ended`, { hint: `look at it with: ps -o pid,stat,wchan,args -p ${pid}` });
}

/** Takes away what would keep the next dockerd from starting and leaves the containers that survived the last one to it. Call it under the lock, with no dockerd of ours running. */
export async function prepareRestart(system: EmbeddedSystem, paths: EmbeddedPaths): Promise<void> {
  // Mounts and control groups of a surviving container are its own; without one they are only in the way.
  if (findLeftovers(system.processes(), paths).every((process) => isOurContainerd(process, paths))) return sweepLeftovers(system, paths);
  removeStalePidFiles(system, paths);
}

/** Takes away all that a dockerd left: container processes, mounts, pid files that would make the next start wait for ever. Call it under the lock, with no dockerd of ours running. */
export async function sweepLeftovers(system: EmbeddedSystem, paths: EmbeddedPaths): Promise<void> {
  const left = (): ReturnType<typeof findLeftovers> => findLeftovers(system.processes(), paths);
  // Asked again at each look, as a shim may be starting one.
  const swept = await becomesTrue(system, KILL_DEADLINE_MS, () => {
    const leftovers = left();
    for (const process of leftovers) system.kill(process.pid, 'SIGKILL');
    return leftovers.length === 0;
  });
  if (!swept) {
    throw new VncctlError('ENGINE_FAILED', `processes of the embedded engine can't be ended: ${left().map((process) => process.pid).join(', ')}`, {
      hint: 'look at them with: ps -o pid,stat,wchan,args',
    });
  }
  const inside = (path: string): boolean => [paths.data, paths.exec].some((folder) => path === folder || path.startsWith(`${folder}/`));
  // Deepest first: later mounts cover earlier ones.
  for (const mount of system.mountPoints().filter(inside).reverse()) await system.run('umount', ['-l', mount]);
  removeCgroups(paths);
  removeStalePidFiles(system, paths);
}

// A dockerd waits for ever for a process that has the number by now and is none of ours.
function removeStalePidFiles(system: EmbeddedSystem, paths: EmbeddedPaths): void {
  const processes = system.processes();
  if (isStalePid(readText(paths.pidFile), processes, (process) => isOurDaemon(process, paths))) rmSync(paths.pidFile, { force: true });
  if (isStalePid(readText(paths.containerdPidFile), processes, (process) => isOurContainerd(process, paths))) rmSync(paths.containerdPidFile, { force: true });
}

async function becomesTrue(system: EmbeddedSystem, deadlineMs: number, look: () => boolean): Promise<boolean> {
  const untilMs = system.clock.monotonicMs() + deadlineMs;
  while (!look()) {
    if (system.clock.monotonicMs() >= untilMs) return false;
    await system.clock.sleep(POLL_MS);
  }
  return true;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
