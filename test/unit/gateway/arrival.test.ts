import { expect, test } from 'vitest';
import { type Arrival, arrivalOf, trustProxies } from '../../../src/gateway/arrival.ts';

const LISTED = trustProxies(['127.0.0.1', '10.0.0.0/8', '2001:db8::/32']);
const FORGED = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example', 'x-forwarded-prefix': '/evil' };

function arrival(headers: Record<string, string>, { from = '127.0.0.1', encrypted = false } = {}): Arrival {
  return arrivalOf({ headers: { host: 'desktops.example.org', ...headers }, socket: { remoteAddress: from, encrypted } }, LISTED);
}

test.each(['192.0.2.1', '11.0.0.1', '::1', '2001:db9::1', '::ffff:192.0.2.1', ''])('what %s, which is not listed, forwards changes nothing', (from) => {
  expect(arrival(FORGED, { from })).toEqual(arrival({}, { from }));
  expect(arrival(FORGED, { from })).toMatchObject({ host: 'desktops.example.org', hosts: ['desktops.example.org'], secure: false, prefix: undefined });
});

test('nobody is believed where nobody is listed', () => {
  const request = { headers: { host: 'a.example', ...FORGED }, socket: { remoteAddress: '127.0.0.1' } };
  expect(arrivalOf(request, trustProxies([]))).toEqual({ address: '127.0.0.1', hosts: ['a.example'], host: 'a.example', secure: false, prefix: undefined });
});

test.each(['127.0.0.1', '::ffff:127.0.0.1', '10.9.8.7', '2001:db8::5'])('what %s, which is listed, forwards counts', (from) => {
  expect(arrival(FORGED, { from })).toEqual({ address: '203.0.113.9', hosts: ['desktops.example.org', 'evil.example'], host: 'evil.example', secure: true, prefix: '/evil' });
});

test.each([
  ['203.0.113.9', '203.0.113.9'],
  // What stands in front of the first who isn't listed may be anybody's invention.
  ['127.0.0.1, 203.0.113.9', '203.0.113.9'],
  ['198.51.100.1, 203.0.113.9', '203.0.113.9'],
  ['203.0.113.9, 10.1.1.1', '203.0.113.9'],
  ['203.0.113.9, 10.1.1.1, 10.2.2.2', '203.0.113.9'],
  ['10.1.1.1, 10.2.2.2', '10.1.1.1'],
  ['203.0.113.9:51234', '203.0.113.9'],
  ['[2001:DB9::1]:443', '2001:DB9::1'],
  ['2001:db9::1', '2001:db9::1'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  [' 203.0.113.9 ,', '203.0.113.9'],
  // Not an address: the last known one is as far as it goes.
  ['unknown', '127.0.0.1'],
  ['203.0.113.9, unknown, 10.1.1.1', '10.1.1.1'],
  ['<script>', '127.0.0.1'],
  ['', '127.0.0.1'],
])('through a listed proxy, X-Forwarded-For %j is %s', (header, address) => {
  expect(arrival({ 'x-forwarded-for': header }).address).toBe(address);
});

test.each([
  [{}, false, false],
  [{}, true, true],
  [{ 'x-forwarded-proto': 'https' }, false, true],
  [{ 'x-forwarded-proto': 'HTTPS' }, false, true],
  [{ 'x-forwarded-proto': 'http' }, true, false],
  [{ 'x-forwarded-proto': 'https, http' }, false, false],
  [{ 'x-forwarded-proto': 'wss' }, false, false],
  [{ 'x-forwarded-proto': 'gopher' }, true, true],
] as const)('through a listed proxy, %j over TLS (%j) is TLS to the browser: %j', (headers, encrypted, secure) => {
  expect(arrival(headers, { encrypted }).secure).toBe(secure);
});

test.each([
  ['/vnc', '/vnc'],
  ['/vnc/', '/vnc'],
  ['/', ''],
  ['/a/b', '/a/b'],
  ['/x, /vnc', '/vnc'],
  ['vnc', undefined],
  ['/vnc; Domain=example.org', undefined],
  ['/../x', undefined],
  ['/vnc\u00e7', undefined],
])('through a listed proxy, X-Forwarded-Prefix %j is %j', (header, prefix) => {
  expect(arrival({ 'x-forwarded-prefix': header }).prefix).toBe(prefix);
});
