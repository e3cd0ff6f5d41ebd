// Help topics: `vncctl help <topic>` prints a page of templates/help/ that ships with the program. Which there are is `TOPICS` in
// registry.ts; a test holds that list against the folder.
import { readFileSync } from 'node:fs';
import type { Topic } from './registry.ts';

/** The text of a topic. `packageRoot` is the folder of the installed package, ending in a slash. */
export function readTopic({ name }: Topic, packageRoot: URL): string {
  return readFileSync(new URL(`templates/help/${name}.md`, packageRoot), 'utf8');
}
