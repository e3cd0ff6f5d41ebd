// Failures on their way from the daemon to whoever asked it: the JSON of the command line, `{"error":{code,message,hint}}`, with
// the status that belongs to the code.
import { ERROR_CODES, type ErrorCode, httpStatusOf, isVncctlError, VncctlError } from '../errors.ts';
import { redact } from './redact.ts';

/** A failure in JSON. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; hint: string | null; cause?: string };
}

/** A failure as it is answered, with what caused it in the first place only for whoever is to see that; a bug is told without its particulars, which are for the log. Without secrets. */
export function errorAnswer(error: unknown, { withCause = false } = {}): { status: number; body: ErrorBody } {
  const known = isVncctlError(error) && error.code !== 'BUG' ? error : new VncctlError('BUG', 'the daemon failed', { hint: "see its log, and report the fault to vncctl's maintainers" });
  const { code, message, hint = null } = known;
  const first = withCause ? firstCause(known) : undefined;
  return { status: httpStatusOf(code), body: { error: { code, message: redact(message), hint: hint === null ? null : redact(hint), ...(first === undefined ? {} : { cause: redact(first.message) }) } } };
}

/** The failure that a body tells; undefined when it is none, or one that this version doesn't know. */
export function errorIn(body: unknown): VncctlError | undefined {
  const { error } = (body ?? {}) as { error?: unknown };
  const { code, message, hint, cause } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof code !== 'string' || !Object.hasOwn(ERROR_CODES, code) || typeof message !== 'string') return undefined;
  return new VncctlError(code as ErrorCode, message, { ...(typeof hint === 'string' ? { hint } : {}), ...(typeof cause === 'string' ? { cause: new Error(cause) } : {}) });
}

const MOST_CAUSES = 10;

function firstCause(error: Error): Error | undefined {
  let first = error;
  for (let depth = 0; depth < MOST_CAUSES && first.cause instanceof Error; depth++) first = first.cause;
  return first === error ? undefined : first;
}
