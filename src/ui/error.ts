// A failure on screen: what happened and what to type next; the stack only for a bug or with --debug. As JSON where the
// command was asked for JSON.
import { type ErrorCode, VncctlError } from '../errors.ts';
import type { Io } from './io.ts';
import { paint } from './paint.ts';

export interface DescribedError {
  code: ErrorCode;
  message: string;
  hint?: string;
}

/** An error as `--json` shows it; anything unexpected is a BUG. */
export function describeError(error: unknown): DescribedError {
  if (error instanceof VncctlError) return { code: error.code, message: error.message, ...(error.hint ? { hint: error.hint } : {}) };
  return { code: 'BUG', message: error instanceof Error ? error.message : String(error) };
}

/** Writes a failure to stderr and returns the exit code it stands for. */
export async function printError(error: unknown, { io, json, debug }: { io: Io; json: boolean; debug: boolean }): Promise<number> {
  const expected = error instanceof VncctlError;
  const described = describeError(error);
  const exitCode = expected ? error.exitCode : 1;
  if (json) {
    io.stderr.write(`${JSON.stringify({ error: described })}\n`);
    if (expected || !debug) return exitCode;
  } else {
    io.stderr.write(`${await paint(io, 'red', 'error:', 'stderr')} ${described.message}\n`);
    if (described.hint) io.stderr.write(`${await paint(io, 'dim', 'hint:', 'stderr')} ${described.hint}\n`);
  }
  if (!expected || debug) io.stderr.write(`${stackOf(error)}\n`);
  if (!expected && !json) io.stderr.write('this is a fault of vncctl: please report it with the lines above and the output of "vncctl version"\n');
  return exitCode;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
