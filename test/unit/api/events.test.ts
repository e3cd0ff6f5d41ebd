// The events over the API: as a list, and as a stream that goes on where it was left.
import type { IncomingMessage } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import type { LifeEvent } from '../../../src/core/journal.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { revokeToken } from '../../../src/core/tokens.ts';
import { eventually } from '../../support/eventually.ts';
import { createTestApi, type TestApi } from '../../support/test-api.ts';

const ANA = '11144477735';
const ONE = 'bcdfghjkmnpq' as DesktopId;
const OTHER = 'zxwvtsrqpnmk' as DesktopId;
const STREAM = { accept: 'text/event-stream' };

const lifeEvent = (over: Partial<LifeEvent> = {}): LifeEvent => ({ at: '2030-01-01T12:00:00.000Z', event: 'created', desktop: ONE, cause: 'vncctl up', image: 'kiosk', client: `#${ANA}`, ...over });

interface Heard {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

interface Listener {
  response: IncomingMessage;
  heard: Heard[];
  isOver(): boolean;
}

async function listen({ open }: TestApi, path = '/api/v1/events', options: Parameters<TestApi['open']>[1] = {}): Promise<Listener> {
  const response = await open(path, { door: 'socket', ...options, headers: { ...STREAM, ...options?.headers } });
  expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
  onTestFinished(() => void response.destroy());
  const listener: Listener = { response, heard: [], isOver: () => over };
  let over = false;
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      if (field('data') !== '') listener.heard.push({ id: field('id'), event: field('event'), data: JSON.parse(field('data')) as Record<string, unknown> });
    }
  });
  response.once('close', () => (over = true));
  response.on('error', () => {});
  return listener;
}

/** Until it was told; whoever waits for nothing would see it first. */
const hears = (listener: Listener, count: number): Promise<void> => eventually(() => listener.heard.length >= count);

test('what happens is told to all who follow, with the client by name, each under its own id', async () => {
  const api = await createTestApi();
  const { desktop } = await api.up();
  const [one, other] = [await listen(api), await listen(api)];
  await api.server.tell([lifeEvent({ desktop: desktop.id }), lifeEvent({ desktop: desktop.id, event: 'ready', cause: 'it was seen' })]);
  for (const listener of [one, other]) {
    await hears(listener, 2);
    expect(listener.heard).toMatchObject([
      { event: 'created', data: { desktop: desktop.id, client: ANA, clientHash: `#${ANA}`, image: 'kiosk', cause: 'vncctl up', removeAt: null } },
      { event: 'ready', data: { cause: 'it was seen' } },
    ]);
  }
  expect(new Set(one.heard.map(({ id }) => id)).size).toBe(2);
  expect(one.heard).toEqual(other.heard);
});

test('who was away goes on behind the last one they heard', async () => {
  const api = await createTestApi();
  const first = await listen(api);
  await api.server.tell([lifeEvent()]);
  await hears(first, 1);
  first.response.destroy();
  await api.server.tell([lifeEvent({ event: 'ready' }), lifeEvent({ event: 'paused', at: '2030-01-01T12:00:01.000Z' })]);
  const again = await listen(api, undefined, { headers: { 'last-event-id': first.heard[0]?.id ?? '' } });
  await api.server.tell([lifeEvent({ event: 'woken', at: '2030-01-01T12:00:02.000Z' })]);
  await hears(again, 3);
  expect(again.heard.map(({ event }) => event)).toEqual(['ready', 'paused', 'woken']);
});

test('also under the next daemon, which has the journal alone; and what came meanwhile is told once', async () => {
  const before = await createTestApi();
  const first = await listen(before);
  const events = [lifeEvent(), lifeEvent({ event: 'ready' }), lifeEvent({ event: 'removed', at: '2030-01-01T12:00:05.000Z' })];
  await before.server.tell(events.slice(0, 1));
  await hears(first, 1);
  const next = await createTestApi();
  next.journal.events.push(lifeEvent({ at: '2030-01-01T11:59:59.000Z', event: 'renamed' }), ...events);
  const again = await listen(next, undefined, { headers: { 'last-event-id': first.heard[0]?.id ?? '' } });
  await next.server.tell([lifeEvent({ event: 'created', desktop: OTHER, at: '2030-01-01T12:00:06.000Z' })]);
  await hears(again, 3);
  expect(again.heard.map(({ event, data }) => [event, data['desktop']])).toEqual([['ready', ONE], ['removed', ONE], ['created', OTHER]]);
});

