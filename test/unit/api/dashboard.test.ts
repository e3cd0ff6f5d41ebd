import { expect, test } from 'vitest';
import type { DesktopId } from '../../../src/core/store.ts';
import { exampleViewer } from '../../support/fake-control.ts';
import { createDashboardStand, type DashboardStand } from '../../support/dashboard-stand.ts';
import { flatPicture, pictureOfPng } from '../../support/pictures.ts';
import type { OpenedHeaders } from '../../support/test-gateway.ts';
import { ANA } from '../../support/test-desktops.ts';

const NAME = `vnc_${ANA}`;

async function stand(): Promise<DashboardStand & { id: DesktopId; get(path: string, headers?: Record<string, string>): Promise<Response> }> {
  const made = await createDashboardStand({ folder: '' });
  const { desktop } = await made.api.up();
  const own = await made.signIn();
  return { ...made, id: desktop.id, get: (path, headers = {}) => fetch(`${made.origin}/api/v1/${path}`, { headers: { ...own, ...headers } }) };
}

test('whoever signed in may operate; by a link that only looks, only look', async () => {
  const made = await stand();
  const me = async (headers: OpenedHeaders) => (await fetch(`${made.origin}/api/v1/me`, { headers })).json();
  expect(await me(await made.signIn())).toEqual({ scope: 'operate' });
  const onlyLooks = await made.signIn('view-only');
  expect(await me(onlyLooks)).toEqual({ scope: 'read' });
  expect((await fetch(`${made.origin}/api/v1/desktops/${made.id}/pause`, { method: 'POST', headers: onlyLooks })).status).toBe(403);
});

test.each([
  ['of another origin, whatever it says', { origin: 'http://evil.example' }],
  ['on another port of this machine', { origin: 'http://127.0.0.1:1' }],
])('a page %s changes nothing by the session', async (_, headers: Record<string, string>) => {
  const made = await stand();
  const own = await made.signIn();
  const pause = (more: Record<string, string>) => fetch(`${made.origin}/api/v1/desktops/${made.id}/pause`, { method: 'POST', headers: { ...own, ...more } });
  expect((await pause(headers)).status).toBe(401);
  expect(made.api.engine.world.get(NAME).state).toBe('running');
  expect((await pause({})).status).toBe(200);
  expect(made.api.engine.world.get(NAME).state).toBe('paused');
});

test('even the pages that corsOrigins lists change nothing by a session: it is for the dashboard alone', async () => {
  const made = await createDashboardStand({ folder: '', settings: { corsOrigins: ['http://portal.example'] } });
  const { desktop } = await made.api.up();
  const own = await made.signIn();
  const asked = await fetch(`${made.origin}/api/v1/desktops/${desktop.id}/pause`, { method: 'OPTIONS', headers: { origin: 'http://portal.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-vncctl-session' } });
  expect(asked.headers.get('access-control-allow-headers')).not.toContain('x-vncctl');
  expect((await fetch(`${made.origin}/api/v1/desktops/${desktop.id}/pause`, { method: 'POST', headers: { cookie: own.cookie, origin: 'http://portal.example' } })).status).toBe(401);
});

test.each(['me', 'desktops', 'events', 'usage', 'settings'])('the cookie alone reads nothing: %s', async (path) => {
  const made = await stand();
  const { cookie, 'x-vncctl-session': half } = await made.signIn();
  const statusWith = async (headers: Record<string, string>): Promise<number> => (await fetch(`${made.origin}/api/v1/${path}`, { headers })).status;
  expect([await statusWith({ cookie }), await statusWith({ 'x-vncctl-session': half }), await statusWith({ cookie, 'x-vncctl-session': half })]).toEqual([401, 401, 200]);
});

test('a proxy that asks for a password in front of all leaves who signed in signed in, and lets nobody else in', async () => {
  const made = await stand();
  const authorization = `Basic ${Buffer.from('operator:of the proxy').toString('base64')}`;
  const own = await made.signIn();
  expect(await (await fetch(`${made.origin}/api/v1/me`, { headers: { ...own, authorization } })).json()).toEqual({ scope: 'operate' });
  expect((await fetch(`${made.origin}/api/v1/desktops/${made.id}/pause`, { method: 'POST', headers: { ...own, authorization } })).status).toBe(200);
  for (const headers of [{ authorization }, { authorization, cookie: own.cookie }]) expect((await fetch(`${made.origin}/api/v1/me`, { headers })).status).toBe(401);
});

