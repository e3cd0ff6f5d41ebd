// What goes wrong before a handler is reached, as the failures that everything else throws.
import { isVncctlError, VncctlError } from '../errors.ts';

/** Most that a body may hold. */
export const MAX_BODY_BYTES = 64 * 1024;

/** The failure as it is to be told; what is neither ours nor the request's fault stays as it is: a bug. */
export function failureOf(error: unknown): unknown {
  if (isVncctlError(error)) return error;
  const { statusCode, code, message } = (error ?? {}) as { statusCode?: unknown; code?: unknown; message?: unknown };
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return error;
  if (statusCode === 413) return new VncctlError('BODY_TOO_LARGE', `a body holds at most ${MAX_BODY_BYTES / 1024} KiB here`);
  if (statusCode === 415) return new VncctlError('BODY_NOT_JSON', 'only application/json is read here', { hint: "send the header: content-type: application/json" });
  // The parser's own words may repeat what was sent.
  const why = code === 'FST_ERR_BAD_URL' ? 'the address is not understood' : code === 'FST_ERR_CTP_EMPTY_JSON_BODY' ? 'the body is empty' : error instanceof SyntaxError ? 'the body is no JSON' : String(message ?? 'it is not understood');
  return new VncctlError('USAGE', why, { hint: 'see what is taken: /api/docs' });
}
