import { expect, test } from 'vitest';
import { isFromOutside, isOurOrigin, mayBeAnyPages } from '../../../src/gateway/checks.ts';

const outside = (headers: Record<string, string>): boolean => isFromOutside(headers, { host: 'localhost' }, {});

test.each([
  'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix', 'x-forwarded-server', 'x-forwarded', 'forwarded', 'x-real-ip', 'via', 'cf-connecting-ip', 'true-client-ip', 'x-client-ip', 'x-cluster-client-ip', 'fastly-client-ip', 'x-original-forwarded-for',
])('what has the header %s came through a proxy, whatever it says', (name) => {
  expect([outside({ [name]: '127.0.0.1' }), outside({ [name]: '' })]).toEqual([true, true]);
});

test('what programs on this machine send is from no proxy', () => {
  expect(outside({ host: 'localhost', accept: '*/*', 'user-agent': 'curl/8.5.0', connection: 'keep-alive', 'x-request-id': 'a', 'x-requested-with': 'b' })).toBe(false);
});

const BROWSERS = [
  ['by its name', { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101 Firefox/60.0' }],
  ['by what it would like', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }],
  ['by the page that it comes from', { referer: 'http://evil.example/' }],
  ['by its cookies', { cookie: 'a=b' }],
] as const;

test.each(BROWSERS)('a browser, known %s, that says nothing of its page may come from any page', (_, headers) => {
  expect([mayBeAnyPages(headers), isOurOrigin(headers, { host: 'localhost:8080', secure: false })]).toEqual([true, false]);
});

test.each([{ authorization: 'Bearer vnc_x' }, { 'x-requested-with': 'XMLHttpRequest' }, { 'x-vncctl-session': '2.a' }])('what no page of another origin could send shows that it is none: %j', (proof) => {
  for (const [, headers] of BROWSERS) expect(mayBeAnyPages({ ...headers, ...proof })).toBe(false);
});

test('the password for a proxy, which browsers send by themselves, shows nothing', () => {
  expect(mayBeAnyPages({ referer: 'http://evil.example/', authorization: 'Basic dXNlcjpwYXNz' })).toBe(true);
});

test.each([{}, { 'user-agent': 'curl/8.5.0', accept: '*/*' }, { 'user-agent': 'python-requests/2.31.0', accept: '*/*' }, { 'user-agent': 'Java-http-client/21' }, { 'user-agent': 'node', accept: '*/*', 'sec-fetch-mode': 'cors' }])('a program is no page: %j', (headers) => {
  expect([mayBeAnyPages(headers), isOurOrigin(headers, { host: 'localhost:8080', secure: false })]).toEqual([false, true]);
});

test('where a browser says of which page it comes that counts', () => {
  const browser = { 'user-agent': 'Mozilla/5.0', cookie: 'a=b' };
  const own = { host: 'localhost:8080', secure: false };
  expect(isOurOrigin({ ...browser, 'sec-fetch-site': 'same-origin' }, own)).toBe(true);
  expect(isOurOrigin({ ...browser, origin: 'http://localhost:8080' }, own)).toBe(true);
  expect(isOurOrigin({ ...browser, 'sec-fetch-site': 'same-site' }, own)).toBe(false);
});
