// Requests that ask for an upgrade to what nobody here speaks, over real sockets.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { createDoor } from '../../../src/daemon/door.ts';
import { ONE } from '../../support/certificates.ts';

/** A door that tells what it was asked; WebSockets are its affair too. */
async function openDoor(certificate?: typeof ONE): Promise<number> {
  const door = createDoor({
    readiness: () => ({ ready: true, counts: {} }),
    ...(certificate ? { certificate } : {}),
    routes: [{
      request(request, response) {
        void text(request).then((body) => response.end(`${request.method} ${request.url} "${body}" upgrade=${request.headers.upgrade} connection=${request.headers.connection}\n`));
        return true;
      },
      upgrade: () => false,
    }],
  });
  onTestFinished(() => door.stop());
  return Number((await door.listen({ host: '127.0.0.1', port: 0 })).split(':').at(-1));
}

const H2C = 'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n';

test('Java\'s HttpClient, which asks for HTTP/2 with its first request, is answered as if it had not', async () => {
  const socket = connect(await openDoor(), '127.0.0.1');
  socket.write(`GET /api HTTP/1.1\r\nHost: localhost\r\n${H2C}\r\n`);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [^]*GET \/api "" upgrade=undefined connection=close\n/);
});

test.each([
  ['with its length', 'Content-Length: 11\r\n', 'hello world'],
  ['in pieces', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'],
])('its body is read, sent at once or later: one %s', async (_, header, body) => {
  const port = await openDoor();
  for (const cut of [0, 4, body.length]) {
    const socket = connect(port, '127.0.0.1');
    socket.write(`POST /api HTTP/1.1\r\nHost: localhost\r\n${header}${H2C}\r\n${body.slice(0, cut)}`);
    await once(socket, 'connect');
    socket.write(body.slice(cut));
    expect(await text(socket), String(cut)).toContain('POST /api "hello world"');
  }
});

test('over TLS too', async () => {
  const socket = connectTls({ host: '127.0.0.1', port: await openDoor(ONE), ca: ONE.cert });
  socket.write(`POST /api HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n${H2C}\r\nhi`);
  expect(await text(socket)).toContain('POST /api "hi"');
});

test('many such requests on one connection are answered one after the other, and leave no listeners behind', async () => {
  const socket = connect(await openDoor(), '127.0.0.1');
  const warned: unknown[] = [];
  const onWarning = (warning: unknown): void => void warned.push(warning);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const again = H2C.replace(', close', '');
  socket.write(Array.from({ length: 30 }, (_, index) => `GET /${index} HTTP/1.1\r\nHost: localhost\r\n${index < 29 ? again : H2C}\r\n`).join(''));
  const answered = [...(await text(socket)).matchAll(/GET \/(\d+) /g)].map(([, index]) => Number(index));
  expect(answered).toEqual(Array.from({ length: 30 }, (_, index) => index));
  expect(warned).toEqual([]);
});