test('what happens while the journal is read is told once', async () => {
  const api = await createTestApi();
  const [first, second] = [lifeEvent(), lifeEvent({ event: 'ready' })];
  api.journal.events.push(first, second);
  const { read } = api.journal;
  api.journal.read = async (filter) => {
    await api.server.tell([second, lifeEvent({ event: 'paused' })]);
    return read(filter);
  };
  const earlier = await createTestApi();
  const before = await listen(earlier);
  await earlier.server.tell([first]);
  await hears(before, 1);
  const listener = await listen(api, undefined, { headers: { 'last-event-id': before.heard[0]?.id ?? '' } });
  await hears(listener, 2);
  await api.server.tell([lifeEvent({ event: 'woken' })]);
  await hears(listener, 3);
  expect(listener.heard.map(({ event }) => event)).toEqual(['ready', 'paused', 'woken']);
});

test.each(['nonsense', '99999999999999999-x', ''])('with the last id "%s", which nobody gave, it begins now', async (id) => {
  const api = await createTestApi();
  api.journal.events.push(lifeEvent());
  const listener = await listen(api, undefined, { headers: { 'last-event-id': id } });
  await api.server.tell([lifeEvent({ event: 'ready' })]);
  await hears(listener, 1);
  expect(listener.heard.map(({ event }) => event)).toEqual(['ready']);
});

test('of one desktop only what concerns it is told', async () => {
  const api = await createTestApi();
  const listener = await listen(api, `/api/v1/events?desktop=${OTHER}`);
  await api.server.tell([lifeEvent(), lifeEvent({ desktop: OTHER })]);
  await hears(listener, 1);
  expect(listener.heard.map(({ data }) => data['desktop'])).toEqual([OTHER]);
});

test('the way of long work is told, without a link or a client', async () => {
  const api = await createTestApi();
  const listener = await listen(api);
  const { headers } = await api.ask('POST', '/api/v1/desktops', { door: 'socket', body: { client: ANA }, headers: { prefer: 'respond-async' } });
  await eventually(() => listener.heard.some(({ data }) => data['status'] === 'done'));
  const id = headers.location?.split('/').at(-1);
  const told = listener.heard.filter(({ event }) => event === 'operation').map(({ data }) => data);
  expect(told[0]).toEqual({ operation: id, kind: 'create', status: 'running', desktop: null });
  expect(told).toContainEqual({ operation: id, kind: 'create', status: 'running', desktop: null, phase: { name: 'look', ms: 0 } });
  expect(told.at(-1)).toEqual({ operation: id, kind: 'create', status: 'done', desktop: expect.stringMatching(/^[a-z0-9]{12}$/) as string });
  expect(JSON.stringify(listener.heard)).not.toMatch(/ticket|key=|11144477735/);
});

test('a token that was taken back hears nothing more, within a quarter of a minute', async () => {
  const api = await createTestApi();
  const [secret] = [await api.token('read')];
  const listener = await listen(api, undefined, { door: 'tcp', token: secret });
  const [token] = await api.tokens.read();
  await revokeToken(api.tokens, token?.id ?? '', api.clock.now());
  await api.server.lookAround();
  await eventually(() => listener.isOver());
});

