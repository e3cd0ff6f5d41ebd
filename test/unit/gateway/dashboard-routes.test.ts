import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { createDashboardStand, type DashboardStand } from '../../support/dashboard-stand.ts';

const PAGE = '<!doctype html><html lang="en"><link rel="stylesheet" href="dashboard/dashboard.css"><script type="module" src="dashboard/dashboard.js"></script>';

async function stand(front: { publicUrl?: string; trustedProxies?: string[] } = {}): Promise<DashboardStand> {
  const folder = mkdtempSync(join(tmpdir(), 'vncctl-dashboard-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of [['index.html', PAGE], ['dashboard.js', 'go()'], ['dashboard.css', 'p {}']] as const) writeFileSync(join(folder, name), content);
  return createDashboardStand({ folder, ...front });
}

const exchange = ({ origin }: DashboardStand, ticket: string, headers: Record<string, string> = {}) =>
  fetch(`${origin}/dashboard/session`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ ticket }) });
const removed = (home: string): string[] => ['api/v1', 'dashboard'].map((path) => `vncctl-dashboard=; Path=${home}${path}/; Max-Age=0; HttpOnly; SameSite=Strict`);
const ticketOf = (link: string): string => link.split('#ticket=')[1] ?? '';

test('the page is there for everybody, kept by nobody, and may load nothing but its own', async () => {
  const { origin } = await stand();
  const answer = await fetch(`${origin}/`);
  const page = await answer.text();
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; .*frame-ancestors 'none'$/);
  expect(page).toMatch(/href="dashboard\/dashboard\.css\?v=[0-9a-f]{20}"/);
  const script = /dashboard\/dashboard\.js\?v=[0-9a-f]{20}/.exec(page)?.[0] ?? expect.unreachable();
  const file = await fetch(`${origin}/${script}`, { headers: { 'accept-encoding': 'br' } });
  expect([file.headers.get('cache-control'), file.headers.get('content-encoding'), await file.text()]).toEqual(['public, max-age=31536000, immutable', 'br', 'go()']);
});

test.each([
  ['GET', '/dashboard/other.js', 404],
  ['GET', '/dashboard/../index.html', 404],
  ['GET', '/dashboard/index.html', 404],
  ['POST', '/', 405],
  ['GET', '/dashboard/session', 405],
  ['PUT', '/dashboard/session', 405],
])('%s %s is answered with %i', async (method, path, status) => {
  const { origin } = await stand();
  expect((await fetch(`${origin}${path}`, { method })).status).toBe(status);
});

test('a ticket is traded for a session once: its cookie is out of reach of scripts, and for the API and the sign-in only', async () => {
  const made = await stand();
  const ticket = ticketOf(await made.link());
  const answer = await exchange(made, ticket);
  expect(answer.status).toBe(204);
  const cookies = answer.headers.getSetCookie();
  for (const cookie of cookies) expect(cookie).toMatch(/^vncctl-dashboard=[^;]+; Path=\/(api\/v1|dashboard)\/; Max-Age=604800; HttpOnly; SameSite=Strict$/);
  expect(cookies).toHaveLength(2);
  expect(answer.headers.get('x-vncctl-session')).toMatch(/^[A-Za-z0-9._-]+$/);
  expect((await exchange(made, ticket)).status).toBe(401);
});

