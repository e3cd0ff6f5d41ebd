// The orchestrator of kiosks: its document's own command lines, and what its clients read.
import { expect, test } from 'vitest';
import { dialectsExtension } from '../../../../src/api/dialects/dialects.ts';
import { runCurlLine } from '../../../support/curl-lines.ts';
import { createTestApi } from '../../../support/test-api.ts';

/** As the document has them, in its order. */
const LINES = {
  access: 'curl "http://localhost:8080/access?id=111.222.333-44"',
  status: 'curl http://localhost:8080/status',
  remove: 'curl "http://localhost:8080/remove?id=111.222.333-44"',
  removeAll: 'curl http://localhost:8080/remove-all',
  health: 'curl http://localhost:8080/health',
};

const open = (auth: 'none' | 'token' = 'none') => createTestApi({ settings: { auth }, extensions: [dialectsExtension(['kiosk-orchestrator'])] });

test("the document's own command lines work", async () => {
  const { port, engine } = await open();
  const run = async (name: keyof typeof LINES): Promise<string> => runCurlLine(LINES[name], await port());
  expect(await run('access')).toBe('');
  const status = JSON.parse(await run('status')) as { records: { container_id: string }[] };
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
  expect(status).toEqual({
    active_containers: 1,
    max_slots: 21,
    records: [{ client_id: '111.222.333-44', container_id: expect.stringMatching(/^.{1,12}$/), container_name: 'vnc_11122233344', port: 8080, created_at: time, last_accessed_at: time }],
  });
  expect(JSON.parse(await run('remove'))).toEqual({ status: 'removed', client_id: '111.222.333-44', container_id: status.records[0]?.container_id, port: 8080 });
  await run('access');
  expect(JSON.parse(await run('removeAll'))).toEqual({ status: 'removed_all', removed: 1 });
  expect(JSON.parse(await run('health'))).toEqual({ status: 'ok' });
  expect(await engine.containers.list({ labels: {} })).toEqual([]);
});

