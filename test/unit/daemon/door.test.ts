import { type IncomingMessage, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { createDoor, type Door, type DoorOptions, type DoorRoutes } from '../../../src/daemon/door.ts';
import type { Readiness } from '../../../src/daemon/health.ts';
import { eventually } from '../../support/eventually.ts';

interface Answer {
  status: number;
  type: string | undefined;
  allow: string | undefined;
  body: string;
}

async function openDoor({ host = '127.0.0.1', readiness = { ready: true, counts: { desktops: 2, viewers: 1 } } as Readiness, routes = [] as readonly DoorRoutes[], ...rules }: Partial<Omit<DoorOptions, 'readiness'>> & { host?: string; readiness?: Readiness } = {}) {
  const door = createDoor({ readiness: () => readiness, routes, ...rules });
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

/** Routes that answer under `/taken`, and keep the sockets that they were handed. */
function takenRoutes(): { routes: DoorRoutes; held: Duplex[] } {
  const held: Duplex[] = [];
  const isTheirs = ({ url }: IncomingMessage): boolean => url?.startsWith('/taken') === true;
  const routes: DoorRoutes = {
    request(request, response) {
      if (isTheirs(request)) response.end('theirs');
      return isTheirs(request);
    },
    upgrade(request, socket) {
      if (!isTheirs(request)) return false;
      held.push(socket);
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      return true;
    },
  };
  return { routes, held };
}

const UPGRADE = 'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

test('routes are asked first, whatever the host, and the rest stays as it is', async () => {
  const { ask } = await openDoor({ routes: [takenRoutes().routes] });
  expect(await ask('/taken', { headers: { host: 'screens.example' } })).toMatchObject({ status: 200, body: 'theirs' });
  expect((await ask('/healthz')).status).toBe(200);
  expect((await ask('/healthz', { headers: { host: 'evil.example' } })).status).toBe(403);
  expect((await ask('/other')).status).toBe(404);
});

test('what asks for another protocol is handed to the routes, or refused', async () => {
  const { routes, held } = takenRoutes();
  const { port } = await openDoor({ routes: [routes] });
  const [theirs, nobodys] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  theirs.write(`GET /taken HTTP/1.1\r\n${UPGRADE}`);
  nobodys.write(`GET /healthz HTTP/1.1\r\n${UPGRADE}`);
  expect(await text(nobodys)).toMatch(/^HTTP\/1\.1 400 /);
  expect(String(await once(theirs, 'data'))).toMatch(/^HTTP\/1\.1 101 /);
  expect(held).toHaveLength(1);
  held[0]?.end();
  await once(theirs, 'close');
});

test('without routes such a request is answered as any other', async () => {
  const { port } = await openDoor();
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET /healthz HTTP/1.1\r\n${UPGRADE.replace('Connection: Upgrade', 'Connection: Upgrade, close')}`);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
});

test('it stops within a second although the routes hold sockets', async () => {
  const { routes, held } = takenRoutes();
  const { door, port } = await openDoor({ routes: [routes] });
  const socket = connect(port, '127.0.0.1');
  const end = once(socket, 'close');
  socket.write(`GET /taken HTTP/1.1\r\n${UPGRADE}`);
  await once(socket, 'data');
  const began = performance.now();
  await door.stop();
  expect(performance.now() - began).toBeLessThan(1_000);
  await end;
  expect(held[0]?.destroyed).toBe(true);
});

test('connections that the routes took over leave room for others', async () => {
  const { routes, held } = takenRoutes();
  const { port, ask } = await openDoor({ routes: [routes] });
  for (let count = 0; count < 300; count++) {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.write(`GET /taken HTTP/1.1\r\n${UPGRADE}`);
    await once(socket, 'data');
  }
  expect(held).toHaveLength(300);
  expect((await ask('/healthz')).status).toBe(200);
});

/** Connections that send the beginning of a request, in the order of their coming, and which of them were ended. */
async function slowOnes(port: number, count: number, begin = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ') {
  const ended = new Set<number>();
  const sockets: Socket[] = [];
  for (let place = 0; place < count; place++) {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('close', () => ended.add(place));
    socket.resume();
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    socket.write(begin);
  }
  return { ended, sockets };
}

test('when there are too many connections the longest silent one goes, and the newcomer is answered', async () => {
  const { port, ask } = await openDoor({ limits: { most: 20, shares: { address: 10 } } });
  const { ended } = await slowOnes(port, 30);
  await eventually(() => ended.size === 10);
  expect([...ended].sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, place) => place));
  for (let count = 0; count < 5; count++) expect((await ask('/healthz')).status).toBe(200);
  expect(ended.has(29)).toBe(false);
});

test('a body that does not come counts as silence, an answer that is awaited does not', async () => {
  const answers: (() => void)[] = [];
  const waits: DoorRoutes = {
    request(request, response) {
      answers.push(() => response.end('at last'));
      request.resume();
      return true;
    },
    upgrade: () => false,
  };
  const { port } = await openDoor({ routes: [waits], limits: { most: 4, shares: {} } });
  const awaited = await slowOnes(port, 2, 'GET /work HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await eventually(() => answers.length === 2);
  const bodies = await slowOnes(port, 4, 'POST /work HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf');
  await eventually(() => bodies.ended.size === 2);
  expect(bodies.ended.has(3)).toBe(false);
  expect(awaited.ended.size).toBe(0);
});

test('what somebody known waits for is not ended for any newcomer, and then the newcomer is turned away', async () => {
  const known = new WeakSet<object>();
  let count = 0;
  const waits: DoorRoutes = {
    request(request) {
      known.add(request.socket);
      count++;
      return true;
    },
    upgrade: () => false,
  };
  const { port } = await openDoor({ routes: [waits], isKnown: (socket) => known.has(socket), limits: { most: 3, shares: {} } });
  const first = await slowOnes(port, 3, 'GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await eventually(() => count === 3);
  const late = await slowOnes(port, 2);
  await eventually(() => late.ended.size === 2);
  expect(first.ended.size).toBe(0);
});
