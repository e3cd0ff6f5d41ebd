// What every answer of the gateway has in common: headers that keep browsers from guessing, framing and telling on; errors in few
// words, none of them from the request.
import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { isVncctlError } from '../errors.ts';

const SECURITY_HEADERS: OutgoingHttpHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // The pictures of a screen are made of data: and blob: addresses. No inline script, no other host, no frame around it.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

const WORDS: Readonly<Record<number, string>> = {
  400: 'this request is not understood',
  401: 'this link is not valid, or not any more',
  403: 'this is not allowed',
  404: 'there is nothing at this address',
  405: 'this method is not answered here',
  413: 'this is too much',
  415: 'only application/json is read here',
  426: 'only WebSockets are answered here',
  429: 'too many tries; wait a minute',
  503: 'this does not work just now; try again',
};

/** Sends a body with the headers of all answers; none for HEAD. */
export function send(request: IncomingMessage, response: ServerResponse, status: number, headers: OutgoingHttpHeaders, body: string | Buffer = ''): void {
  // What was not read of a body must not be taken for the next request.
  const unread = request.complete || request.method === 'GET' || request.method === 'HEAD' ? {} : { connection: 'close' };
  const length = status === 204 || status === 304 ? {} : { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...SECURITY_HEADERS, 'cache-control': 'no-store', ...length, ...unread, ...headers });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Sends an object as JSON. */
export function sendJson(request: IncomingMessage, response: ServerResponse, status: number, body: object, headers: OutgoingHttpHeaders = {}): void {
  send(request, response, status, { 'content-type': 'application/json; charset=utf-8', ...headers }, `${JSON.stringify(body)}\n`);
}

/** Refuses a request in the words of the status. */
export function refuse(request: IncomingMessage, response: ServerResponse, status: number, headers: OutgoingHttpHeaders = {}): void {
  sendJson(request, response, status, errorOf(status), headers);
}

/** Refuses what asked for a WebSocket, and ends its connection. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  if (socket.destroyed) return;
  const body = `${JSON.stringify(errorOf(status))}\n`;
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, 'Connection: close', 'Cache-Control: no-store', 'Content-Type: application/json; charset=utf-8', 'X-Content-Type-Options: nosniff', `Content-Length: ${Buffer.byteLength(body)}`];
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** The status of a request that failed for a reason of ours: what was taken away meanwhile, what may go better next time, and a bug. */
export function statusOf(error: unknown): 404 | 503 | 500 {
  if (!isVncctlError(error)) return 500;
  return error.kind === 'not-found' ? 404 : error.kind === 'bug' ? 500 : 503;
}

function errorOf(status: number): object {
  return { error: { message: WORDS[status] ?? 'this went wrong' } };
}
