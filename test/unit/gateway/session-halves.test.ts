import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import type { DesktopId } from '../../../src/core/store.ts';
import type { Session } from '../../../src/core/tickets.ts';
import { createSessionHalves, type Halves, type SessionHalves } from '../../../src/gateway/session-halves.ts';

const KEY = Buffer.alloc(32, 7);
const ONE = 'bcdfghjkmnpq' as DesktopId;
const OTHER = 'zxwvtsrqpnmk' as DesktopId;
const NOW = new Date('2030-01-01T12:00:00.000Z');
const SESSION: Session = { desktopId: ONE, mode: 'view-only', ticketId: '5f0c9a1d22', expiresAt: '2030-01-01T12:15:00.000Z' };

const halves = (over: { instanceKey?: Uint8Array; name?: string } = {}): SessionHalves => createSessionHalves({ instanceKey: KEY, ...over });
const shown = ({ page, browser }: Halves, name = 'vncctl'): { cookie: string; 'x-vncctl-session': string } => ({ cookie: `${name}=${browser}`, 'x-vncctl-session': page });

test('a cookie is for the paths that ask for it, out of reach of scripts and other sites, and says nothing of the session', () => {
  const { browser } = halves().split(SESSION, {});
  const set = halves().cookies(browser, SESSION, NOW, { paths: ['/a/', '/b/'], secure: false });
  expect(set).toEqual(['/a/', '/b/'].map((path) => `vncctl=${browser}; Path=${path}; Max-Age=604800; HttpOnly; SameSite=Strict`));
  expect(browser).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(halves().cookies(browser, SESSION, NOW, { paths: ['/'], secure: true })[0]).toMatch(/; Secure$/);
});

test('a cookie lasts as long as a session that outlives all links', () => {
  const long = { ...SESSION, expiresAt: '2030-02-01T12:00:00.000Z' };
  expect(halves().cookies('x', long, NOW, { paths: ['/'], secure: false })[0]).toContain(`; Max-Age=${31 * 86_400}; `);
});

test('both halves are joined again, by another process with the key too, and among other cookies', () => {
  const { cookie, 'x-vncctl-session': half } = shown(halves().split(SESSION, {}));
  expect(halves().join({ cookie: `a=b; vncctl=old; ${cookie}; c=d`, 'x-vncctl-session': half }, ONE)).toEqual(SESSION);
});

test('the page\'s half may come as a subprotocol of a WebSocket, beside others, and is one letter for letter', () => {
  const { page, browser } = halves().split(SESSION, {});
  const join = (protocols: string): Session | undefined => halves().join({ cookie: `vncctl=${browser}`, 'sec-websocket-protocol': protocols }, ONE);
  expect(join(`binary, vncctl.session.${page}`)).toEqual(SESSION);
  expect(join(`vncctl.session.${page},binary`)).toEqual(SESSION);
  for (const none of ['binary', page, `vncctl.session.${page}x`, `x.vncctl.session.${page}`]) expect(join(none), none).toBeUndefined();
  // RFC 9110, 5.6.2: what is no token can't be offered.
  expect(`vncctl.session.${page}`).toMatch(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/);
});

test('neither half opens anything alone, nor with that of another session', () => {
  const [mine, others] = [halves().split(SESSION, {}), halves().split(SESSION, {})];
  for (const headers of [{}, { cookie: shown(mine).cookie }, { 'x-vncctl-session': mine.page }, shown({ page: mine.page, browser: others.browser })]) {
    expect(halves().join(headers, ONE)).toBeUndefined();
  }
});

test('a browser that has a cookie keeps it: what its other tabs opened still counts', () => {
  const first = halves().split(SESSION, {});
  const second = halves().split({ ...SESSION, mode: 'full' }, { cookie: shown(first).cookie });
  expect(second.browser).toBe(first.browser);
  expect(halves().join(shown(first), ONE)).toEqual(SESSION);
  expect(halves().join(shown(second), ONE)).toEqual({ ...SESSION, mode: 'full' });
});

// As many as fit: a page on another port of the same host may set them.
test('hundreds of junk cookies of the same name lock nobody out', () => {
  const { cookie, 'x-vncctl-session': half } = shown(halves().split(SESSION, {}));
  const junk = Array.from({ length: 480 }, (_, index) => `vncctl=${String(index).padStart(22, 'j')}`).join('; ');
  expect(`${junk}; ${cookie}`.length).toBeLessThan(16 * 1024);
  expect(halves().join({ cookie: `${junk}; ${cookie}`, 'x-vncctl-session': half }, ONE)).toEqual(SESSION);
});

test('it is no session for another desktop, and none with another key', () => {
  const headers = shown(halves().split(SESSION, {}));
  expect(halves().join(headers, OTHER)).toBeUndefined();
  expect(halves({ instanceKey: Buffer.alloc(32, 8) }).join(headers, ONE)).toBeUndefined();
});

test('a half with any character changed, left out or added is none', () => {
  const both = halves().split(SESSION, {});
  const around = (text: string, index: number): string[] => {
    const [before, after] = [text.slice(0, index), text.slice(index + 1)];
    return [`${before}${text[index] === 'A' ? 'B' : 'A'}${after}`, `${before}${after}`, `${before}x${text.slice(index)}`];
  };
  for (let index = 0; index < both.page.length; index++) for (const page of around(both.page, index)) expect(halves().join(shown({ ...both, page }), ONE), page).toBeUndefined();
  for (let index = 0; index < both.browser.length; index++) for (const browser of around(both.browser, index)) expect(halves().join(shown({ ...both, browser }), ONE), browser).toBeUndefined();
});

// The last of 43 characters means only four of its six bits.
test('another spelling of the same hash is none', () => {
  const both = halves().split(SESSION, {});
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(both.page.at(-1) ?? '');
  for (const page of [`${both.page.slice(0, -1)}${alphabet[last ^ 1]}`, `${both.page}=`]) expect(halves().join(shown({ ...both, page }), ONE)).toBeUndefined();
});

test.each(['', '.', '..', 'x'.repeat(10_000), '2.a.full.b.c.d.e', '…'])('%j is the half of nothing', (page) => {
  expect(halves().join(shown({ ...halves().split(SESSION, {}), page }), ONE)).toBeUndefined();
});

test('the hash is that of a key of its own, not of the key of the instance', () => {
  const [payload = '', mac] = (/^(.*)\.([^.]*)$/.exec(halves().split(SESSION, {}).page) ?? []).slice(1);
  expect(createHmac('sha256', KEY).update(payload).digest('base64url')).not.toBe(mac);
});

test('one of another name is read as no desktop\'s, and the other way round', () => {
  const dashboard = halves({ name: 'vncctl-dashboard' });
  const both = dashboard.split(SESSION, {});
  expect(dashboard.join(shown(both, 'vncctl-dashboard'), ONE)).toEqual(SESSION);
  expect(halves().join(shown(both), ONE)).toBeUndefined();
  expect(dashboard.join(shown(halves().split(SESSION, {}), 'vncctl-dashboard'), ONE)).toBeUndefined();
});