test.each([
  ['a page of another origin', { origin: 'http://evil.example' }],
  ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
  ['another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
])('%s signs nobody in, and uses no ticket up', async (_, headers) => {
  const made = await stand();
  const ticket = ticketOf(await made.link());
  expect((await exchange(made, ticket, headers)).status).toBe(403);
  expect((await exchange(made, ticket)).status).toBe(204);
});

test('whoever guesses waits after ten tries', async () => {
  const made = await stand();
  const statuses: number[] = [];
  for (let time = 0; time < 11; time++) statuses.push((await exchange(made, 'x'.repeat(22))).status);
  expect([...new Set(statuses.slice(0, 10)), statuses[10]]).toEqual([401, 429]);
});

test('signing out takes the sign-in back: what was kept opens nothing any more', async () => {
  const made = await stand();
  const own = await made.signIn();
  const me = () => fetch(`${made.origin}/api/v1/me`, { headers: own });
  expect((await me()).status).toBe(200);
  const answer = await fetch(`${made.origin}/dashboard/session`, { method: 'DELETE', headers: own });
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([204, removed('/')]);
  expect((await me()).status).toBe(401);
});

const PUBLIC = 'https://desks.example.org/desks';
const NAMED = { host: 'desks.example.org', origin: 'https://desks.example.org' };

/** As a proxy sends it; `fetch` names the Host by itself. */
function sent({ origin }: DashboardStand, method: string, path: string, headers: Record<string, string>, body?: string): Promise<{ status: number | undefined; headers: IncomingHttpHeaders; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${origin}${path}`, { method, agent: false, headers }, (answer) => {
      text(answer).then((whole) => resolve({ status: answer.statusCode, headers: answer.headers, text: whole }), reject);
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

test.each([
  ['kept by the proxy', PUBLIC, '/desks/dashboard/session', '/desks/', {}],
  ['taken away by it', PUBLIC, '/dashboard/session', '/desks/', {}],
  ['taken away by a listed one that says so', PUBLIC, '/dashboard/session', '/others/', { 'x-forwarded-prefix': '/others' }],
  ['kept by one that leaves the port out of the Host', 'https://desks.example.org:8443/desks', '/desks/dashboard/session', '/desks/', { origin: 'https://desks.example.org:8443' }],
])('with a public prefix, %s, the cookie counts below it and by TLS, and signing out takes that one', async (_, publicUrl, path, home, headers) => {
  const made = await stand({ publicUrl, trustedProxies: ['127.0.0.1'] });
  const opened = await sent(made, 'POST', path, { ...NAMED, ...headers, 'content-type': 'application/json' }, JSON.stringify({ ticket: ticketOf(await made.link()) }));
  expect(opened.status).toBe(204);
  const [cookie = ''] = opened.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Secure$/);
  expect(cookie).toContain(`; Path=${home}api/v1/;`);
  const closed = await sent(made, 'DELETE', path, { ...NAMED, ...headers, cookie: cookie.split(';')[0] ?? '', 'x-vncctl-session': String(opened.headers['x-vncctl-session']) });
  expect([closed.status, closed.headers['set-cookie']]).toEqual([204, removed(home)]);
});

test('below a public prefix there are page and files, and still without it; the prefix without a slash leads to the page', async () => {
  const made = await stand({ publicUrl: PUBLIC });
  for (const path of ['/desks/', '/', '/desks/dashboard/dashboard.js', '/dashboard/dashboard.js']) expect((await sent(made, 'GET', path, NAMED)).status, path).toBe(200);
  expect((await sent(made, 'GET', '/desks', NAMED))).toMatchObject({ status: 308, headers: { location: 'desks/' } });
  expect((await sent(made, 'GET', '/desks/dashboard/../dashboard.js', NAMED)).status).toBe(404);
});

test('a prefix that is named as the files are is told from them', async () => {
  const made = await stand({ publicUrl: 'https://desks.example.org/dashboard' });
  for (const path of ['/dashboard/', '/dashboard/dashboard/dashboard.js', '/dashboard/dashboard.js']) expect((await sent(made, 'GET', path, NAMED)).status, path).toBe(200);
});

test.each([
  ['a page of the same name without TLS', { origin: 'http://desks.example.org' }],
  ['a page of another port', { origin: 'https://desks.example.org:444' }],
  ['another host', { host: 'evil.example' }],
])('below a public prefix %s signs nobody in', async (_, headers) => {
  const made = await stand({ publicUrl: PUBLIC });
  expect((await sent(made, 'POST', '/desks/dashboard/session', { ...NAMED, ...headers, 'content-type': 'application/json' }, JSON.stringify({ ticket: ticketOf(await made.link()) }))).status).toBe(403);
});

test('the log tells of sign-ins without their secrets', async () => {
  const made = await stand();
  const ticket = ticketOf(await made.link());
  await exchange(made, ticket);
  const lines = JSON.stringify(made.api.log.lines);
  expect(lines).toContain('signed in');
  expect(lines).not.toContain(ticket);
});
