// `up` through the daemon: its route and its client over a real Unix socket, the use-case itself on fakes.
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { handOut, type UpAsk } from '../../../src/core/hand-out.ts';
import type { Phase } from '../../../src/core/up-run.ts';
import type { Ticket, TicketStore } from '../../../src/core/tickets.ts';
import { listenOnSocket } from '../../../src/daemon/control-socket.ts';
import { createDoor } from '../../../src/daemon/door.ts';
import { askForUp, type UpAnswer } from '../../../src/daemon/up-client.ts';
import { createUpRoute, LeftToAsker } from '../../../src/daemon/up-route.ts';
import { VncctlError } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { never } from '../../support/fake-calls.ts';
import { createFakeLog } from '../../support/fake-log.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { ANA, createTestDesktops, LOCAL_GATEWAY, type TestDesktops, type TestDesktopsOptions } from '../../support/test-desktops.ts';

const home = tempFolder();
let count = 0;
const newPath = (): string => join(home, String(++count), 'daemon.sock');

const FACTS = { version: '1', width: '1280' };
const ASK: UpAsk = { client: ANA, words: {} };
const GATEWAY = 'http://127.0.0.1:8080';
const INTERRUPTED = new VncctlError('INTERRUPTED', 'stopped');

function ticketsInMemory(): TicketStore {
  let tickets: readonly Ticket[] = [];
  return {
    read: async () => tickets,
    async update(change) {
      const { tickets: next, result } = change(tickets);
      tickets = next ?? tickets;
      return result;
    },
  };
}

async function openRoute(options: TestDesktopsOptions & { signMs?: number } = {}) {
  const t = createTestDesktops({ gateway: LOCAL_GATEWAY, ...options });
  const log = createFakeLog();
  const tools = { desktops: t.desktops, catalog: t.desktops.catalog, defaults: { image: t.entry.key }, tickets: async () => tickets };
  const tickets = ticketsInMemory();
  const route = createUpRoute({
    handOut: (ask, more) => handOut(tools, ask, { ...more, getImage: () => Promise.reject(new LeftToAsker('an image has to be got first')) }),
    differences: async (facts) => Object.keys(facts).filter((name) => facts[name] !== (FACTS as Record<string, unknown>)[name]),
    log,
    ...(options.signMs === undefined ? {} : { signMs: options.signMs }),
  });
  const door = createDoor({ routes: [route], readiness: () => ({ ready: true, counts: {} }) });
  onTestFinished(() => door.stop());
  const socket = newPath();
  await listenOnSocket(door, socket);
  const phases: Phase[] = [];
  const lines: string[] = [];
  const up = (words: UpAsk['words'] = {}, { signal = new AbortController().signal, facts = FACTS as Record<string, string> } = {}): Promise<UpAnswer> =>
    askForUp({ socket }, { facts, ask: { ...ASK, words } }, { signal, onPhase: (phase) => void phases.push(phase), onProgress: (line) => void lines.push(line) });
  return { ...t, route, door, log, socket, up, phases, lines, tools };
}

/** Holds the start of a container, which ends only with its signal; resolves once it is asked for. */
function holdStart({ engine }: Pick<TestDesktops, 'engine'>): Promise<void> {
  return new Promise((resolve) =>
    engine.calls.before('containers.start', () => {
      resolve();
      return never();
    }),
  );
}

/** A connection that has asked as the client does, with what came back so far. */
function rawQuestion(socket: string, line = JSON.stringify({ facts: FACTS, ask: ASK }), head = 'POST /control/v1/up'): { connection: Socket; text: () => string } {
  const connection = connect({ path: socket });
  onTestFinished(() => void connection.destroy());
  let text = '';
  connection.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  connection.write(`${head} HTTP/1.1\r\nhost: vncctl\r\nconnection: upgrade\r\nupgrade: vncctl-up\r\n\r\n${line}\n`);
  return { connection, text: () => text };
}

/** A server at a path that sends these bytes to whoever asks, and closes then if it is told to. */
async function answering(bytes: string, { closes }: { closes: boolean }): Promise<string> {
  const path = newPath();
  mkdirSync(dirname(path), { recursive: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => (closes ? socket.end(bytes) : socket.write(bytes)));
  });
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return path;
}

const TAKEN = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';
const withoutChanging = (answer: UpAnswer): unknown => ('report' in answer ? { ...answer.report, url: answer.report.url?.replace(/ticket=.*/, 'ticket'), totalMs: 0, phases: answer.report.phases.map(({ name }) => name) } : answer);

