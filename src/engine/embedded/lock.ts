// One process at a time: the lock around everything that changes the embedded engine.
import { mkdirSync } from 'node:fs';
import { VncctlError, isVncctlError } from '../../errors.ts';

/** Runs `work` while no other process holds `folder` (made when missing); a holder that was killed is passed over after 10 s. STORE_LOCKED when it can't be had within `waitMs`. */
export async function withFolderLock<T>(folder: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const { default: lockfile } = await import('proper-lockfile');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const retryMs = 100;
  let release: () => Promise<void>;
  try {
    release = await lockfile.lock(folder, { stale: 10_000, realpath: false, onCompromised: () => undefined, retries: { retries: Math.ceil(waitMs / retryMs), factor: 1, minTimeout: retryMs, maxTimeout: retryMs } });
  } catch (error) {
    if (isVncctlError(error)) throw error;
    throw new VncctlError('STORE_LOCKED', `another vncctl is busy with the engine in ${folder}`, { hint: 'wait for it, then try again', cause: error });
  }
  try {
    return await work();
  } finally {
    // The folder may be gone: removing the engine removes it.
    await release().catch(() => undefined);
  }
}
