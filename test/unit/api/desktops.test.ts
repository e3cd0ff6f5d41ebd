// Desktops over the API, on fakes.
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { dialectsExtension } from '../../../src/api/dialects/dialects.ts';
import { RawAnswer, route } from '../../../src/api/route.ts';
import { ANSWERS } from '../../../src/api/schemas.ts';
import { comesTrue, eventually } from '../../support/eventually.ts';
import { createTestApi, locationOf } from '../../support/test-api.ts';
import { clients } from '../../support/test-desktops.ts';

const ANA = '111.444.777-35';
const door = 'socket';

interface Made {
  id: string;
  url: string;
}

test('one is made, listed, looked at and removed', async () => {
  const { ask, token, engine } = await createTestApi();
  const operator = await token('operate');
  const made = await ask('POST', '/api/v1/desktops', { token: operator, body: { client: ANA } });
  expect(made.json()).toMatchObject({ outcome: 'created', client: '11144477735', door: 'gateway', status: 'ready', notes: [] });
  const { id, url } = made.json<Made>();
  expect(url).toMatch(new RegExp(`^http://127.0.0.1:8080/d/${id}/#ticket=`));
  expect((await ask('GET', '/api/v1/desktops', { token: operator })).json()).toMatchObject({ desktops: [{ id, client: '11144477735', url: `http://127.0.0.1:8080/d/${id}/` }], next: null });
  for (const name of [id, ANA, '11144477735']) expect((await ask('GET', `/api/v1/desktops/${name}`, { token: operator })).json()).toMatchObject({ id });
  expect((await ask('DELETE', `/api/v1/desktops/${id}`, { token: operator })).json()).toMatchObject({ removed: [{ id, removed: true }] });
  expect(await engine.containers.list({ labels: {} })).toEqual([]);
});

test('whoever asks for a desktop, or for theirs to start again, is known to wait until they have it', async () => {
  const { ask, engine, waiting } = await createTestApi();
  const waited: boolean[] = [];
  engine.calls.before('containers.start', async () => void waited.push(waiting.isAnybody()));
  await ask('POST', '/api/v1/desktops', { door, body: { client: ANA } });
  await ask('POST', `/api/v1/desktops/${ANA}/restart`, { door });
  expect(waited).toEqual([true, true]);
  expect(waiting.isAnybody()).toBe(false);
});

test('each answer has the form that the document tells', async () => {
  const { ask, control } = await createTestApi();
  const check = async (schema: z.ZodType, method: string, path: string, body?: unknown): Promise<void> => {
    const answer = await ask(method, path, { door, body });
    expect(answer.status, answer.body).toBeLessThan(300);
    expect(schema.safeParse(answer.json()).error?.issues, `${method} ${path}`).toBeUndefined();
  };
  await check(ANSWERS.CreatedDesktop, 'POST', '/api/v1/desktops', { client: ANA });
  const { desktops: [{ id } = { id: '' }] } = (await ask('GET', '/api/v1/desktops', { door })).json<{ desktops: Made[] }>();
  control.present = [{ id: 'v', desktop: id as never, mode: 'full', address: '192.0.2.7', since: '2030-01-01T12:00:00.000Z', lastInputAt: null, ticket: 't' }];
  await check(ANSWERS.DesktopList, 'GET', '/api/v1/desktops');
  await check(ANSWERS.DesktopFacts, 'GET', `/api/v1/desktops/${id}`);
  await check(ANSWERS.Explanation, 'GET', `/api/v1/desktops/${id}/why`);
  await check(ANSWERS.Link, 'POST', `/api/v1/desktops/${id}/open`);
  await check(ANSWERS.Touched, 'POST', `/api/v1/desktops/${id}/touch`, { for: '2h' });
  await check(ANSWERS.Desktop, 'POST', `/api/v1/desktops/${id}/pause`);
  await check(ANSWERS.Desktop, 'POST', `/api/v1/desktops/${id}/wake`);
  await check(ANSWERS.CreatedDesktop, 'POST', `/api/v1/desktops/${id}/restart`);
  await check(ANSWERS.ViewerList, 'GET', `/api/v1/desktops/${id}/viewers`);
  await check(ANSWERS.ViewerList, 'GET', '/api/v1/viewers');
  await check(ANSWERS.Viewer, 'DELETE', `/api/v1/desktops/${id}/viewers/v`);
  await check(ANSWERS.NewShare, 'POST', '/api/v1/shares', { desktop: ANA, mode: 'view-only', for: '1h', uses: 2 });
  const { shares: [share] } = (await ask('GET', '/api/v1/shares', { door })).json<{ shares: Made[] }>();
  await check(ANSWERS.ShareList, 'GET', '/api/v1/shares');
  await check(ANSWERS.RevokedShare, 'DELETE', `/api/v1/shares/${share?.id}`);
  for (const [schema, path] of [[ANSWERS.ImageList, 'images'], [ANSWERS.EventList, 'events'], [ANSWERS.Stats, 'stats'], [ANSWERS.SettingList, 'settings'], [ANSWERS.Health, 'health']] as const) await check(schema, 'GET', `/api/v1/${path}`);
  await check(ANSWERS.Removals, 'DELETE', `/api/v1/desktops/${id}`);
  await check(ANSWERS.Removals, 'DELETE', '/api/v1/desktops?confirm=all');
});