test('it brings a desktop up and finds it again, and tells of it what the use-case tells, each phase as it comes', async () => {
  const t = await openRoute();
  const first = await t.up({ env: { LANGUAGE: 'en' }, size: '390x844', wait: 'window', timeout: '5s' });
  expect(first).toMatchObject({ report: { outcome: 'created', client: ANA, door: 'gateway', url: expect.stringContaining(`${GATEWAY}/d/`), hostPort: null, lease: { idle: { length: '15m', from: 'default' } }, notes: [] } });
  expect(t.phases).toEqual('report' in first && first.report.phases);
  expect(t.phases.map(({ name }) => name)).toContain('window');
  expect(t.engine.world.all).toMatchObject([{ spec: { env: { LANGUAGE: 'en', WIDTH: '390', HEIGHT: '844' } } }]);
  const again = await t.up();
  const here = await handOut(t.tools, ASK, { signal: new AbortController().signal, getImage: async () => {} });
  expect(withoutChanging(again)).toEqual(withoutChanging({ report: here }));
  expect(again).toMatchObject({ report: { outcome: 'reused' } });
  expect(t.log.lines).toEqual([]);
});

test('lease and door cross the socket', async () => {
  const t = await openRoute();
  expect(await t.up({ idle: 'never', direct: true })).toMatchObject({ report: { door: 'direct', hostPort: 5000, lease: { idle: { length: 'never', from: 'up' } } } });
  expect(await t.up({ recreate: true })).toMatchObject({ report: { outcome: 'replaced', hostPort: null } });
});

test('where the host is full it waits as asked, tells at which place, and leaves the queue with whoever asked', async () => {
  const t = await openRoute();
  t.memory.freeBytes = 0;
  await expect(t.up({ queue: 'off' })).rejects.toMatchObject({ code: 'NO_MEMORY', hint: expect.stringContaining('--queue 30s') as string });
  const asked = new AbortController();
  const up = t.up({ queue: '10m' }, { signal: asked.signal });
  await eventually(() => t.lines.length > 0);
  expect(t.lines).toEqual(['waiting for memory for 10m at most, at place 1 of 1']);
  expect(t.store.state.queue).toHaveLength(1);
  asked.abort(new Error('Ctrl-C'));
  await expect(up).rejects.toThrow();
  await eventually(() => t.store.state.queue === undefined);
});

test('a daemon of another make leaves it to the process and names what differs; it has done nothing', async () => {
  const t = await openRoute();
  expect(await t.up({}, { facts: { version: '2', width: '1280', height: '9' } })).toEqual({ left: 'it differs in: version, height' });
  expect(t.engine.calls.log).toEqual([]);
});

test('an image that has to be got is left to the process', async () => {
  const t = await openRoute({ prepared: false });
  expect(await t.up()).toEqual({ left: 'an image has to be got first' });
  expect(t.engine.world.all).toEqual([]);
});

test('a failure is the same on this side: code, message, hint, first cause', async () => {
  const t = await openRoute();
  await expect(t.up({ removeAfter: 'soon' })).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('--remove-after: "soon" is not'), hint: 'see: vncctl up --help' });
  await expect(t.up({ image: 'kiosc' })).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND', exitCode: 3, message: expect.stringContaining('did you mean "kiosk"?'), hint: 'it has: kiosk' });
  t.engine.calls.failNext('containers.start', new VncctlError('ENGINE_FAILED', 'no start', { hint: 'mend it', cause: new Error('outer', { cause: new Error('the disk is full') }) }));
  await expect(t.up()).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: 'no start', hint: 'mend it', cause: { message: 'the disk is full' } });
  expect(t.engine.world.all).toEqual([]);
});

test('a fault of the daemon is told without its particulars, which are in the log', async () => {
  const t = await openRoute();
  t.engine.calls.failNext('containers.create', new Error('a fault'));
  await expect(t.up()).rejects.toMatchObject({ code: 'BUG', message: 'the daemon failed' });
  expect(t.log.lines).toMatchObject([{ level: 'error', facts: { reason: expect.stringContaining('a fault') } }]);
});

test('Ctrl-C half-way is told once what was half-made is undone', async () => {
  const t = await openRoute();
  const [stop, held] = [new AbortController(), holdStart(t)];
  let left: unknown;
  const asked = t.up({}, { signal: stop.signal }).catch((error: unknown) => {
    left = t.engine.world.all;
    throw error;
  });
  await held;
  stop.abort(INTERRUPTED);
  await expect(asked).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(left).toEqual([]);
  expect(t.store.state.reservations).toEqual([]);
});

test('Ctrl-C before the daemon has begun ends it at once, and beforehand nobody is asked', async () => {
  const stop = new AbortController();
  const socket = await answering('', { closes: false });
  const asked = askForUp({ socket }, { facts: FACTS, ask: ASK }, { signal: stop.signal });
  stop.abort(INTERRUPTED);
  await expect(asked).rejects.toBe(INTERRUPTED);
  await expect(askForUp({ socket }, { facts: FACTS, ask: ASK }, { signal: stop.signal })).rejects.toBe(INTERRUPTED);
});

test('when the process that asked is killed, what was half-made is undone', async () => {
  const t = await openRoute();
  const held = holdStart(t);
  const { connection } = rawQuestion(t.socket);
  await held;
  connection.destroy();
  await eventually(() => t.engine.world.all.length === 0);
});

