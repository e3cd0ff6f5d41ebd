// The files of systemd units on disk. What they say, and whose they are, is core/service-unit.ts.
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { withFileFailuresNow } from './file-failure.ts';

/** The text; undefined when there is no such file. STORE_DENIED when it can't be read. */
export function readUnitFile(path: string): string | undefined {
  return withFileFailuresNow(`read ${path}`, () => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  });
}

/** Writes whole or not at all, readable by all, its folder made if missing. STORE_DENIED when it can't be written. */
export function writeUnitFile(path: string, text: string): void {
  withFileFailuresNow(`write ${path}`, () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    // systemd reads no file of that ending.
    const draft = `${path}.${process.pid}.tmp`;
    try {
      writeFileSync(draft, text, { flag: 'wx', flush: true });
      // Whatever the umask says: a person who looks at the unit need not be root.
      chmodSync(draft, 0o644);
      renameSync(draft, path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
  });
}

/** Removes it; one that is gone already is success. STORE_DENIED when it can't be removed. */
export function removeUnitFile(path: string): void {
  withFileFailuresNow(`remove ${path}`, () => rmSync(path, { force: true }));
}
