// The project's .env in the working directory: its text, and whether it may be trusted at all. Which of its keys count is settings.ts.
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { ProjectFile } from '../core/setting-layers.ts';
import { withFileFailuresNow } from './file-failure.ts';

const WRITABLE_BY_OTHERS = 0o022;
const LONGEST_BYTES = 1024 * 1024;

/** The .env of `cwd`; undefined when there is none (a folder of that name, say, or a working directory that is gone). One that another user owns or may write is not read and says so; `uid` is undefined where files have no owners. */
export function findProjectFile(cwd: string, uid: number | undefined): ProjectFile | undefined {
  const file = join(cwd, '.env');
  return withFileFailuresNow(`read ${file}`, () => {
    try {
      // Looked at and read by one handle, so that it can't be another file in between.
      const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const stats = fstatSync(handle);
        if (stats.isDirectory()) return undefined;
        const refused = distrust(stats, file, uid);
        return refused === undefined ? { file, text: readFileSync(handle, 'utf8') } : { file, text: '', refused };
      } finally {
        closeSync(handle);
      }
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  });
}

function distrust(stats: Stats, file: string, uid: number | undefined): string | undefined {
  if (!stats.isFile() || stats.size > LONGEST_BYTES) return 'it is no file of settings';
  if (uid === undefined) return undefined;
  if (stats.uid !== uid && stats.uid !== 0) return `another user (${stats.uid}) owns it; if it is yours: chown ${uid} ${file}`;
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) return `other users may write it; if they should not: chmod go-w ${file}`;
  return undefined;
}
