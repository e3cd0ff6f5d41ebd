// Requests as no client sends them, a seeded row of them: broken lines, headers, bodies and handshakes, and whole ones with what
// programs stumble over in them.

export interface GarbageOptions {
  seed: number;
  /** Where they are sent: of a Host header. */
  host: string;
  /** Ids and secrets that open something, so that some of it comes further than the door. */
  paths: readonly string[];
  headers: readonly string[];
}

/** The bytes of one request after another, without end. */
export function* requestGarbage({ seed, host, paths, headers }: GarbageOptions): Generator<Buffer, never> {
  const random = seeded(seed);
  const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] ?? list[0] ?? fail();
  const below = (bound: number): number => Math.floor(random() * bound);
  const bytes = (count: number): Buffer => Buffer.from(Array.from({ length: count }, () => below(256)));
  const text = (count: number): string => Array.from({ length: count }, () => String.fromCharCode(32 + below(95))).join('');
  const name = (): string => oneOf(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'x'.repeat(below(300)), 'café', '\u0000', 'desktop']);
  const method = (): string => oneOf(['GET', 'GET', 'POST', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'M-SEARCH', 'get']);
  const path = (): string => {
    const base = oneOf(paths);
    return oneOf([
      () => base,
      () => `${base}?${name()}=${name()}&${name()}[]=${text(5).replaceAll(' ', '')}`,
      () => `${base}${oneOf(['%', '%zz', '%00', '%ff%fe', '%2e%2e%2f', '/../../etc/passwd', '//', '/%2e%2e/', ';a=b', '\\..\\', '%c0%ae', '%u0041'])}`,
      () => `${base}/${'a/'.repeat(below(400))}`,
      () => `${base}?${'a=b&'.repeat(below(800))}`,
      () => `${base}?limit=${oneOf(['-1', '1e9', 'NaN', '0x10', '9'.repeat(400), '%F0%9F%96%A5'])}&cursor=${bytes(12).toString('base64')}`,
      () => `http://${oneOf(['evil.example', host, '[::1', 'a@b'])}${base}`,
      () => '*',
    ])();
  };
  const line = (): string => `${method()} ${path()} HTTP/1.1\r\n`;
  const own = (): string => `Host: ${host}\r\n${random() < 0.6 ? headers.map((header) => `${header}\r\n`).join('') : ''}`;
  const head = (more = ''): string => `${line()}${own()}${more}`;
  const withBody = (body: string | Buffer, type = 'application/json'): Buffer => {
    const content = Buffer.from(body);
    return Buffer.concat([Buffer.from(`${oneOf(['POST', 'PUT', 'PATCH'])} ${path()} HTTP/1.1\r\n${own()}Content-Type: ${type}\r\nContent-Length: ${content.length}\r\n\r\n`), content]);
  };
  const json = (): string =>
    oneOf([
      () => '['.repeat(below(60_000)),
      () => `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
      () => JSON.stringify({ ticket: text(22) }),
      () => `{"__proto__":{"client":"x","isAdmin":true},"constructor":{"prototype":{"scope":"admin"}},"client":"${name()}"}`,
      () => `{"client":${oneOf(['1e400', '-0', '1'.repeat(5_000), 'null', '[]', '{}', '"\\ud800"', '"\\u0000"'])}}`,
      () => `{"client":"a","client":"b","env":{"${name()}":"${name()}"}}`,
      () => text(below(2_000)),
      () => '',
    ])();
  const upgrade = (more: readonly string[]): string => `GET ${path()} HTTP/1.1\r\n${own()}Connection: Upgrade\r\n${more.map((each) => `${each}\r\n`).join('')}\r\n`;

  const kinds: readonly (() => string | Buffer)[] = [
    () => bytes(1 + below(400)),
    () => `${text(below(80))}\r\n\r\n`,
    () => `${oneOf(['GET', 'GET /', 'GET / HTTP/9.9', 'GET / HTTP/1.1 x', ' GET / HTTP/1.1', 'GET  /  HTTP/1.1', 'GET /\u0001 HTTP/1.1', 'GET / http/1.1', 'PRI * HTTP/2.0', 'CONNECT a:1 HTTP/1.1'])}\r\n${own()}\r\n`,
    () => Buffer.from(`160301020001000${below(10)}fc0303${'ab'.repeat(60)}`, 'hex'),
    () => `${head()}\r\n`,
    () => `${head()}\r\n`,
    () => `${head(`${name()}: ${text(20)}\r\n${text(10)}\r\n`)}\r\n`,
    () => `${head(`X-Big: ${'x'.repeat(4_000 + below(30_000))}\r\n`)}\r\n`,
    () => `${head(Array.from({ length: below(3_000) }, (_, place) => `X-${place}: 1\r\n`).join(''))}\r\n`,
    () => `${head('Content-Length: 5\r\nContent-Length: 7\r\n')}\r\nhello`,
    () => `${head('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n')}\r\n0\r\n\r\n`,
    () => `${head(`Content-Length: ${oneOf(['-1', '1e3', '99999999999999999999', '0x5', ' 5 5', '+5'])}\r\n`)}\r\nhello`,
    () => `${head(`Transfer-Encoding: ${oneOf(['chunked', 'Chunked', 'gzip, chunked', 'identity', 'chunked, chunked', 'xchunked'])}\r\nContent-Type: application/json\r\n`)}\r\n${oneOf(['5\r\nhello\r\n0\r\n\r\n', 'zz\r\n', 'ffffffffffffffff\r\n', '5;ext="\r\nhello', '-5\r\nhello', '1\r\n{\r\n1\r\n}\r\n0\r\nX: y\r\n\r\n'])}`,
    () => head().slice(0, -1 - below(20)),
    () => `${head('Content-Type: application/json\r\nContent-Length: 100000\r\n')}\r\n{"half":`,
    () => Array.from({ length: 5 + below(40) }, () => `${head()}\r\n`).join(''),
    () => Buffer.concat([Buffer.from(`GET ${oneOf(paths)}`), bytes(20), Buffer.from(` HTTP/1.1\r\n${own()}\r\n`)]),
    () => Buffer.concat([Buffer.from(line() + own()), Buffer.from('Cookie: vncctl='), bytes(100), Buffer.from('\r\n\r\n')]),
    () => `${head(`Cookie: ${Array.from({ length: below(200) }, () => `vncctl=${text(20).replaceAll(/[;\s]/g, '')}`).join('; ')}\r\n`)}\r\n`,
    () => `${head(`Authorization: ${oneOf(['Bearer', 'Bearer vnc_', `Bearer ${text(60)}`, 'Basic Og==', `Basic ${'A'.repeat(3_000)}`, 'Digest x'])}\r\n`)}\r\n`,
    () => `${head(`X-Forwarded-For: ${oneOf(['127.0.0.1', '::1', 'unknown', ','.repeat(500), text(50)])}\r\nX-Forwarded-Host: ${text(20)}\r\nX-Forwarded-Prefix: /${text(20)}\r\nForwarded: for=${text(10)}\r\n`)}\r\n`,
    () => withBody(json()),
    () => withBody(json(), oneOf(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16', 'multipart/form-data', '', 'application/json,application/json'])),
    () => withBody(bytes(below(3_000))),
    () => upgrade(['Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${oneOf(['', 'short', 'AAAAAAAAAAAAAAAAAAAAAA==', text(24)])}`]),
    () => Buffer.concat([Buffer.from(upgrade(['Upgrade: websocket', `Sec-WebSocket-Version: ${oneOf(['13', '8', '0', 'x', '99999999'])}`, 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', `Sec-WebSocket-Protocol: ${oneOf(['binary', 'base64', ',,,', 'x'.repeat(2_000), 'binary, binary'])}`, `Sec-WebSocket-Extensions: ${oneOf(['permessage-deflate', 'permessage-deflate; client_max_window_bits=99', ';;;', text(40)])}`])), bytes(below(200))]),
    () => upgrade([`Upgrade: ${oneOf(['h2c', 'TLS/1.0', 'websocket, h2c', '', text(20)])}`, 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA']),
  ];
  for (;;) yield Buffer.from(oneOf(kinds)());
}

/** Numbers from 0 to 1, the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function fail(): never {
  throw new Error('an empty list');
}
