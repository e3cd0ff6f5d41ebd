// Pages of other origins, where the settings list them: nobody's unless they do, and with `*` never with credentials.
import type { IncomingHttpHeaders } from 'node:http';

const METHODS = 'GET, HEAD, POST, DELETE';
const ASKED_HEADERS = 'authorization, content-type, idempotency-key, if-none-match, last-event-id, prefer';
const TOLD_HEADERS = 'etag, location, retry-after, preference-applied, idempotency-replayed';
const PREFLIGHT_SECONDS = '600';

/** The headers that let a page read the answer; none where it may not. */
export function corsHeaders({ origin }: IncomingHttpHeaders, origins: readonly string[]): Record<string, string> {
  if (origins.length === 0) return {};
  if (origin === undefined) return { vary: 'origin' };
  if (origins.includes(origin)) return { vary: 'origin', 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', 'access-control-expose-headers': TOLD_HEADERS };
  return origins.includes('*') ? { 'access-control-allow-origin': '*', 'access-control-expose-headers': TOLD_HEADERS } : { vary: 'origin' };
}

/** Whether a browser asks what a page may. */
export function isPreflight(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

/** What it is answered, beside the headers of every answer. */
export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = { 'access-control-allow-methods': METHODS, 'access-control-allow-headers': ASKED_HEADERS, 'access-control-max-age': PREFLIGHT_SECONDS };
