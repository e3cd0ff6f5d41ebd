// Failures over HTTP: every code there is, and what goes wrong before a handler is reached.
import { expect, test } from 'vitest';
import { type RawAnswer, route } from '../../../src/api/route.ts';
import { ERROR_CODES, ERROR_KINDS, type ErrorCode, HTTP_OF_CODE, VncctlError } from '../../../src/errors.ts';
import { createTestApi } from '../../support/test-api.ts';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

const failing = (path: string, failure: () => unknown) =>
  route({
    method: 'GET',
    path,
    access: 'open',
    tag: 'Test',
    summary: 'fails',
    hidden: true,
    answer: { type: 'text/plain', about: '' },
    async handle(): Promise<RawAnswer> {
      throw failure();
    },
  });

test('each code is told with the status of its kind, or its own: the JSON of the command line', async () => {
  const { ask, log } = await createTestApi({ extensions: [() => ({ routes: CODES.map((code) => failing(`/api/fail/${code}`, () => new VncctlError(code, `message of ${code}`, { hint: 'a hint' }))) })] });
  for (const code of CODES.filter((known) => known !== 'BUG')) {
    const { status, body } = await ask('GET', `/api/fail/${code}`, { door: 'socket' });
    expect({ code, status, body }).toEqual({ code, status: HTTP_OF_CODE[code] ?? ERROR_KINDS[ERROR_CODES[code]].http ?? 503, body: `${JSON.stringify({ error: { code, message: `message of ${code}`, hint: 'a hint' } })}\n` });
  }
  expect(log.lines).toEqual([]);
});

test('a bug is 500 without its particulars, which are in the log', async () => {
  const { ask, log } = await createTestApi({ extensions: [() => ({ routes: [failing('/api/fail', () => new TypeError('of 11144477735'))] })] });
  const { status, body } = await ask('GET', '/api/fail');
  expect({ status, body }).toEqual({ status: 500, body: expect.stringMatching(/^\{"error":\{"code":"BUG","message":"the daemon failed","hint":"see its log[^"]*"\}\}\n$/) as string });
  expect(log.lines).toMatchObject([{ level: 'error', facts: { reason: expect.stringContaining('TypeError: of 11144477735') } }]);
});

test('secrets in a message are hidden', async () => {
  const { ask } = await createTestApi({ extensions: [() => ({ routes: [failing('/api/fail', () => new VncctlError('ENGINE_FAILED', 'no http://x/#key=abcdefgh', { hint: 'PASSWORD=hunter2' }))] })] });
  const { body } = await ask('GET', '/api/fail');
  expect(body).not.toMatch(/abcdefgh|hunter2/);
});

test('an extension tells its failures in its own form', async () => {
  const own = { ...failing('/status', () => new VncctlError('NO_FREE_PORT', 'full')), failure: ({ status, body }: { status: number; body: { error: { message: string } } }) => ({ status: status === 429 ? 503 : status, body: { detail: body.error.message } }) };
  const { ask } = await createTestApi({ extensions: [() => ({ routes: [own] })] });
  expect(await ask('GET', '/status')).toMatchObject({ status: 503, body: '{"detail":"full"}\n' });
});

test.each([
  ['GET', '/api/v1/nothing', {}, 404, 'ROUTE_NOT_FOUND'],
  ['GET', '/api', {}, 404, 'ROUTE_NOT_FOUND'],
  ['PUT', '/api/v1/desktops', {}, 405, 'METHOD_NOT_ALLOWED'],
  ['HEAD', '/api/v1/shares/x', {}, 405, ''],
  ['GET', '/api/v1/desktops/%zz', {}, 400, 'USAGE'],
  ['GET', '/api/v1/desktops/nobody!', {}, 400, 'BAD_CLIENT_ID'],
  ['GET', '/api/v1/desktops/11144477735', {}, 404, 'DESKTOP_NOT_FOUND'],
  ['GET', '/api/v1/desktops?limit=0', {}, 400, 'USAGE'],
  ['GET', '/api/v1/desktops?surprise=1', {}, 400, 'USAGE'],
  ['GET', '/api/v1/desktops?limit=1&limit=2', {}, 400, 'USAGE'],
  ['GET', '/api/v1/desktops?cursor=!', {}, 400, 'USAGE'],
  ['DELETE', '/api/v1/desktops', {}, 400, 'NEEDS_CONFIRMATION'],
  ['GET', '/api/v1/operations/none', {}, 404, 'OPERATION_NOT_FOUND'],
  ['DELETE', '/api/v1/shares/none', {}, 404, 'TICKET_NOT_FOUND'],
  ['DELETE', '/api/v1/viewers/none', {}, 404, 'VIEWER_NOT_FOUND'],
  ['GET', '/api/v1/events?since=yesterday', {}, 400, 'USAGE'],
  ['POST', '/api/v1/desktops', { body: '{' }, 400, 'USAGE'],
  ['POST', '/api/v1/desktops', { body: '' }, 400, 'USAGE'],
  ['POST', '/api/v1/desktops', {}, 400, 'USAGE'],
  ['POST', '/api/v1/desktops', { body: '[]' }, 400, 'USAGE'],
  ['POST', '/api/v1/desktops', { body: '{"__proto__":{"client":"x"}}' }, 400, 'USAGE'],
  ['POST', '/api/v1/desktops', { body: { client: '1' } }, 400, 'BAD_CLIENT_ID'],
  ['POST', '/api/v1/desktops', { body: { client: '11144477735', image: 'none' } }, 404, 'IMAGE_NOT_FOUND'],
  ['POST', '/api/v1/desktops', { body: { client: '11144477735', size: 'large' } }, 400, 'USAGE'],
  ['POST', '/api/v1/desktops', { body: { client: '11144477735', lease: { idle: 'soon' } } }, 400, 'USAGE'],
  ['POST', '/api/v1/desktops', { body: { client: '11144477735', nonsense: 1 } }, 400, 'USAGE'],
  ['POST', '/api/v1/desktops', { body: { client: 'x'.repeat(70_000) } }, 413, 'BODY_TOO_LARGE'],
  ['POST', '/api/v1/desktops', { body: 'client=11144477735', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415, 'BODY_NOT_JSON'],
  ['POST', '/api/v1/desktops', { body: '{"client":"11144477735"}', headers: { 'content-type': 'text/plain' } }, 415, 'BODY_NOT_JSON'],
] as const)('%s %s with %j is %i %s', async (method, path, options, status, code) => {
  const { ask, engine } = await createTestApi();
  const answer = await ask(method, path, { door: 'socket', ...options });
  expect(answer.status, answer.body).toBe(status);
  if (code !== '') expect(answer.json()).toEqual({ error: { code, message: expect.any(String), hint: expect.toSatisfy((hint) => hint === null || typeof hint === 'string') } });
  expect(await engine.containers.list({ labels: {} })).toEqual([]);
});

test('what is answered at an address is told to whoever asks for something else', async () => {
  const { ask } = await createTestApi();
  expect((await ask('PUT', '/api/v1/desktops/x', { door: 'socket' })).headers.allow).toBe('DELETE, GET, HEAD');
  expect((await ask('DELETE', '/api/v1/events', { door: 'socket' })).headers.allow).toBe('GET');
});
