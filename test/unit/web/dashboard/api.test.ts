import { expect, test } from 'vitest';
import { ApiFailure, createApi } from '../../../../src/web/dashboard/api.ts';

/** An API that is given these answers, one after the other, and what it asked. */
function asking(...answers: Response[]) {
  const kept: string[] = ['a-half'];
  const half = { get: () => kept.at(-1), keep: (given: string) => void kept.push(given), forget: () => void kept.splice(0) };
  const asked: { path: string; init: RequestInit }[] = [];
  const api = createApi(async (path, init = {}) => {
    asked.push({ path: String(path), init });
    return answers.shift() ?? Response.json({});
  }, half, () => 'a-key');
  return { api, asked, half };
}

test('each request shows that it is the page\'s own, and none leaves its place', async () => {
  const { api, asked } = asking();
  await api.act('bcdf', 'pause');
  expect(asked).toEqual([{ path: 'api/v1/desktops/bcdf/pause', init: { method: 'POST', headers: { 'x-vncctl-session': 'a-half' } } }]);
});

test('the half that comes with a sign-in is sent from then on, with the stream of events too, and forgotten with the sign-out', async () => {
  const { api, asked, half } = asking(new Response(null, { status: 204, headers: { 'x-vncctl-session': 'another' } }));
  await api.signIn('t');
  await api.picture('bcdf', 480, new AbortController().signal);
  await api.events('7-a', new AbortController().signal);
  expect(asked.slice(1).map(({ init }) => init.headers)).toEqual([{ 'x-vncctl-session': 'another' }, { accept: 'text/event-stream', 'x-vncctl-session': 'another', 'last-event-id': '7-a' }]);
  await api.signOut();
  expect(half.get()).toBeUndefined();
});

test('a desktop is asked for once, however often it is sent, and answered at once', async () => {
  const { api, asked } = asking();
  await api.create({ client: '1', image: 'kiosk' });
  expect(asked[0]?.init.headers).toEqual({ 'x-vncctl-session': 'a-half', 'content-type': 'application/json', prefer: 'respond-async', 'idempotency-key': 'a-key' });
});

test('a long list is read page by page', async () => {
  const { api, asked } = asking(Response.json({ desktops: [{ id: 'a' }], next: 'x1' }), Response.json({ desktops: [{ id: 'b' }], next: null }));
  expect(await api.desktops()).toEqual([{ id: 'a' }, { id: 'b' }]);
  expect(asked.map(({ path }) => path)).toEqual(['api/v1/desktops?limit=1000', 'api/v1/desktops?limit=1000&cursor=x1']);
});

test('a page that goes away asks for a removal that outlives it', async () => {
  const { api, asked } = asking();
  await api.remove('bcdf', true);
  expect(asked[0]?.init).toMatchObject({ method: 'DELETE', keepalive: true, headers: { 'x-vncctl-session': 'a-half', prefer: 'respond-async' } });
});

test('a failure is told in the words of the API, and one without words by its status', async () => {
  const { api } = asking(Response.json({ error: { code: 'X', message: 'no room', hint: 'make some' } }, { status: 429 }), new Response('<html>', { status: 502 }));
  await expect(api.host()).rejects.toMatchObject({ message: 'no room', hint: 'make some', status: 429 });
  await expect(api.host()).rejects.toEqual(new ApiFailure(502, { message: 'HTTP 502', hint: null }));
});

test('a ticket is taken or not; a daemon that fails is neither', async () => {
  const { api } = asking(new Response(null, { status: 204 }), Response.json({}, { status: 401 }), Response.json({}, { status: 503 }));
  expect([await api.signIn('t'), await api.signIn('t')]).toEqual([true, false]);
  await expect(api.signIn('t')).rejects.toBeInstanceOf(ApiFailure);
});

test('where there is no picture there is none', async () => {
  const { api } = asking(new Response(null, { status: 204 }), new Response('png', { headers: { etag: '"a"' } }));
  const signal = new AbortController().signal;
  expect(await api.picture('bcdf', 480, signal)).toBeUndefined();
  expect(await api.picture('bcdf', 480, signal)).toMatchObject({ tag: '"a"' });
});

test('the image that is taken where none is named is the one of the settings', async () => {
  const { api } = asking(Response.json({ settings: [{ name: 'host', value: 'x' }, { name: 'image', value: 'firefox-kiosk' }] }), Response.json({ settings: [] }));
  expect([await api.defaultImage(), await api.defaultImage()]).toEqual(['firefox-kiosk', undefined]);
});
