// JSON on stdout: indented for a person at a terminal, one line in a pipe, as gh does.
import type { Io } from './io.ts';

/** Writes one JSON value and a newline. */
export function writeJson({ stdout }: Io, value: unknown): void {
  stdout.write(`${JSON.stringify(value, undefined, stdout.isTTY ? 2 : undefined)}\n`);
}
