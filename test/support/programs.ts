// Programs that are no packages of Node: those of the machine, or unpacked beside the tests by `npm test`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where a program is that belongs at this path of a machine, without its leading slash. */
export function programOf(path: string): string {
  const found = [join('/', path), join(root, 'test/.work/programs', path)].find((place) => existsSync(place));
  if (!found) throw new Error(`there is no ${path}; npm test brings it`);
  return found;
}
