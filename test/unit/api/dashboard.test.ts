import { expect, test } from 'vitest';
import type { DesktopId } from '../../../src/core/store.ts';
import { exampleViewer } from '../../support/fake-control.ts';
import { createDashboardStand, type DashboardStand } from '../../support/dashboard-stand.ts';
import { flatPicture, pictureOfPng } from '../../support/pictures.ts';
import { ANA } from '../../support/test-desktops.ts';

const OWN = { 'x-vncctl': 'dashboard' };
const NAME = `vnc_${ANA}`;

async function stand(): Promise<DashboardStand & { id: DesktopId; get(path: string, headers?: Record<string, string>): Promise<Response> }> {
  const made = await createDashboardStand({ folder: '' });
  const { desktop } = await made.api.up();
  const cookie = await made.signIn();
  return { ...made, id: desktop.id, get: (path, headers = {}) => fetch(`${made.origin}/api/v1/${path}`, { headers: { cookie, ...headers } }) };
}

test('whoever signed in may operate; by a link that only looks, only look', async () => {
  const made = await stand();
  const me = async (cookie: string) => (await fetch(`${made.origin}/api/v1/me`, { headers: { cookie } })).json();
  expect(await me(await made.signIn())).toEqual({ scope: 'operate' });
  const onlyLooks = await made.signIn('view-only');
  expect(await me(onlyLooks)).toEqual({ scope: 'read' });
  expect((await fetch(`${made.origin}/api/v1/desktops/${made.id}/pause`, { method: 'POST', headers: { cookie: onlyLooks, ...OWN } })).status).toBe(403);
});

test.each([
  ['without what shows that it is its own', {}],
  ['of another origin, whatever it says', { ...OWN, origin: 'http://evil.example' }],
  ['on another port of this machine', { ...OWN, origin: 'http://127.0.0.1:1' }],
])('a page %s changes nothing by the cookie', async (_, headers: Record<string, string>) => {
  const made = await stand();
  const cookie = await made.signIn();
  const pause = (more: Record<string, string>) => fetch(`${made.origin}/api/v1/desktops/${made.id}/pause`, { method: 'POST', headers: { cookie, ...more } });
  expect((await pause(headers)).status).toBe(401);
  expect(made.api.engine.world.get(NAME).state).toBe('running');
  expect((await pause(OWN)).status).toBe(200);
  expect(made.api.engine.world.get(NAME).state).toBe('paused');
});

test('even the pages that corsOrigins lists change nothing by the cookie: it is for the dashboard alone', async () => {
  const made = await createDashboardStand({ folder: '', settings: { corsOrigins: ['http://portal.example'] } });
  const { desktop } = await made.api.up();
  const cookie = await made.signIn();
  const asked = await fetch(`${made.origin}/api/v1/desktops/${desktop.id}/pause`, { method: 'OPTIONS', headers: { origin: 'http://portal.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-vncctl' } });
  expect(asked.headers.get('access-control-allow-headers')).not.toContain('x-vncctl');
  expect((await fetch(`${made.origin}/api/v1/desktops/${desktop.id}/pause`, { method: 'POST', headers: { cookie, origin: 'http://portal.example' } })).status).toBe(401);
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
  const cookie = await made.signIn();
  await fetch(`${made.origin}/api/v1/desktops/${ANA}/touch`, { method: 'POST', headers: { cookie, ...OWN } });
  let text = '';
  while (!text.includes('event: changed')) text += new TextDecoder().decode((await reader.read()).value);
  expect(text).toContain('data: {"by":"POST /api/v1/desktops/{desktop}/touch"}');
  expect(text).not.toContain(ANA);
  await reader.cancel();
});
