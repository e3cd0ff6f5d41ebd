// The project's .env in the working directory: only its text; which of its keys count is settings.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFileFailuresNow } from './file-failure.ts';

/** The .env of `cwd`; undefined when there is none (a folder of that name, say, or a working directory that is gone). */
export function findProjectFile(cwd: string): { file: string; text: string } | undefined {
  const file = join(cwd, '.env');
  return withFileFailuresNow(`read ${file}`, () => {
    try {
      return { file, text: readFileSync(file, 'utf8') };
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  });
}
