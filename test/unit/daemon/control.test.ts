// The daemon's socket, and its client: over a real Unix socket, with the API behind it.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { ApiServer } from '../../../src/api/server.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { createControlClient } from '../../../src/daemon/control-client.ts';
import { listenOnSocket } from '../../../src/daemon/control-socket.ts';
import { createDoor, type Door, type DoorRoutes } from '../../../src/daemon/door.ts';
import { VncctlError } from '../../../src/errors.ts';
import { exampleViewer } from '../../support/fake-control.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { createTestApi } from '../../support/test-api.ts';

const home = tempFolder();
let count = 0;
const newPath = (): string => join(home, String(++count), 'state', 'daemon.sock');

const newDoor = (routes: Parameters<typeof createDoor>[0]['routes'] = []): Door => {
  const door = createDoor({ routes, readiness: () => ({ ready: true, counts: { desktops: 2 } }) });
  onTestFinished(() => door.stop());
  return door;
};

const socketRoutes = (server: ApiServer): DoorRoutes => ({
  request(question, response) {
    if (!question.url?.startsWith('/api/')) return false;
    server.handle(question, response, 'socket');
    return true;
  },
  upgrade: () => false,
});

async function openSocket() {
  const { server, control, log } = await createTestApi();
  const path = newPath();
  const door = newDoor([socketRoutes(server)]);
  await listenOnSocket(door, path);
  const ask = (target: string, method = 'GET'): Promise<{ status: number; allow: string | undefined; body: string }> =>
    new Promise((resolve, reject) => {
      const sent = request({ socketPath: path, path: target, method, agent: false }, (response: IncomingMessage) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, allow: response.headers.allow, body }), reject);
      });
      sent.once('error', reject);
      sent.end();
    });
  return { control, log, path, door, ask, client: createControlClient({ socket: path }) };
}

/** A server at a path that answers every connection with these bytes, or never. */
async function answering(bytes: string | undefined): Promise<string> {
  const path = newPath();
  mkdirSync(join(path, '..'), { recursive: true });
  const sockets = new Set<{ destroy(): void }>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => bytes !== undefined && socket.end(bytes));
  });
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return path;
}

