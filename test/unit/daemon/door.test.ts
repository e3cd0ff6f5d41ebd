import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { createDoor, type Door } from '../../../src/daemon/door.ts';
import type { Readiness } from '../../../src/daemon/health.ts';

interface Answer {
  status: number;
  type: string | undefined;
  allow: string | undefined;
  body: string;
}

async function openDoor({ host = '127.0.0.1', readiness = { ready: true, counts: { desktops: 2, viewers: 1 } } as Readiness } = {}) {
  const door = createDoor({ readiness: () => readiness });
  onTestFinished(() => door.stop());
  const where = await door.listen({ host, port: 0 });
  const port = Number(where.split(':').at(-1));
  const ask = (path: string, { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: host === '0.0.0.0' ? '127.0.0.1' : host, port, path, method, headers, agent: false }, (response) => {
        const { 'content-type': type, allow } = response.headers;
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, type, allow, body }), reject);
      });
      sent.once('error', reject);
      sent.end();
    });
  return { door, where, port, ask };
}

const JSON_TYPE = 'application/json; charset=utf-8';

test('/healthz answers as long as anything is answered', async () => {
  const { ask, where } = await openDoor({ readiness: { ready: false, reason: 'nothing was looked at' } });
  expect(where).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(await ask('/healthz')).toMatchObject({ status: 200, type: JSON_TYPE, body: '{"healthy":true}\n' });
  expect(await ask('/healthz?verbose', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
});

test('/readyz tells the counts, or why it is not ready', async () => {
  expect(await (await openDoor()).ask('/readyz')).toMatchObject({ status: 200, type: JSON_TYPE, body: '{"ready":true,"desktops":2,"viewers":1}\n' });
  const down = await openDoor({ readiness: { ready: false, reason: 'the engine is not reachable' } });
  expect(await down.ask('/readyz')).toMatchObject({ status: 503, body: '{"ready":false,"reason":"the engine is not reachable"}\n' });
  expect(await down.ask('/readyz', { method: 'HEAD' })).toMatchObject({ status: 503, body: '' });
});

test.each(['/', '/healthz/', '/readyz/../healthz', '//healthz', '/HEALTHZ', '/%2e'])('%s is not there', async (path) => {
  expect(await (await openDoor()).ask(path)).toMatchObject({ status: 404, type: JSON_TYPE, body: expect.stringContaining('"error"') });
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is not allowed', async (method) => {
  expect(await (await openDoor()).ask('/healthz', { method })).toMatchObject({ status: 405, allow: 'GET, HEAD', type: JSON_TYPE });
});

test.each([
  ['localhost', 200],
  ['LOCALHOST:9000', 200],
  ['127.0.0.1', 200],
  ['127.0.0.1:1', 200],
  ['[::1]:8080', 200],
  ['evil.example', 403],
  ['evil.example:8080', 403],
  ['127.0.0.1.evil.example', 403],
  ['localhost.evil.example', 403],
  ['127.0.0.2', 403],
  ['[::1', 403],
])('on loopback, the host %j gets %i', async (host, status) => {
  const { ask } = await openDoor();
  for (const path of ['/healthz', '/readyz', '/']) expect((await ask(path, { headers: { host } })).status).toBe(status === 200 && path === '/' ? 404 : status);
});

test('the bound address is a host too, and where strangers may come any host is', async () => {
  expect((await (await openDoor({ host: '127.0.0.2' })).ask('/healthz', { headers: { host: '127.0.0.2:80' } })).status).toBe(200);
  expect((await (await openDoor({ host: '0.0.0.0' })).ask('/healthz', { headers: { host: 'vncctl.example' } })).status).toBe(200);
});

test('an old client that names no host is answered', async () => {
  const { port } = await openDoor();
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /healthz HTTP/1.0\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
});

test('a port in use is a conflict with the way out', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const bound = other.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
  const door = createDoor({ readiness: () => ({ ready: true, counts: {} }) });
  await expect(door.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'PORT_TAKEN', kind: 'conflict', message: `127.0.0.1:${port} is in use by another program`, hint: expect.stringContaining('vncctl daemon --listen') });
  await door.stop();
});

test('an address of another machine, or a descriptor that is no socket, is a wrong setting', async () => {
  const open = (): Door => createDoor({ readiness: () => ({ ready: true, counts: {} }) });
  await expect(open().listen({ host: '192.0.2.1', port: 8080 })).rejects.toMatchObject({ code: 'BAD_SETTING', message: "can't listen on 192.0.2.1:8080: it is no address of this machine" });
  await expect(open().listen({ fd: 999 })).rejects.toMatchObject({ code: 'BAD_SETTING' });
});

test('it stops within a second whoever is connected, and again, and before it began', async () => {
  const { door, port, ask } = await openDoor();
  await ask('/healthz');
  const [silent, halfway, served] = Array.from({ length: 3 }, () => connect(port, '127.0.0.1'));
  const ends = [silent, halfway, served].map((socket) => socket && once(socket, 'close'));
  halfway?.write('GET /healthz HTTP/1.1\r\nHost: loc');
  served?.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(served ?? expect.unreachable(), 'data');
  const began = performance.now();
  await door.stop();
  expect(performance.now() - began).toBeLessThan(1_000);
  await Promise.all(ends);
  await expect(ask('/healthz')).rejects.toThrow('ECONNREFUSED');
  await door.stop();
  await createDoor({ readiness: () => ({ ready: true, counts: {} }) }).stop();
});

test('headers without end are refused', async () => {
  const { port } = await openDoor();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n`);
  expect(await text(socket).catch(() => 'HTTP/1.1 431 ')).toMatch(/^HTTP\/1\.1 431 /);
});
