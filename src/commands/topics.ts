// Help topics: `vncctl help <topic>` prints a page of templates/help/ that ships with the program. The list here is what `help`
// names; a test holds it against the folder.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A page that `vncctl help <name>` prints. */
export interface Topic {
  name: string;
  summary: string;
}

export const TOPICS: readonly Topic[] = [
  { name: 'security', summary: 'what is protected, against whom, and what is not' },
];

/** The topic that a command line asks for, as `help <topic>`; undefined for all others. */
export function topicAskedBy(argv: readonly string[]): Topic | undefined {
  return argv[0] === 'help' ? TOPICS.find(({ name }) => name === argv[1]) : undefined;
}

/** The text of a topic, from the folder of the installed package. */
export function readTopic({ name }: Topic, packageRoot: string): string {
  return readFileSync(join(packageRoot, 'templates/help', `${name}.md`), 'utf8');
}
