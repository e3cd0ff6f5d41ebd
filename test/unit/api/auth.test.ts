// Who may use which route, over real sockets: every route there is, with each kind of credentials.
import { expect, test } from 'vitest';
import { isAllowed, revokeToken, type Scope, SCOPES } from '../../../src/core/tokens.ts';
import type { ApiRoute } from '../../../src/api/route.ts';
import { type Answer, createTestApi, type TestApi } from '../../support/test-api.ts';

const addressOf = ({ path }: ApiRoute): string => path.replaceAll(/\{\w+\}/g, 'nobody1');

/** The answers of all routes, by what they are. Bodies are empty, so that what is let in does nothing. */
async function askAll({ server, ask }: TestApi, token: string | undefined, door: 'tcp' | 'socket' = 'tcp'): Promise<[ApiRoute, Answer][]> {
  const answers: [ApiRoute, Answer][] = [];
  for (const route of server.routes) answers.push([route, await ask(route.method, addressOf(route), { token, door })]);
  return answers;
}

const refusedAs = ({ access }: ApiRoute, scope: Scope | undefined): number | undefined => (access === 'open' ? undefined : scope === undefined ? 401 : isAllowed(scope, access) ? undefined : 403);

function check(answers: readonly [ApiRoute, Answer][], scope: Scope | undefined): void {
  const told = answers.map(([route, { status }]) => [route.method, route.path, [401, 403].includes(status) ? status : undefined]);
  expect(told).toEqual(answers.map(([route]) => [route.method, route.path, refusedAs(route, scope)]));
}

test('the table has routes of every kind', async () => {
  const { server } = await createTestApi();
  expect(server.routes.length).toBeGreaterThan(20);
  for (const access of [...SCOPES, 'open']) expect(server.routes.filter((route) => route.access === access)).not.toEqual([]);
});

test('without a token the network gets nothing but what is open, and is told how to get one', async () => {
  const api = await createTestApi();
  const answers = await askAll(api, undefined);
  check(answers, undefined);
  const refused = answers.find(([{ access }]) => access === 'operate')?.[1];
  expect(refused?.headers['www-authenticate']).toBe('Bearer');
  expect(refused?.json()).toEqual({ error: { code: 'TOKEN_REFUSED', message: expect.any(String), hint: 'make one: vncctl token create --scope operate' } });
});

test.each(SCOPES)('a token of scope %s gets what its scope includes, and 403 for the rest', async (scope) => {
  const api = await createTestApi();
  check(await askAll(api, await api.token(scope)), scope);
});

test('a token that has ended, one that was taken back and one that never was are all the same', async () => {
  const api = await createTestApi();
  const ended = await api.token('admin', 1000);
  api.clock.advance(1000);
  check(await askAll(api, ended), undefined);
  const api2 = await createTestApi();
  const taken = await api2.token('admin');
  const [token] = await api2.tokens.read();
  await revokeToken(api2.tokens, token?.id ?? '', api2.clock.now());
  check(await askAll(api2, taken), undefined);
  const api3 = await createTestApi();
  const never = `vnc_${'A'.repeat(43)}`;
  check(await askAll(api3, never), undefined);
  expect((await api3.ask('GET', '/api/v1/stats', { token: never })).json()).toMatchObject({ error: { message: 'this token is unknown, has ended or was taken back' } });
});

test('by the socket whoever the file lets in may do everything, also with a token that counts for nothing', async () => {
  check(await askAll(await createTestApi(), undefined, 'socket'), 'admin');
  check(await askAll(await createTestApi(), 'vnc_nonsense', 'socket'), 'admin');
});

test.each(['Basic dXNlcjpwYXNz', 'Bearer', 'Bearer ', 'vnc_x', 'Bearer a b'])('the header "%s" lets nobody in', async (authorization) => {
  const { ask } = await createTestApi();
  expect((await ask('GET', '/api/v1/desktops', { headers: { authorization } })).status).toBe(401);
});

test('where auth is none, this machine may do everything, but no page of a stranger and nobody behind a proxy', async () => {
  const { ask } = await createTestApi({ settings: { auth: 'none', corsOrigins: ['https://listed.example'] } });
  const remove = (headers: Record<string, string>): Promise<number> => ask('DELETE', '/api/v1/desktops?confirm=all', { headers }).then(({ status }) => status);
  expect(await remove({})).toBe(200);
  expect(await remove({ origin: 'https://evil.example' })).toBe(401);
  expect(await remove({ origin: 'https://listed.example' })).toBe(200);
  expect(await remove({ 'sec-fetch-site': 'cross-site' })).toBe(401);
  expect(await remove({ 'x-forwarded-for': '192.0.2.7' })).toBe(401);
  for (const said of ['forwarded', 'x-real-ip', 'via', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'cf-connecting-ip']) expect(await remove({ [said]: 'for=192.0.2.7' }), said).toBe(401);
  // A browser from before they said of which page they come.
  expect(await remove({ referer: 'http://evil.example/', 'user-agent': 'Mozilla/5.0' })).toBe(401);
  // By one that doesn't say so, but asks by the public name.
  expect(await remove({ host: 'desks.public.example' })).toBe(401);
  // A name of a stranger that was made to point here.
  expect((await ask('GET', '/api/v1/desktops', { headers: { host: 'evil.example' } })).status).toBe(401);
  expect((await ask('GET', '/api/v1/desktops', { headers: { host: 'desks.example' } })).status).toBe(200);
});

test('a token counts wherever it comes from: what sends it is no page that a stranger could make', async () => {
  const { ask, token } = await createTestApi();
  expect((await ask('GET', '/api/v1/desktops', { token: await token('read'), headers: { host: 'elsewhere.example', 'x-forwarded-for': '192.0.2.7' } })).status).toBe(200);
});

test('who tries tokens is stopped after a while, whatever the tokens are, and who has one goes on', async () => {
  const { ask, token } = await createTestApi();
  const operator = await token('operate');
  const statuses = new Set<number>();
  for (let count = 0; count < 130; count++) statuses.add((await ask('GET', '/api/v1/stats', { token: `vnc_${String(count).padStart(43, '0')}` })).status);
  expect([...statuses]).toEqual([401, 429]);
  const stopped = await ask('GET', '/api/v1/stats');
  expect(stopped.json()).toMatchObject({ error: { code: 'TOO_MANY_REQUESTS' } });
  expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0);
  expect((await ask('GET', '/api/v1/stats', { token: operator })).status).toBe(200);
  expect((await ask('GET', '/api/v1/stats', { door: 'socket' })).status).toBe(200);
});

test('settings that may hold a secret are told to an admin only', async () => {
  const { ask, token } = await createTestApi();
  const seenBy = async (scope: Scope): Promise<string> => (await ask('GET', '/api/v1/settings', { token: await token(scope) })).body;
  expect(await seenBy('operate')).not.toContain('a secret');
  expect(await seenBy('admin')).toContain('a secret');
});
