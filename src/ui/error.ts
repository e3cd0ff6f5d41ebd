// Failures on stderr: what happened, why, and what to type next; with --json one JSON object. A mistake of the user never shows
// a stack, a bug always does.
import { ERROR_KINDS, isVncctlError } from '../errors.ts';
import { paint } from './paint.ts';
import { redact } from '../core/redact.ts';
import type { Streams } from './streams.ts';

/** A failure as JSON shows it. */
export interface ErrorDescription {
  code: string;
  message: string;
  hint: string | null;
}

const REPORT = 'this is a fault of vncctl: please report it to its maintainers with the lines above and the output of: vncctl version --json';

/** Code, message and hint of anything that was thrown, without secrets; what is no VncctlError is a BUG. */
export function describeError(error: unknown): ErrorDescription {
  if (isVncctlError(error)) return { code: error.code, message: redact(error.message), hint: error.hint === undefined ? null : redact(error.hint) };
  return { code: 'BUG', message: redact(wordsOf(error)), hint: REPORT };
}

/** Shows a failure on stderr; resolves with the exit code that belongs to it. */
export async function printError(error: unknown, { io, json, debug }: { io: Streams; json: boolean; debug: boolean }): Promise<number> {
  const { code, message, hint } = describeError(error);
  const exitCode = isVncctlError(error) ? error.exitCode : ERROR_KINDS.bug.exit;
  const stack = debug || code === 'BUG' ? redact(stackOf(error)) : undefined;
  if (json) {
    io.stderr.write(`${JSON.stringify({ error: { code, message, hint, ...(stack === undefined ? {} : { stack }) } })}\n`);
    return exitCode;
  }
  const lines = [`${await paint(io, 'red', 'error:', io.stderr)} ${message}`];
  const cause = causeOf(error);
  if (stack !== undefined) lines.push(stack);
  else if (cause !== undefined && !message.includes(cause)) lines.push(`cause: ${cause}`);
  if (hint !== null) lines.push(`${await paint(io, 'bold', 'hint:', io.stderr)} ${hint}`);
  io.stderr.write(`${lines.join('\n')}\n`);
  return exitCode;
}

/** The innermost cause in one line: the ones between only repeat it. */
function causeOf(error: unknown): string | undefined {
  let cause = error;
  for (let depth = 0; depth < 10 && cause instanceof Error && cause.cause !== undefined; depth++) cause = cause.cause;
  return cause === error ? undefined : redact(wordsOf(cause)).split('\n')[0];
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? error.name : error.message;
}

function stackOf(error: unknown): string {
  const stacks: string[] = [];
  for (let next = error; next instanceof Error && stacks.length < 5; next = next.cause) stacks.push(next.stack ?? String(next));
  return stacks.length === 0 ? `thrown: ${String(error)}` : stacks.join('\ncaused by: ');
}
