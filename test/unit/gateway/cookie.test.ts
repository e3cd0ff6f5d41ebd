import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import type { DesktopId } from '../../../src/core/store.ts';
import type { Session } from '../../../src/core/tickets.ts';
import { createSessionCookies, type SessionCookies } from '../../../src/gateway/cookie.ts';

const KEY = Buffer.alloc(32, 7);
const ONE = 'bcdfghjkmnpq' as DesktopId;
const OTHER = 'zxwvtsrqpnmk' as DesktopId;
const NOW = new Date('2030-01-01T12:00:00.000Z');
const SESSION: Session = { desktopId: ONE, mode: 'view-only', ticketId: '5f0c9a1d22', expiresAt: '2030-01-01T12:15:00.000Z' };

const cookies = (over: { instanceKey?: Uint8Array } = {}): SessionCookies => createSessionCookies({ instanceKey: KEY, ...over });
const PLAIN = { path: `/d/${ONE}/`, secure: false };
/** The pair that a browser sends back. */
const pairOf = (set: string): string => set.split(';')[0] ?? '';

test('a cookie is for the paths of its desktop only, out of reach of scripts and other sites, and ends with its session', () => {
  const [, ...attributes] = cookies().set(SESSION, NOW, PLAIN).split('; ');
  expect(attributes).toEqual([`Path=/d/${ONE}/`, 'Max-Age=900', 'HttpOnly', 'SameSite=Strict']);
  expect(cookies().set(SESSION, NOW, { path: '/vnc/', secure: true })).toMatch(/; Path=\/vnc\/; .*; Secure$/);
});

test('what was signed is read back, by another process with the key too, and among other cookies', () => {
  const pair = pairOf(cookies().set(SESSION, NOW, PLAIN));
  expect(cookies().read(`a=b; vncctl=old; ${pair}; c=d`, ONE)).toEqual(SESSION);
  expect(cookies().read(pair, ONE)).toEqual(SESSION);
});

test('it is no session for another desktop, and none with another key', () => {
  const pair = pairOf(cookies().set(SESSION, NOW, PLAIN));
  expect(cookies().read(pair, OTHER)).toBeUndefined();
  expect(cookies({ instanceKey: Buffer.alloc(32, 8) }).read(pair, ONE)).toBeUndefined();
});

test('of several the one for the desktop counts', () => {
  const [one, other] = [SESSION, { ...SESSION, desktopId: OTHER }].map((session) => pairOf(cookies().set(session, NOW, PLAIN)));
  expect(cookies().read(`${other}; ${one}`, ONE)).toEqual(SESSION);
});

test('a cookie with any character changed, left out or added is none', () => {
  const pair = pairOf(cookies().set(SESSION, NOW, PLAIN));
  for (let index = 'vncctl='.length; index < pair.length; index++) {
    const [before, after] = [pair.slice(0, index), pair.slice(index + 1)];
    for (const changed of [`${before}${pair[index] === 'A' ? 'B' : 'A'}${after}`, `${before}${after}`, `${before}x${pair.slice(index)}`]) {
      expect(cookies().read(changed, ONE), changed).toBeUndefined();
    }
  }
});

// The last of 43 characters means only four of its six bits.
test('another spelling of the same hash is none', () => {
  const pair = pairOf(cookies().set(SESSION, NOW, PLAIN));
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(pair.at(-1) ?? '');
  const twin = `${pair.slice(0, -1)}${alphabet[last ^ 1]}`;
  expect(cookies().read(twin, ONE)).toBeUndefined();
  expect(cookies().read(`${pair}=`, ONE)).toBeUndefined();
});

test.each([undefined, '', 'vncctl', 'vncctl=', 'vncctl=.', 'vncctl=..', `vncctl=${'x'.repeat(10_000)}`, ';;;=;', 'other=1'])('the header %j holds none', (header) => {
  expect(cookies().read(header, ONE)).toBeUndefined();
});

test('the hash is that of a key of its own, not of the key of the instance', () => {
  const [payload = '', mac] = (/=(.*)\.([^.]*)$/.exec(pairOf(cookies().set(SESSION, NOW, PLAIN))) ?? []).slice(1);
  expect(createHmac('sha256', KEY).update(payload).digest('base64url')).not.toBe(mac);
});

test('one of another name is read as no desktop\'s, and the other way round', () => {
  const scope = { path: '/', secure: false };
  const dashboard = createSessionCookies({ instanceKey: KEY, name: 'vncctl-dashboard' });
  const pair = pairOf(dashboard.set(SESSION, NOW, scope));
  expect(pair).toMatch(/^vncctl-dashboard=/);
  expect(dashboard.read(pair, ONE)).toEqual(SESSION);
  expect(cookies().read(pair, ONE)).toBeUndefined();
  expect(dashboard.read(pairOf(cookies().set(SESSION, NOW, scope)), ONE)).toBeUndefined();
});
