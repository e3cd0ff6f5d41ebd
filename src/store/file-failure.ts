// The expected failures of the file system, in words.
import { VncctlError } from '../errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  EEXIST: 'something else is in its place',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
};

/** STORE_DENIED for a fault of the file system that a person can mend; anything else unchanged. `doing` completes "could not …". */
export function fileFailure(error: unknown, doing: string): unknown {
  const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
  if (reason === undefined || error instanceof VncctlError) return error;
  return new VncctlError('STORE_DENIED', `could not ${doing}: ${reason}`, { hint: 'mend the owner or mode of it, or put all files elsewhere: VNCCTL_HOME=<folder>', cause: error });
}

/** Runs `work`, turning its faults of the file system into STORE_DENIED. */
export async function withFileFailures<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileFailure(error, doing);
  }
}

/** The same for work that is done at once. */
export function withFileFailuresNow<T>(doing: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileFailure(error, doing);
  }
}