test('/access leads to the desktop, which is the same one each time', async () => {
  const { ask, engine } = await open();
  const first = await ask('GET', '/access?id=11144477735');
  expect(first.status, first.body).toBe(302);
  expect(first.headers.location).toMatch(/^http:\/\/127\.0\.0\.1:8080\/d\/[a-z0-9]+\/#ticket=/);
  expect(first.headers['cache-control']).toBe('no-store');
  const again = await ask('GET', '/access?id=111.444.777-35');
  expect(again.headers.location?.split('#')[0]).toBe(first.headers.location?.split('#')[0]);
  expect(await engine.containers.list({ labels: {} })).toHaveLength(1);
});

test('/access gives the screen the size that was asked for', async () => {
  const { ask, engine } = await createTestApi({ settings: { auth: 'none' }, installation: { defaults: { size: { width: 1280, height: 720 } } }, extensions: [dialectsExtension(['kiosk-orchestrator'])] });
  await ask('GET', '/access?id=11144477735&width=390&height=900');
  expect((await engine.containers.find('vnc_11144477735'))?.env).toMatchObject({ WIDTH: '390', HEIGHT: '900' });
  await ask('GET', '/access?id=11122233344&width=390');
  expect((await engine.containers.find('vnc_11122233344'))?.env).toMatchObject({ WIDTH: '390', HEIGHT: '720' });
});

test('failures are told in the form of the document', async () => {
  const { ask } = await open();
  for (const path of ['/access', '/access?id=', '/remove']) {
    const { status, json } = await ask('GET', path);
    expect({ status, body: json() }).toEqual({ status: 400, body: { error: 'Missing required parameter: id' } });
  }
  const wrong = await ask('GET', '/access?id=nobody');
  expect({ status: wrong.status, body: wrong.json() }).toEqual({ status: 400, body: { error: expect.stringContaining('is not a CPF') } });
  const none = await ask('GET', '/remove?id=11144477735');
  expect({ status: none.status, body: none.json() }).toEqual({ status: 404, body: { error: '111.444.777-35 has no desktop' } });
});

test('a page of another site changes nothing, and a HEAD neither', async () => {
  const { ask, engine } = await open();
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'http://evil.example' }] as const) {
    for (const path of ['/access?id=11144477735', '/remove?id=11144477735', '/remove-all']) {
      const { status, json } = await ask('GET', path, { headers });
      expect({ status, body: json() }, path).toEqual({ status: 403, body: { error: 'a page of another site asks for this' } });
    }
  }
  expect((await ask('HEAD', '/access?id=11144477735')).status).toBe(405);
  expect(await engine.containers.list({ labels: {} })).toEqual([]);
  expect((await ask('GET', '/access?id=11144477735', { headers: { 'sec-fetch-site': 'none' } })).status).toBe(302);
  expect((await ask('GET', '/status', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(200);
});

test('a browser that does not say for which page it asks changes nothing, until it is shown to be no page\'s', async () => {
  const { ask, engine } = await open();
  const old = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101 Firefox/60.0', accept: 'text/html,*/*;q=0.8', referer: 'http://evil.example/' };
  for (const path of ['/access?id=11144477735', '/remove?id=11144477735', '/remove-all']) {
    const { status, json } = await ask('GET', path, { headers: old });
    expect({ status, body: json() }, path).toEqual({ status: 403, body: { error: expect.stringContaining('X-Requested-With') } });
  }
  expect(await engine.containers.list({ labels: {} })).toEqual([]);
  expect((await ask('GET', '/status', { headers: old })).status).toBe(200);
  expect((await ask('GET', '/access?id=11144477735', { headers: { ...old, 'x-requested-with': 'portal' } })).status).toBe(302);
  expect((await ask('GET', '/access?id=11144477735', { headers: { 'user-agent': 'curl/8.5.0', accept: '*/*' } })).status).toBe(302);
  const guarded = await open('token');
  expect((await guarded.ask('GET', '/access?id=11144477735', { token: await guarded.token('operate'), headers: old })).status).toBe(302);
});

test('over the network a token is asked for, and what it may do is what it may do elsewhere', async () => {
  const { ask, token } = await open('token');
  const nobody = await ask('GET', '/access?id=11144477735');
  expect({ status: nobody.status, body: nobody.json() }).toEqual({ status: 401, body: { error: expect.any(String) } });
  const [reader, operator] = [await token('read'), await token('operate')];
  expect((await ask('GET', '/access?id=11144477735', { token: reader })).status).toBe(403);
  expect((await ask('GET', '/access?id=11144477735', { token: operator })).status).toBe(302);
  expect((await ask('GET', '/status', { token: reader })).status).toBe(200);
  expect((await ask('GET', '/remove-all', { token: operator })).status).toBe(403);
  expect((await ask('GET', '/health')).status).toBe(200);
});

test('where client ids are hidden they are hidden here', async () => {
  const { ask, settings } = await open();
  await ask('GET', '/access?id=11144477735');
  settings.mask = true;
  const { body } = await ask('GET', '/status');
  expect(body).toContain('111.***.***-35');
  expect(body).not.toContain('11144477735');
});

test('health says when the daemon can not work', async () => {
  const api = await open();
  api.readiness = { ready: false, reason: 'the engine is not reachable' };
  const { status, json } = await api.ask('GET', '/health');
  expect({ status, body: json() }).toEqual({ status: 503, body: { status: 'error' } });
});

test.each(['any', 'all', 'allocate', 'list', 'remove-all', '%20'])('the reserved or empty word %s is nobody, whatever ids are taken', async (word) => {
  const { ask, engine, settings } = await open();
  settings.clientIds = 'any';
  for (const path of ['/access', '/remove']) expect((await ask('GET', `${path}?id=${word}`)).status).toBe(400);
  expect(await engine.containers.list({ labels: {} })).toEqual([]);
});
