// The event stream over a real connection to an engine that a test speaks for: how lines are cut, how Podman words things, and
// that nothing is left open however it ends.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { ContainerEvent, Engine } from '../../../../src/core/engine.ts';
import { connectDocker } from '../../../../src/engine/docker/engine.ts';
import { eventually } from '../../../support/eventually.ts';
import { endpointAt } from '../../../support/test-engine.ts';

const LABELS = { 'io.vncctl.instance': 'default' };
const MADE = { Type: 'container', Action: 'create', Actor: { ID: 'a1', Attributes: { ...LABELS, image: 'vncctl/kiosk', name: 'vnc_ação' } }, timeNano: 1795399274384502 * 1000 };

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Listening {
  engine: Engine;
  /** The engine's side of the open stream. */
  answer: ServerResponse;
  sockets: ReadonlySet<Socket>;
  /** What was asked for. */
  filters: Record<string, string[]>;
  heard: ContainerEvent[];
  end: Promise<unknown>;
  controller: AbortController;
}

async function listening(): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const engine = connectDocker(endpointAt(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`), { deadlineMs: 5000 });
  stops.push(async () => {
    engine.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const asked = once(server, 'request') as Promise<[{ url: string }, ServerResponse]>;
  const heard: ContainerEvent[] = [];
  const controller = new AbortController();
  let open = false;
  const follow = async (): Promise<void> => {
    const onOpen = (): void => {
      open = true;
    };
    for await (const event of engine.containers.events({ labels: LABELS }, { signal: controller.signal, onOpen })) heard.push(event);
  };
  const end = follow().catch((error: unknown) => error);
  const [{ url }, answer] = await asked;
  expect(open).toBe(false);
  answer.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
  answer.flushHeaders();
  await eventually(() => open);
  return { engine, answer, sockets, filters: JSON.parse(new URL(url, 'http://engine').searchParams.get('filters') ?? '{}'), heard, end, controller };
}

test('the engine is asked for containers with the labels and for nothing that is not told', async () => {
  const { filters } = await listening();
  expect(filters).toMatchObject({ type: ['container'], label: ['io.vncctl.instance=default'] });
  expect(filters['event']).toEqual(expect.arrayContaining(['create', 'die', 'died', 'destroy', 'remove']));
  expect(filters['event']).not.toContain('exec_start');
});

test('lines that are cut anywhere, or come several at once, are each told once', async () => {
  const { answer, heard } = await listening();
  const bytes = Buffer.from(`${JSON.stringify(MADE)}\n`);
  // One cut is within a letter of two bytes.
  const letter = bytes.indexOf('ç') + 1;
  for (const part of [bytes.subarray(0, 3), bytes.subarray(3, letter), bytes.subarray(letter)]) {
    await new Promise<void>((resolve) => answer.write(part, () => resolve()));
    await new Promise(setImmediate);
  }
  answer.write(Buffer.concat([bytes, Buffer.from('\r\n'), bytes, bytes.subarray(0, 10)]));
  answer.write(bytes.subarray(10));
  await eventually(() => heard.length === 4);
  for (const event of heard) expect(event).toEqual({ kind: 'created', id: 'a1', name: 'vnc_ação', labels: LABELS, at: '2026-11-23T02:01:14.384Z' });
});

test.each([
  ['died', { containerExitCode: '137', podId: '' }, { kind: 'died', exitCode: 137 }],
  ['die', { exitCode: '7' }, { kind: 'died', exitCode: 7 }],
  ['remove', { containerExitCode: '0', podId: '' }, { kind: 'removed' }],
  ['destroy', {}, { kind: 'removed' }],
  ['rename', { oldName: '/vnc_1', name: 'vnc_2' }, { kind: 'renamed', name: 'vnc_2' }],
  ['pause', {}, { kind: 'paused' }],
  ['unpause', {}, { kind: 'unpaused' }],
  ['start', {}, { kind: 'started' }],
])("an engine's %s is told in core's words", async (Action, attributes, expected) => {
  const { answer, heard } = await listening();
  answer.write(`${JSON.stringify({ ...MADE, Action, Actor: { ID: 'a1', Attributes: { ...MADE.Actor.Attributes, ...attributes } } })}\n`);
  await eventually(() => heard.length === 1);
  const [event] = heard;
  expect(event).toEqual({ id: 'a1', name: 'vnc_ação', labels: LABELS, at: event?.at, ...expected });
});

test('what an engine tells unasked is passed over: other verbs, other kinds, other labels', async () => {
  const { answer, heard } = await listening();
  const others = [
    { ...MADE, Action: 'exec_start: cat' },
    { ...MADE, Type: 'network' },
    { ...MADE, Actor: { ID: 'b2', Attributes: { 'io.vncctl.instance': 'other', name: 'x' } } },
  ];
  for (const event of [...others, MADE]) answer.write(`${JSON.stringify(event)}\n`);
  await eventually(() => heard.length > 0);
  expect(heard.map(({ id }) => id)).toEqual(['a1']);
});

test.each<[string, (listening: Listening) => void]>([
  ['ended in good order', ({ answer }) => answer.end()],
  ['reset', ({ answer }) => answer.destroy()],
  ['cut within a line', ({ answer }) => answer.end('{"Type":"cont')],
  ['dropped because the engine is closed', ({ engine }) => engine.close()],
])('a connection that is %s is ENGINE_UNREACHABLE, and nothing stays open', async (_, lose) => {
  const its = await listening();
  lose(its);
  expect(await its.end).toMatchObject({ code: 'ENGINE_UNREACHABLE', hint: expect.any(String) as string });
  await eventually(() => its.sockets.size === 0);
});

test('a line that is no JSON ends it with ENGINE_FAILED, and nothing stays open', async () => {
  const { answer, end, sockets } = await listening();
  answer.write('what?\n');
  expect(await end).toMatchObject({ code: 'ENGINE_FAILED' });
  await eventually(() => sockets.size === 0);
});

test("an abort ends it with the signal's reason, and nothing stays open", async () => {
  const { controller, end, sockets } = await listening();
  const reason = new Error('enough');
  controller.abort(reason);
  expect(await end).toBe(reason);
  await eventually(() => sockets.size === 0);
});

test('the deadline bounds the opening and not what follows', async () => {
  const its = await listening();
  const late = its.engine.containers.events({ labels: LABELS }, { deadlineMs: 20 })[Symbol.asyncIterator]();
  await expect(late.next()).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
  its.answer.write(`${JSON.stringify(MADE)}\n`);
  await eventually(() => its.heard.length === 1);
});