test('what is asked for is what is made: page, size, limits, settings and lease', async () => {
  const { ask, engine } = await createTestApi();
  const body = { client: ANA, url: 'https://example.org/', size: '390x844', cpus: 1.5, memory: '512m', env: { MOTTO: 'hello' }, lease: { idle: '30m', removeAfter: 'never' }, direct: true };
  const made = await ask('POST', '/api/v1/desktops', { door, body });
  expect(made.json()).toMatchObject({ door: 'direct', hostPort: 5000, lease: { idle: { length: '30m', from: 'up' }, removeAfter: { length: 'never', from: 'up' } } });
  const [container] = await engine.containers.list({ labels: {} });
  expect(await engine.containers.find(container?.id ?? '')).toMatchObject({ env: { KIOSK_URL: 'https://example.org/', WIDTH: '390', HEIGHT: '844', MOTTO: 'hello' }, limits: { cpus: 1.5, memoryBytes: 512 * 1024 ** 2 } });
});

test('a client that looks mistyped is taken with a note', async () => {
  const { ask } = await createTestApi();
  expect((await ask('POST', '/api/v1/desktops', { door, body: { client: '111.222.333-44' } })).json()).toMatchObject({ client: '11122233344', notes: ['the check digits of 111.222.333-44 are wrong; taken as typed'] });
});

