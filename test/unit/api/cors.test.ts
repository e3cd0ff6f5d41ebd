// Pages of other origins: nobody's unless they are listed.
import { expect, test } from 'vitest';
import { createTestApi } from '../../support/test-api.ts';

const LISTED = 'https://desk.example';
const PREFLIGHT = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };

const corsOf = (headers: Readonly<Record<string, unknown>>): Record<string, unknown> => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));

test('without the setting no page of another origin reads anything', async () => {
  const { ask, token } = await createTestApi();
  const answer = await ask('GET', '/api/v1/desktops', { token: await token('read'), headers: { origin: LISTED } });
  expect(corsOf(answer.headers)).toEqual({});
  expect(corsOf((await ask('OPTIONS', '/api/v1/desktops', { headers: { origin: LISTED, ...PREFLIGHT } })).headers)['access-control-allow-origin']).toBeUndefined();
});

test('a page of a listed origin may, with credentials; another one may not', async () => {
  const { ask, token } = await createTestApi({ settings: { corsOrigins: [LISTED] } });
  const secret = await token('read');
  const answer = await ask('GET', '/api/v1/desktops', { token: secret, headers: { origin: LISTED } });
  expect(answer.headers).toMatchObject({ 'access-control-allow-origin': LISTED, 'access-control-allow-credentials': 'true', vary: 'origin' });
  const asked = await ask('OPTIONS', '/api/v1/desktops/x', { headers: { origin: LISTED, ...PREFLIGHT } });
  expect([asked.status, asked.body]).toEqual([204, '']);
  expect(asked.headers).toMatchObject({ 'access-control-allow-origin': LISTED, 'access-control-allow-headers': expect.stringContaining('authorization') as string, 'access-control-allow-methods': 'GET, HEAD, POST, DELETE' });
  for (const origin of ['https://evil.example', 'https://desk.example.evil.example', 'null']) {
    expect(corsOf((await ask('GET', '/api/v1/desktops', { token: secret, headers: { origin } })).headers)).toEqual({});
  }
  // Whoever shows no token can read why.
  expect((await ask('GET', '/api/v1/desktops', { headers: { origin: LISTED } })).headers).toMatchObject({ 'access-control-allow-origin': LISTED });
});

test('the star lets every page read, and never with credentials', async () => {
  const { ask, token } = await createTestApi({ settings: { corsOrigins: ['*'] } });
  const { headers } = await ask('GET', '/api/v1/desktops', { token: await token('read'), headers: { origin: 'https://any.example' } });
  expect(headers['access-control-allow-origin']).toBe('*');
  expect(headers['access-control-allow-credentials']).toBeUndefined();
});

test('the star lets no page act where auth is none', async () => {
  const { ask } = await createTestApi({ settings: { corsOrigins: ['*'], auth: 'none' } });
  expect((await ask('DELETE', '/api/v1/desktops?confirm=all', { headers: { origin: 'https://any.example' } })).status).toBe(401);
});
