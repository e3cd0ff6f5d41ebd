// JSON on stdout. As the GitHub command line does it: indented by two for a person at a terminal, on one line in a pipe, keys in
// the order they were given.
import { isTerminal, type Streams } from './streams.ts';

/** Prints one JSON value and a newline to stdout. */
export function writeJson(io: Streams, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value, undefined, isTerminal(io.stdout) ? 2 : undefined)}\n`);
}
