// The cross-process lock of a file: at most one holder, taken over five seconds after its holder was killed. The only importer
// of proper-lockfile. Waiting, deadlines and the proof of still holding are here, not in that package.
import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VncctlError } from '../errors.ts';

// The package dates a lock up to a second ahead (it rounds), so a dead holder blocks for four to five seconds.
const STALE_MS = 4_000;
const WAIT_MS = 20_000;

/** A lock in hand. */
export interface HeldLock {
  /** Whether the lock file is still the one that was taken. Ask right before writing, without awaiting in between. */
  isStillOurs(): boolean;
}

/** The folder that stands for the lock while it is held. */
export function lockFileOf(file: string): string {
  return `${file}.lock`;
}

/** Runs `work` while holding the lock of `file`, whose folder is made if missing. Throws STORE_LOCKED when it can't be had within `waitMs` (20 s). */
export async function withLock<T>(file: string, work: (lock: HeldLock) => Promise<T>, waitMs = WAIT_MS): Promise<T> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const release = await acquire(file, waitMs);
  const mine = identityOf(lockFileOf(file));
  try {
    return await work({ isStillOurs: () => mine !== undefined && identityOf(lockFileOf(file)) === mine });
  } finally {
    // Released already when another process took a stale lock over: nothing is left to release.
    await release().catch(() => {});
  }
}

/** The same for work that may be interrupted while it waits for its turn: rejects with the signal's reason at once. */
export async function withInterruptibleLock<T>(file: string, signal: AbortSignal, work: () => Promise<T>, waitMs: number): Promise<T> {
  const over = new AbortController();
  const interrupted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over.signal }));
  const done = withLock(
    file,
    () => {
      signal.throwIfAborted();
      return work();
    },
    waitMs,
  );
  try {
    return await Promise.race([done, interrupted]);
  } finally {
    over.abort();
  }
}

async function acquire(file: string, waitMs: number): Promise<() => Promise<void>> {
  const { default: lockfile } = await import('proper-lockfile');
  const deadline = performance.now() + waitMs;
  for (;;) {
    try {
      // Its own default ends the process when a lock is lost; `isStillOurs` is how that is noticed here.
      return await lockfile.lock(file, { stale: STALE_MS, realpath: false, onCompromised: () => {} });
    } catch (error) {
      if (!isHeld(error)) throw error;
      if (performance.now() >= deadline) throw locked(file, waitMs);
    }
    // Jitter, or waiters that met once meet for ever.
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 30));
  }
}

// ENOTEMPTY and EEXIST come of two processes removing the same stale lock: one of them holds it by now.
function isHeld(error: unknown): boolean {
  return ['ELOCKED', 'EEXIST', 'ENOTEMPTY', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function locked(file: string, waitMs: number): VncctlError {
  return new VncctlError('STORE_LOCKED', `another vncctl has held ${file} for ${Math.round(waitMs / 1000)} s`, {
    hint: `see which run: pgrep -af vncctl   (if none does, remove the lock: rmdir ${lockFileOf(file)})`,
  });
}

// The package takes a stale lock over in two steps, so two waiters can both believe they did: the later one removes the
// earlier one's folder. Number and birth time tell the folders apart; the number alone is reused at once.
function identityOf(lockFile: string): string | undefined {
  const found = statSync(lockFile, { bigint: true, throwIfNoEntry: false });
  return found && `${found.ino}:${found.birthtimeNs}`;
}
