// The port of its own that a desktop has with --direct: which pages get as far as its screen's greeting, and what its answers say.
import { connect } from 'node:net';
import { beforeAll, expect, test } from 'vitest';
import { ownInstallation } from '../support/own-installation.ts';

const installation = ownInstallation();
let port = 0;

beforeAll(async () => {
  port = (await installation.up('111.444.777-35', '--direct')).hostPort ?? expect.unreachable();
}, 120_000);

/** The beginning of what a handshake of a WebSocket is answered with: its status, and whether the greeting of RFB (RFC 6143, 7.1.1) follows. */
function join(headers: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let said = '';
    const end = (): void => {
      socket.destroy();
      resolve(`${/^HTTP\/1\.1 (\d+)/.exec(said)?.[1] ?? said}${said.includes('RFB 003.') ? ' greeted' : ''}`);
    };
    socket.setEncoding('latin1').on('data', (text: string) => {
      said += text;
      if (said.includes('RFB 003.')) end();
    });
    socket.once('error', reject);
    socket.once('close', end);
    socket.write(`GET /websockify HTTP/1.1\r\n${[...headers, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='].join('\r\n')}\r\n\r\n`);
  });
}

test.each([
  ['its own page, by the name of its link', ['Host: localhost:PORT', 'Origin: http://localhost:PORT']],
  ['its own page, by an address', ['Host: 127.0.0.1:PORT', 'Origin: http://127.0.0.1:PORT']],
  ['its own page, through a tunnel to another port', ['Host: localhost:9000', 'Origin: http://localhost:9000']],
  ['its own page, by a name that others reach', ['Host: Desk.example.org:5000', 'Origin: http://desk.example.org:5000']],
  ['its own page, by IPv6', ['Host: [::1]:5000', 'Origin: http://[::1]:5000']],
  ['its own page, behind a proxy with TLS that passes the Host on', ['Host: desk.example.org', 'Origin: https://desk.example.org']],
  ['its own page, behind a proxy that tells the Host apart', ['Host: 127.0.0.1:PORT', 'X-Forwarded-Host: desk.example.org', 'Origin: https://desk.example.org']],
  ['what is no browser', ['Host: 127.0.0.1:PORT']],
])('%s is greeted by the screen', async (_, headers) => {
  expect(await join(headers.map((header) => header.replace('PORT', String(port))))).toBe('101 greeted');
});

test.each([
  ['a page of another site', ['Host: localhost:PORT', 'Origin: http://evil.example']],
  ['a page on another port of the same host', ['Host: localhost:PORT', 'Origin: http://localhost:1']],
  ['a page of the daemon', ['Host: 127.0.0.1:PORT', 'Origin: http://127.0.0.1:8080']],
  ['a page under another name of the host', ['Host: localhost:PORT', 'Origin: http://127.0.0.1:PORT']],
  ['a page over TLS of a host that is asked without a port', ['Host: localhost:80', 'Origin: https://localhost']],
  ['a page without an origin', ['Host: localhost:PORT', 'Origin: null']],
  ['an extension', ['Host: localhost:PORT', 'Origin: moz-extension://localhost:PORT']],
  ['an origin with a user in it', ['Host: localhost:PORT', 'Origin: http://localhost:PORT@evil.example']],
  ['an origin with a path', ['Host: localhost:PORT', 'Origin: http://localhost:PORT/x']],
  ['two origins', ['Host: localhost:PORT', 'Origin: http://localhost:PORT', 'Origin: http://evil.example']],
  ['two hosts', ['Host: localhost:PORT', 'Host: evil.example', 'Origin: http://evil.example']],
  ['a port that is none', ['Host: localhost:x', 'Origin: http://localhost:x']],
  ['an origin that is nothing', ['Host: localhost:PORT', 'Origin: http://']],
])('%s is greeted by nobody', async (_, headers) => {
  expect(await join(headers.map((header) => header.replaceAll('PORT', String(port))))).toBe('403');
});

test.each(['/', '/viewer.js', '/nothing'])('the answer to %s can be neither guessed at, framed nor told on', async (path) => {
  const { headers } = await fetch(`http://127.0.0.1:${port}${path}`);
  expect(Object.fromEntries(headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/),
  });
});