test('a second sign-in of the same browser leaves the first one good', async () => {
  const made = await stand();
  const first = await made.signIn();
  const answer = await fetch(`${made.origin}/dashboard/session`, { method: 'POST', headers: { 'content-type': 'application/json', cookie: first.cookie, origin: made.origin }, body: JSON.stringify({ ticket: (await made.link()).split('#ticket=')[1] }) });
  const second = { cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '', 'x-vncctl-session': answer.headers.get('x-vncctl-session') ?? '' };
  expect(second.cookie).toBe(first.cookie);
  for (const headers of [{ ...first, cookie: second.cookie }, second]) expect((await fetch(`${made.origin}/api/v1/me`, { headers })).status).toBe(200);
});

test('a sign-in that was taken back counts for nothing from that moment on', async () => {
  const made = await stand();
  expect((await made.get('me')).status).toBe(200);
  await made.tickets.update((present) => ({ tickets: present.map((ticket) => ({ ...ticket, revokedAt: '2030-01-01T12:00:00.000Z' })), result: undefined }));
  expect((await made.get('me')).status).toBe(401);
});

test('a token of the API signs nobody in to the dashboard, and works as everywhere', async () => {
  const made = await stand();
  const token = await made.api.token('read');
  expect(await (await fetch(`${made.origin}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })).json()).toEqual({ scope: 'read' });
  expect((await fetch(`${made.origin}/api/v1/me`, { headers: { cookie: `vncctl-dashboard=${token}` } })).status).toBe(401);
});

test('usage tells who looks, when somebody last typed, and what is used; nothing that is not known as nought', async () => {
  const made = await stand();
  made.api.control.present = [exampleViewer({ desktop: made.id, lastInputAt: '2030-01-01T12:03:00.000Z' }), exampleViewer({ id: 'b1b2c3d4', desktop: made.id })];
  made.api.engine.world.get(NAME).memoryBytes = 5_000_000;
  const { desktops } = (await (await made.get('usage')).json()) as { desktops: object[] };
  expect(desktops).toEqual([{ id: made.id, viewers: 2, lastInputAt: '2030-01-01T12:03:00.000Z', cpus: null, memoryBytes: 5_000_000, memoryLimitBytes: 1024 ** 3 }]);
  made.api.engine.world.end(NAME, 0);
  made.api.clock.advance(10_000);
  expect(((await (await made.get('usage')).json()) as { desktops: object[] }).desktops).toMatchObject([{ cpus: null, memoryBytes: null, memoryLimitBytes: null }]);
});

test('a picture is a PNG that is asked about by its content, and is for pages of ours only', async () => {
  const made = await stand();
  made.screens.set(made.id, flatPicture(64, 36, 0x336699));
  const path = `desktops/${made.id}/screen.png`;
  const answer = await made.get(path);
  expect((await made.get(`desktops/${ANA}/screen.png`)).headers.get('etag')).toBe(answer.headers.get('etag'));
  expect(Object.fromEntries(answer.headers)).toMatchObject({ 'content-type': 'image/png', 'cache-control': 'private, no-cache', 'cross-origin-resource-policy': 'same-origin', 'x-vncctl-taken-at': made.api.clock.now().toISOString() });
  expect(pictureOfPng(Buffer.from(await answer.arrayBuffer()))).toEqual(flatPicture(64, 36, 0x336699));
  expect((await made.get(path, { 'if-none-match': answer.headers.get('etag') ?? '' })).status).toBe(304);
});

test('where none was taken so far there is nothing, and a width that is none is refused', async () => {
  const made = await stand();
  made.screens.set(made.id, 'none');
  expect((await made.get(`desktops/${made.id}/screen.png`)).status).toBe(204);
  expect((await made.get(`desktops/${made.id}/screen.png?width=5000`)).status).toBe(400);
});

test('whatever changes something is told to whoever follows, without naming anybody', async () => {
  const made = await stand();
  const stream = await made.get('events', { accept: 'text/event-stream' });
  const reader = (stream.body ?? expect.unreachable()).getReader();
  const own = await made.signIn();
  await fetch(`${made.origin}/api/v1/desktops/${ANA}/touch`, { method: 'POST', headers: own });
  let text = '';
  while (!text.includes('event: changed')) text += new TextDecoder().decode((await reader.read()).value);
  expect(text).toContain('data: {"by":"POST /api/v1/desktops/{desktop}/touch"}');
  expect(text).not.toContain(ANA);
  await reader.cancel();
});