test('a read token holds a share of the streams, and all read tokens together keep no operator out', async () => {
  const api = await createTestApi();
  const follow = async (token: string): Promise<IncomingMessage> => {
    const response = await api.open('/api/v1/events', { token, headers: STREAM });
    response.on('error', () => {}).resume();
    onTestFinished(() => void response.destroy());
    return response;
  };
  const readers = await Promise.all(Array.from({ length: 5 }, () => api.token('read')));
  const opened = await Promise.all(readers.flatMap((token) => Array.from({ length: 40 }, () => follow(token))));
  const statuses = opened.map(({ statusCode }) => statusCode);
  for (const place of readers.keys()) expect(statuses.slice(40 * place, 40 * place + 40).filter((status) => status === 200).length).toBeLessThanOrEqual(32);
  expect(statuses.filter((status) => status === 200)).toHaveLength(128);
  expect(statuses.filter((status) => status === 429)).toHaveLength(5 * 40 - 128);
  const operators = [await follow(await api.token('operate')), await follow(await api.token('admin'))];
  expect(operators.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  await eventually(() => opened.filter(({ statusCode, closed }) => statusCode === 200 && closed).length === 2);
  expect(operators.map(({ closed }) => closed)).toEqual([false, false]);
});

test('what was missed is told as fast as it is read, however much it is, and then what came meanwhile', async () => {
  const api = await createTestApi();
  const many = Array.from({ length: 20_000 }, (_, place) => lifeEvent({ at: new Date(Date.parse('2030-01-01T12:00:00Z') + place).toISOString(), cause: `number ${place}` }));
  api.journal.events.push(...many);
  const listener = await listen(api, undefined, { headers: { 'last-event-id': `${Date.parse(many[0]?.at ?? '')}-000000000000` } });
  await api.server.tell([lifeEvent({ at: '2030-01-01T13:00:00.000Z', event: 'ready' })]);
  await hears(listener, many.length + 1);
  expect(listener.heard.map(({ data }) => data['cause'])).toEqual([...many.map(({ cause }) => cause), 'vncctl up']);
});

test('the streams end with the daemon', async () => {
  const api = await createTestApi();
  const listener = await listen(api);
  await api.server.stop();
  await eventually(() => listener.isOver());
});

test('pages of events of one millisecond, and of some out of order, hold each once', async () => {
  const { ask, journal } = await createTestApi();
  const at = ['11:00:00.000', '11:00:00.000', '10:59:59.999', '11:00:00.000', '11:00:00.001', '11:00:00.000', '11:00:00.002'];
  journal.events.push(...at.map((time, place) => lifeEvent({ at: `2030-01-01T${time}Z`, cause: String(place) })));
  const causes: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { events: { cause: string }[]; next: string | null } = (await ask('GET', `/api/v1/events?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`, { door: 'socket' })).json();
    causes.push(...page.events.map(({ cause }) => cause));
    cursor = page.next;
  }
  expect(causes).toEqual(at.map((_, place) => String(place)));
});

test('as a list they come oldest first, a page at a time, narrowed by time, desktop and client', async () => {
  const { ask, journal } = await createTestApi();
  journal.events.push(lifeEvent({ at: '2030-01-01T09:00:00.000Z' }), lifeEvent({ event: 'ready', at: '2030-01-01T11:00:00.000Z' }), lifeEvent({ event: 'paused', at: '2030-01-01T11:00:00.000Z' }), lifeEvent({ desktop: OTHER, client: '#nobody', at: '2030-01-01T11:30:00.000Z' }));
  const read = async (query: string) => (await ask('GET', `/api/v1/events?${query}`, { door: 'socket' })).json<{ events: { event: string; desktop: string }[]; next: string | null }>();
  const one = await read('limit=2');
  const two = await read(`limit=2&cursor=${one.next}`);
  expect([...one.events, ...two.events].map(({ event }) => event)).toEqual(['created', 'ready', 'paused', 'created']);
  expect(two.next).toBeNull();
  expect((await read('since=90m')).events).toHaveLength(3);
  expect((await read('since=2030-01-01T11:15:00Z')).events).toHaveLength(1);
  expect((await read(`desktop=${OTHER}`)).events).toHaveLength(1);
  expect((await read('client=111.444.777-35')).events).toHaveLength(3);
});