test('a daemon that stops undoes what goes on, says so, and begins nothing more', async () => {
  const t = await openRoute();
  const held = holdStart(t);
  const asked = t.up().catch((error: unknown) => error);
  await held;
  await t.route.stop();
  expect(t.engine.world.all).toEqual([]);
  expect(await asked).toMatchObject({ code: 'DAEMON_FAILED', hint: 'try again' });
  expect(await t.up()).toEqual({ left: 'it stops' });
});

test('while nothing is to be told, an empty line says that it goes on', async () => {
  const t = await openRoute({ signMs: 5 });
  const held = holdStart(t);
  const { text } = rawQuestion(t.socket);
  await held;
  await eventually(() => text().endsWith('\n\n\n'));
});

test.each([
  ['no question', '{}'],
  ['no JSON', 'up!'],
  ['no facts', JSON.stringify({ ask: ASK })],
  ['no client', JSON.stringify({ facts: FACTS, ask: { ...ASK, client: 7 } })],
  ['no words', JSON.stringify({ facts: FACTS, ask: { client: ANA } })],
  ['an unknown stage', JSON.stringify({ facts: FACTS, ask: { ...ASK, words: { wait: 'soon' } } })],
  ['a variable that is no text', JSON.stringify({ facts: FACTS, ask: { ...ASK, words: { env: { LANGUAGE: 1 } } } })],
  ['variables that are none', JSON.stringify({ facts: FACTS, ask: { ...ASK, words: { env: 'LANGUAGE=1' } } })],
  ['a size that is no text', JSON.stringify({ facts: FACTS, ask: { ...ASK, words: { size: { width: 1 } } } })],
  ['a flag that is text', JSON.stringify({ facts: FACTS, ask: { ...ASK, words: { direct: 'yes' } } })],
  ['an unknown word', JSON.stringify({ facts: FACTS, ask: { ...ASK, words: { nap: '1s' } } })],
])('a question with %s is refused', async (_, line) => {
  const t = await openRoute();
  const { connection, text } = rawQuestion(t.socket, line);
  await once(connection, 'close');
  expect(text()).toMatch(/^HTTP\/1\.1 400 .*not understood/s);
  expect(t.engine.calls.log).toEqual([]);
});

test('another method or place is refused, and a client id that is none', async () => {
  const t = await openRoute();
  for (const head of ['GET /control/v1/up', 'POST /control/v1/down']) {
    const { connection, text } = rawQuestion(t.socket, undefined, head);
    await once(connection, 'close');
    expect(text()).toMatch(/^HTTP\/1\.1 400 /);
  }
  const { connection, text } = rawQuestion(t.socket, JSON.stringify({ facts: FACTS, ask: { ...ASK, client: '../etc' } }));
  await once(connection, 'close');
  expect(text()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*not a client id/s);
  expect(t.engine.calls.log).toEqual([]);
});

test.each([
  ['closes without a word', '', 'it answered nothing'],
  ['is of another version', 'HTTP/1.1 404 Not Found\r\n\r\n', 'it answered HTTP/1.1 404 Not Found'],
  ['refuses with a reason', 'HTTP/1.1 409 Conflict\r\n\r\n{"error":{"message":"no"}}', 'no'],
])('a daemon that %s has not begun: it is left to the process', async (_, bytes, left) => {
  const socket = await answering(bytes, { closes: true });
  expect(await askForUp({ socket }, { facts: FACTS, ask: ASK }, { signal: new AbortController().signal })).toEqual({ left });
});

test('where nobody listens, or nobody answers in time, it is left to the process', async () => {
  const options = { signal: new AbortController().signal };
  expect(await askForUp({ socket: newPath() }, { facts: FACTS, ask: ASK }, options)).toEqual({ left: expect.stringContaining('ENOENT') });
  expect(await askForUp({ socket: await answering('', { closes: false }), beginMs: 20 }, { facts: FACTS, ask: ASK }, options)).toEqual({ left: 'nothing came from it for 0.02 s' });
});

test.each([
  ['goes away', TAKEN, true, 'it went away'],
  ['goes away in the middle of a line', `${TAKEN}{"phase":`, true, 'it went away'],
  ['falls silent', `${TAKEN}\n{"phase":{"name":"look","ms":1}}\n`, false, 'nothing came from it for 0.03 s'],
])('a daemon that has begun and %s has failed: nobody does it twice', async (_, bytes, closes, words) => {
  const socket = await answering(bytes, { closes });
  const asked = askForUp({ socket, silenceMs: 30 }, { facts: FACTS, ask: ASK }, { signal: new AbortController().signal });
  await expect(asked).rejects.toMatchObject({ code: 'DAEMON_FAILED', exitCode: 6, message: expect.stringContaining(words), hint: expect.stringContaining('again') });
});