const http = (status: string, body: string): string => `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

const ONE = 'bcdfghjkmnpq' as DesktopId;
const OTHER = 'zxwvtsrqpnmk' as DesktopId;

test('the viewers of all desktops, or of one, cross the socket as they are', async () => {
  const { control, client, ask } = await openSocket();
  const [one, other] = [exampleViewer({ desktop: ONE }), exampleViewer({ id: 'ffffffff', desktop: OTHER, mode: 'view-only', lastInputAt: '2030-01-01T12:02:00.000Z' })];
  control.present = [one, other];
  expect(await client.viewers()).toEqual([one, other]);
  expect(await client.viewers({ desktop: OTHER })).toEqual([other]);
  expect(JSON.parse((await ask(`/api/v1/viewers?desktop=${ONE}`)).body)).toEqual({ viewers: [{ ...one, client: null }], next: null });
  expect(await client.viewers({ desktop: 'nobody' as DesktopId })).toEqual([]);
});

test('one is ended, with its link only where that was asked for, and told as it was', async () => {
  const { control, client } = await openSocket();
  const [one, two] = [exampleViewer({ id: 'one' }), exampleViewer({ id: 'two' })];
  control.present = [one, two];
  expect(await client.endViewer('one')).toEqual(one);
  expect(await client.endViewer('two', { revoke: true })).toEqual(two);
  expect(control.ended).toEqual(['one', 'two and its link']);
});

test('a failure is the same on the other side: code, message, hint and exit code', async () => {
  const { control, client, ask } = await openSocket();
  await expect(client.endViewer('a/../b?c')).rejects.toMatchObject({ code: 'VIEWER_NOT_FOUND', exitCode: 3, hint: 'see them: vncctl viewers' });
  const failure = new VncctlError('STORE_LOCKED', 'the state is locked', { hint: 'try again' });
  control.present = [exampleViewer()];
  control.failing.set('a1b2c3d4', failure);
  const rejected = await client.endViewer('a1b2c3d4').catch((error: unknown) => error);
  expect(rejected).toBeInstanceOf(VncctlError);
  expect(rejected).toMatchObject({ code: 'STORE_LOCKED', message: 'the state is locked', hint: 'try again', exitCode: 4 });
  expect(await ask('/api/v1/viewers/a1b2c3d4', 'DELETE')).toMatchObject({ status: 409, body: '{"error":{"code":"STORE_LOCKED","message":"the state is locked","hint":"try again"}}\n' });
});

test('a fault of the daemon is told without its particulars, which are in the log', async () => {
  const { control, client, log } = await openSocket();
  control.failing.set('x', new Error('a fault'));
  await expect(client.endViewer('x')).rejects.toMatchObject({ code: 'BUG', message: 'the daemon failed' });
  expect(log.lines).toMatchObject([{ level: 'error', message: 'could not answer a request', facts: { reason: expect.stringContaining('a fault') } }]);
});

test.each([
  ['/api/v1/viewers', 'DELETE', 405, 'GET, HEAD'],
  ['/api/v1/viewers', 'POST', 405, 'GET, HEAD'],
  ['/api/v1/viewers/x', 'GET', 405, 'DELETE'],
  ['/api/v1/viewers/', 'GET', 404, undefined],
  ['/api/v1/viewers/x/y', 'DELETE', 404, undefined],
  ['/api/v1/viewersx', 'GET', 404, undefined],
  ['/api/v2/viewers', 'GET', 404, undefined],
  ['/readyz', 'GET', 200, undefined],
] as const)('%s with %s gets %i', async (path, method, status, allow) => {
  const { ask, control } = await openSocket();
  control.present = [exampleViewer({ id: 'x' })];
  expect(await ask(path, method)).toMatchObject({ status, allow });
  expect(control.ended).toEqual([]);
});

test('its user and group may use the socket and nobody else, whatever the umask is; it goes with the daemon', async () => {
  const { path, door } = await openSocket();
  expect(statSync(path).mode & 0o777).toBe(0o660);
  expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
  await door.stop();
  expect(existsSync(path)).toBe(false);
});

test('a socket that was left in its place is replaced', async () => {
  const { path, client, control } = await openSocket();
  control.present = [exampleViewer()];
  expect(await client.viewers()).toHaveLength(1);
  // As after kill -9: the file stays and nobody is behind it, once the next one has taken its place.
  await listenOnSocket(newDoor([socketRoutes((await createTestApi()).server)]), path);
  expect(await client.viewers()).toEqual([]);
});

test('in a folder that everybody writes in, one that somebody else may have made is refused', async () => {
  const shared = mkdtempSync('/tmp/vncctl-shared-');
  onTestFinished(() => rmSync(shared, { recursive: true }));
  chmodSync(shared, 0o1777);
  await listenOnSocket(newDoor(), join(shared, 'own', 'daemon.sock'));
  mkdirSync(join(shared, 'open'));
  chmodSync(join(shared, 'open'), 0o755);
  symlinkSync(join(shared, 'own'), join(shared, 'link'));
  for (const name of ['open', 'link']) {
    await expect(listenOnSocket(newDoor(), join(shared, name, 'daemon.sock'))).rejects.toMatchObject({ code: 'STORE_DENIED', hint: expect.stringContaining('ls -ld') });
  }
});

test('a path that no socket can have is a failure with the way out', async () => {
  await expect(listenOnSocket(newDoor(), join(home, 'x'.repeat(120), 'daemon.sock'))).rejects.toMatchObject({ code: 'STORE_DENIED', hint: expect.stringContaining('VNCCTL_HOME') });
});

test('where nobody listens the daemon does not run', async () => {
  const path = newPath();
  await expect(createControlClient({ socket: path }).viewers()).rejects.toMatchObject({ code: 'DAEMON_NOT_RUNNING', exitCode: 4, hint: expect.stringContaining('vncctl daemon') });
});

test.each([
  ['no HTTP', 'RFB 003.008\n'],
  ['nothing', ''],
  ['no JSON', http('200 OK', 'hey')],
  ['another list', http('200 OK', '{"viewers":[{}]}')],
  ['half an answer', http('200 OK', '{"viewers":[]}').slice(0, -1)],
  ['an unknown code', http('418 Teapot', '{"error":{"code":"TEAPOT","message":"x"}}')],
  ['a code of the language', http('500 No', '{"error":{"code":"toString","message":"x"}}')],
])('who answers with %s has failed', async (_, bytes) => {
  const client = createControlClient({ socket: await answering(bytes) });
  await expect(client.viewers()).rejects.toMatchObject({ code: 'DAEMON_FAILED', exitCode: 6, hint: expect.any(String) });
});

test('an answer that does not come is waited for no longer than the deadline, and not at all after Ctrl-C', async () => {
  const socket = await answering(undefined);
  await expect(createControlClient({ socket, deadlineMs: 20 }).viewers()).rejects.toMatchObject({ code: 'DAEMON_FAILED', message: 'the daemon did not answer within 0.02 s' });
  const stop = new AbortController();
  const asked = createControlClient({ socket }).viewers({ signal: stop.signal });
  await setImmediate();
  const reason = new VncctlError('INTERRUPTED', 'interrupted');
  stop.abort(reason);
  await expect(asked).rejects.toBe(reason);
});