test('fifty at once for one client make one desktop, and for fifty clients fifty', async () => {
  const one = await createTestApi();
  const made = await Promise.all(Array.from({ length: 50 }, () => one.ask('POST', '/api/v1/desktops', { door, body: { client: ANA } })));
  expect(new Set(made.map((answer) => `${answer.status} ${answer.json<Made>().id}`)).size).toBe(1);
  expect(await one.engine.containers.list({ labels: {} })).toHaveLength(1);
  const many = await createTestApi();
  const each = await Promise.all(clients(50).map((client) => many.ask('POST', '/api/v1/desktops', { door, body: { client } })));
  expect(each.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
  expect(await many.engine.containers.list({ labels: {} })).toHaveLength(50);
});

test('one more than may wait is turned away, and the others are served in their turn', async () => {
  const held: (() => void)[] = [];
  const slow = route({ method: 'POST', path: '/slow', access: 'open', tag: 'Test', summary: 'waits', hidden: true, answer: { type: 'text/plain', about: '' }, long: 'wait', gate: { running: 2, waiting: 1 }, handle: () => new Promise<RawAnswer>((resolve) => void held.push(() => resolve(new RawAnswer({ body: 'served' })))) });
  const { ask } = await createTestApi({ extensions: [() => ({ routes: [slow] })] });
  const asked = [ask('POST', '/slow'), ask('POST', '/slow'), ask('POST', '/slow')];
  await comesTrue('one is turned away', async () => (await ask('POST', '/slow')).status === 429);
  expect(held).toHaveLength(2);
  held[0]?.();
  await eventually(() => held.length === 3);
  for (const end of held) end();
  expect((await Promise.all(asked)).map(({ body }) => body)).toEqual(['served', 'served', 'served']);
});

test('long work answers at once when asked, and is looked up by whoever began it', async () => {
  const { ask, token } = await createTestApi();
  const [operator, other, admin] = [await token('operate'), await token('operate'), await token('admin')];
  const begun = await ask('POST', '/api/v1/desktops', { token: operator, body: { client: ANA }, headers: { prefer: 'respond-async' } });
  expect(begun.status).toBe(202);
  expect(begun.headers).toMatchObject({ 'preference-applied': 'respond-async', location: expect.stringMatching(/^\.\.\/\.\.\/api\/v1\/operations\/[0-9a-f]{16}$/) as string });
  expect(begun.json()).toMatchObject({ kind: 'create', status: 'running', result: null, error: null });
  const place = locationOf(begun, '/api/v1/desktops');
  expect(place).toMatch(/^\/api\/v1\/operations\/[0-9a-f]{16}$/);
  const stateFor = async (secret: string) => ask('GET', place, { token: secret });
  await comesTrue('it is done', async () => (await stateFor(operator)).json()['status'] === 'done');
  const done = await stateFor(operator);
  expect(ANSWERS.Operation.safeParse(done.json()).success).toBe(true);
  expect(done.json()).toMatchObject({ status: 'done', phases: expect.arrayContaining([expect.objectContaining({ name: 'look' })]) as unknown, result: { outcome: 'created', url: expect.stringContaining('#ticket=') as string } });
  expect((await stateFor(other)).status).toBe(404);
  expect((await stateFor(admin)).status).toBe(200);
});

test('the operation of what is done to one desktop is found from there, and from the address of another system', async () => {
  const { ask, up } = await createTestApi({ extensions: [dialectsExtension(['kiosk-orchestrator'])] });
  await up();
  const headers = { prefer: 'respond-async' };
  for (const [method, path] of [['GET', `/access?id=${ANA}`], ['POST', `/api/v1/desktops/${ANA}/restart`], ['DELETE', `/api/v1/desktops/${ANA}`]] as const) {
    const place = locationOf(await ask(method, path, { door, headers }), path);
    await comesTrue('it is done', async () => (await ask('GET', place, { door })).json()['status'] === 'done');
  }
});

test.each(['constructor', 'toString', 'valueOf'])('a setting %s is none, though every object has one', async (name) => {
  const { ask, engine } = await createTestApi();
  const { status, json } = await ask('POST', '/api/v1/desktops', { door, body: { client: ANA, env: { [name]: 'x' } } });
  expect({ status, body: json() }).toMatchObject({ status: 400, body: { error: { code: 'USAGE', message: expect.stringContaining(`has no setting ${name}`) } } });
  expect(await engine.containers.list({ labels: {} })).toEqual([]);
});

test('what fails later is told by its operation', async () => {
  const { ask } = await createTestApi();
  const begun = await ask('POST', '/api/v1/desktops', { door, body: { client: ANA, env: { NONE: 'x' } }, headers: { prefer: 'wait=5, respond-async' } });
  const place = locationOf(begun, '/api/v1/desktops');
  await comesTrue('it has failed', async () => (await ask('GET', place, { door })).json()['status'] === 'failed');
  expect((await ask('GET', place, { door })).json()).toMatchObject({ result: null, error: { code: 'USAGE' } });
});

test('the same Idempotency-Key with the same content gets the same answer, for whoever sent it; with another content a conflict', async () => {
  const { ask, token, tickets } = await createTestApi();
  const [one, other] = [await token('operate'), await token('operate')];
  const send = (secret: string, client: string) => ask('POST', '/api/v1/desktops', { token: secret, body: { client }, headers: { 'idempotency-key': 'k-1' } });
  const [first, again] = await Promise.all([send(one, ANA), send(one, ANA)]);
  expect(again.body).toBe(first.body);
  expect([first, again].filter(({ headers }) => headers['idempotency-replayed'] === 'true')).toHaveLength(1);
  expect(tickets).toHaveLength(1);
  expect((await send(other, ANA)).body).not.toBe(first.body);
  const conflict = await send(one, '529.982.247-25');
  expect([conflict.status, conflict.json()]).toMatchObject([409, { error: { code: 'IDEMPOTENCY_CONFLICT' } }]);
});

test('a key is forgotten after a day, and at once after a failure', async () => {
  const { ask, clock } = await createTestApi();
  const send = (body: object) => ask('POST', '/api/v1/desktops', { door, body, headers: { 'idempotency-key': 'k' } });
  expect((await send({ client: ANA, image: 'none' })).status).toBe(404);
  const made = await send({ client: ANA });
  expect(made.status).toBe(200);
  clock.advance(86_400_000);
  expect((await send({ client: ANA })).body).toBe(made.body);
  clock.advance(1);
  expect((await send({ client: ANA })).body).not.toBe(made.body);
});

test('a page at a time shows each once, also when one goes in between', async () => {
  const { ask, up, clock } = await createTestApi();
  const [first, ...rest] = clients(7);
  for (const client of [first, ...rest]) {
    if (client) await up({ client });
    clock.advance(1000);
  }
  const read = async (cursor?: string) => (await ask('GET', `/api/v1/desktops?limit=3${cursor === undefined ? '' : `&cursor=${cursor}`}`, { door })).json<{ desktops: { client: string }[]; next: string | null }>();
  const one = await read();
  const last = one.desktops[2]?.client ?? '';
  await ask('DELETE', `/api/v1/desktops/${last}`, { door });
  const two = await read(one.next ?? '');
  const three = await read(two.next ?? '');
  expect([one, two, three].map(({ desktops }) => desktops.length)).toEqual([3, 3, 1]);
  expect([one, two, three].flatMap(({ desktops }) => desktops.map(({ client }) => client))).toEqual(clients(7));
  expect(three.next).toBeNull();
});

test('a list is narrowed by status, image and client', async () => {
  const { ask, up } = await createTestApi();
  const [one, two] = clients(2);
  if (!one || !two) return expect.unreachable();
  await up({ client: one });
  await up({ client: two });
  await ask('POST', `/api/v1/desktops/${two}/pause`, { door });
  const found = async (query: string) => (await ask('GET', `/api/v1/desktops?${query}`, { door })).json<{ desktops: { client: string }[] }>().desktops.map(({ client }) => client);
  expect(await found('status=paused')).toEqual([two]);
  expect(await found('status=ready&image=kiosk')).toEqual([one]);
  expect(await found(`client=${one}`)).toEqual([one]);
  expect(await found('image=none')).toEqual([]);
});

test('what is still right is not sent again', async () => {
  const { ask, up } = await createTestApi();
  await up();
  const first = await ask('GET', '/api/v1/desktops', { door });
  const tag = first.headers.etag ?? '';
  for (const known of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
    const again = await ask('GET', '/api/v1/desktops', { door, headers: { 'if-none-match': known } });
    expect([again.status, again.body, again.headers.etag]).toEqual([304, '', tag]);
  }
  await ask('POST', `/api/v1/desktops/${ANA}/pause`, { door });
  expect((await ask('GET', '/api/v1/desktops', { door, headers: { 'if-none-match': tag } })).status).toBe(200);
});

test('with mask no answer spells a client', async () => {
  const { ask, up, control } = await createTestApi({ settings: { mask: true } });
  const { desktop } = await up();
  control.present = [{ id: 'v', desktop: desktop.id, mode: 'full', address: '192.0.2.7', since: '2030-01-01T12:00:00.000Z', lastInputAt: null, ticket: 't' }];
  await ask('POST', '/api/v1/shares', { door, body: { desktop: desktop.id } });
  for (const path of ['desktops', `desktops/${desktop.id}`, `desktops/${desktop.id}/why`, 'viewers', 'shares', 'stats', 'events']) {
    expect((await ask('GET', `/api/v1/${path}`, { door })).body).not.toContain('11144477735');
  }
});

test('all are removed only when it is confirmed', async () => {
  const { ask, up, token } = await createTestApi();
  for (const client of clients(3)) await up({ client });
  const admin = await token('admin');
  expect((await ask('DELETE', '/api/v1/desktops?confirm=yes', { token: admin })).status).toBe(400);
  expect((await ask('GET', '/api/v1/stats', { token: admin })).json()).toMatchObject({ desktops: { total: 3, byStatus: { ready: 3 }, byImage: { kiosk: 3 } } });
  expect((await ask('DELETE', '/api/v1/desktops?confirm=all', { token: admin })).json<{ removed: unknown[] }>().removed).toHaveLength(3);
  expect((await ask('GET', '/api/v1/desktops', { token: admin })).json()).toEqual({ desktops: [], next: null });
});

test('pause freezes and wake has it run on, and neither does it twice', async () => {
  const { ask, up, engine } = await createTestApi();
  await up();
  for (const action of ['pause', 'pause', 'wake', 'wake']) expect((await ask('POST', `/api/v1/desktops/${ANA}/${action}`, { door })).json()).toMatchObject({ status: action === 'pause' ? 'paused' : 'ready' });
  expect(engine.calls.log.filter((call) => call.includes('pause')).map((call) => call.split(' ')[0])).toEqual(['containers.pause', 'containers.unpause']);
});

test('of one that is gone, why tells what became of it', async () => {
  const { ask, journal } = await createTestApi();
  journal.events.push({ at: '2030-01-01T11:00:00.000Z', event: 'removed', desktop: 'bcdfghjkmnpq' as never, cause: 'no viewer for 8h', client: '#11144477735' });
  const { status, body } = await ask('GET', `/api/v1/desktops/${ANA}/why`, { door });
  expect(status).toBe(404);
  expect(body).toContain('the last one was removed at 2030-01-01T11:00:00.000Z: no viewer for 8h');
});

test('a viewer of another desktop is not ended by a slip', async () => {
  const { ask, up, control } = await createTestApi();
  const [one, two] = clients(2);
  if (!one || !two) return expect.unreachable();
  const [{ desktop }] = [await up({ client: one }), await up({ client: two })];
  control.present = [{ id: 'v', desktop: desktop.id, mode: 'full', address: '192.0.2.7', since: '2030-01-01T12:00:00.000Z', lastInputAt: null, ticket: 't' }];
  expect((await ask('DELETE', `/api/v1/desktops/${two}/viewers/v`, { door })).status).toBe(404);
  expect((await ask('DELETE', `/api/v1/desktops/${one}/viewers/v?revoke=true`, { door })).json()).toMatchObject({ id: 'v', client: one });
  expect(control.ended).toEqual(['v and its link']);
});

test('a daemon that does its work is well, one that can not is not', async () => {
  const api = await createTestApi();
  expect(await api.ask('GET', '/api/v1/health')).toMatchObject({ status: 200 });
  api.readiness = { ready: false, reason: 'the engine is not reachable' };
  const { status, body } = await api.ask('GET', '/api/v1/health');
  expect([status, JSON.parse(body)]).toEqual([503, { healthy: true, ready: false, reason: 'the engine is not reachable', counts: {}, version: '0.0.0' }]);
});

test('what is under way when the daemon stops is undone first', async () => {
  const { ask, server, engine, probe, stop } = await createTestApi();
  probe.reaches = 'running';
  const asked = ask('POST', '/api/v1/desktops', { door, body: { client: ANA } });
  await comesTrue('it is being made', async () => (await engine.containers.list({ labels: {} })).length === 1);
  stop();
  await server.stop();
  expect(await engine.containers.list({ labels: {} })).toEqual([]);
  expect((await asked).status).toBe(503);
});

test.each([{ cpus: 900 }, { cpus: 1e-10 }, { memory: '1k' }, { memory: '900t' }])('%j is more or less than any desktop gets here, and makes none', async (wish) => {
  const { ask, engine } = await createTestApi();
  const { status, json } = await ask('POST', '/api/v1/desktops', { door, body: { client: ANA, ...wish } });
  expect({ status, body: json() }).toMatchObject({ status: 400, body: { error: { code: 'USAGE' } } });
  expect(engine.world.all).toEqual([]);
});
