// The provider of curated desktops: a desktop for a uid, and the WebSocket of its screen.
import { expect, test } from 'vitest';
import { dialectsExtension } from '../../../../src/api/dialects/dialects.ts';
import { eventually } from '../../../support/eventually.ts';
import { createTestApi } from '../../../support/test-api.ts';

const UID = '7f1c2c0e-5b0e-4a5e-9c53-0d6a3c1f2b4d';
const open = () => createTestApi({ settings: { auth: 'none', clientIds: 'any' }, extensions: [dialectsExtension(['curated-desktops'])] });
const URL_FORM = expect.stringMatching(/^ws:\/\/127\.0\.0\.1:8080\/websockify\?token=[a-z0-9]+\.[A-Za-z0-9_-]{22}$/);

test('a container is made, and the same one is answered while it is there', async () => {
  const { ask, engine } = await open();
  const none = await ask('GET', `/api/vm/ws/${UID}`);
  expect({ status: none.status, body: none.json() }).toEqual({ status: 200, body: { details: `no container exists for ${UID}` } });
  const made = await ask('POST', `/api/vm/any/${UID}`, { body: {} });
  expect({ status: made.status, body: made.json() }).toEqual({ status: 200, body: { url: URL_FORM, uid: UID } });
  for (const [method, path] of [['POST', `/api/vm/any/${UID}`], ['GET', `/api/vm/ws/${UID}`]] as const) expect((await ask(method, path)).json()).toEqual(made.json());
  expect((await ask('GET', '/api/vm')).json()).toEqual([made.json()]);
  expect(await engine.containers.list({ labels: {} })).toHaveLength(1);
});

test('one that has ended is started again', async () => {
  const { ask, engine } = await open();
  await ask('POST', `/api/vm/any/${UID}`, { body: {} });
  const [container] = await engine.containers.list({ labels: {} });
  if (!container) throw new Error('nothing was made');
  await engine.containers.stop(container.id, 0);
  expect((await ask('POST', `/api/vm/any/${UID}`, { body: {} })).json()).toMatchObject({ uid: UID, url: URL_FORM });
  expect((await engine.containers.list({ labels: {} })).map(({ state }) => state)).toEqual(['running']);
});

test('a container that is on its way out is waited for, and then there is one', async () => {
  const { ask, engine } = await open();
  await ask('POST', `/api/vm/any/${UID}`, { body: {} });
  const [old] = await engine.containers.list({ labels: {} });
  if (!old) throw new Error('nothing was made');
  let letGo = (): void => {};
  engine.world.removalGate = new Promise((resolve) => (letGo = resolve));
  const removal = engine.containers.remove(old.id);
  await eventually(() => engine.world.all[0]?.state === 'removing');
  expect((await ask('GET', `/api/vm/ws/${UID}`)).json()).toHaveProperty('details');
  const seen = engine.calls.log.length;
  const asked = ask('POST', `/api/vm/any/${UID}`, { body: {} });
  await eventually(() => engine.calls.log.slice(seen).filter((call) => call.startsWith('containers.find')).length > 3);
  expect(engine.calls.log.slice(seen).filter((call) => call.startsWith('containers.create'))).toEqual([]);
  letGo();
  await removal;
  const answer = await asked;
  expect({ status: answer.status, body: answer.json() }).toEqual({ status: 200, body: { url: URL_FORM, uid: UID } });
  const now = await engine.containers.list({ labels: {} });
  expect(now.map(({ state }) => state)).toEqual(['running']);
  expect(now[0]?.id).not.toBe(old.id);
});

test.each(['allocate', 'Allocate', 'any', 'all', 'list', 'cb', 'undefined', '%20'])('the reserved word %s gives each who sends it a desktop and a uid of their own', async (word) => {
  const { ask, engine } = await open();
  const answers = await Promise.all([1, 2].map(async () => (await ask('POST', `/api/vm/any/${word}`, { body: {} })).json()));
  for (const answer of answers) expect(answer).toEqual({ url: URL_FORM, uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/) as string });
  expect(new Set(answers.map(({ uid }) => uid)).size).toBe(2);
  expect(new Set(answers.map(({ url }) => url)).size).toBe(2);
  expect(await engine.containers.list({ labels: {} })).toHaveLength(2);
  for (const answer of answers) expect((await ask('GET', `/api/vm/ws/${answer.uid}`)).json()).toEqual(answer);
  expect((await ask('GET', `/api/vm/ws/${word}`)).json()).toHaveProperty('details');
});

test('a reserved word gives nothing where only a CPF is a client', async () => {
  const { ask, settings, engine } = await open();
  settings.clientIds = 'cpf';
  const { status, json } = await ask('POST', '/api/vm/any/allocate', { body: {} });
  expect({ status, body: json() }).toEqual({ status: 400, body: { details: expect.stringContaining('A CPF is expected') as string } });
  expect(await engine.containers.list({ labels: {} })).toEqual([]);
});

test('failures are told as details', async () => {
  const { ask, settings } = await open();
  settings.clientIds = 'cpf';
  const { status, json } = await ask('POST', `/api/vm/any/${UID}`, { body: {} });
  expect({ status, body: json() }).toEqual({ status: 400, body: { details: expect.stringContaining('is not a CPF') } });
});

test('the same address is told again, until its share is taken back or half of its time is over', async () => {
  const { ask, clock, tickets } = await open();
  const told = async (): Promise<unknown> => (await ask('POST', `/api/vm/any/${UID}`, { body: {} })).json().url;
  const first = await told();
  expect(await told()).toBe(first);
  expect(tickets.filter(({ kind }) => kind === 'share')).toHaveLength(1);
  clock.advance(13 * 3_600_000);
  const second = await told();
  expect(second).not.toBe(first);
  const last = tickets.at(-1);
  if (!last) throw new Error('no ticket was made');
  tickets.splice(tickets.length - 1, 1, { ...last, revokedAt: clock.now().toISOString() });
  expect(await told()).not.toBe(second);
});
