// The browser fleet: what its document promises of worker and control plane, asked as its own page asks.
import { expect, test } from 'vitest';
import { dialectsExtension } from '../../../../src/api/dialects/dialects.ts';
import { createTestApi } from '../../../support/test-api.ts';

const open = (auth: 'none' | 'token' = 'none') => createTestApi({ settings: { auth, clientIds: 'any' }, extensions: [dialectsExtension(['browser-fleet'])] });
/** The fleet's page names the type of a body with every request, sent or not. */
const AS_PAGE = { headers: { 'content-type': 'application/json' } };

test('a session is made, listed, looked at, kept and ended, by worker and by control plane', async () => {
  const { ask, engine, clock } = await open();
  const made = await ask('POST', '/sessions', { body: { vnc: true, start_url: 'https://example.org/', start_url_wait: 'load', headless: false, idle_ttl_seconds: 300, labels: { team: 'a' } } });
  expect(made.status, made.body).toBe(201);
  const session = made.json();
  const id = String(session.id);
  expect(session).toEqual({
    worker: 'default',
    worker_id: 'default',
    id: expect.stringMatching(/^[a-z0-9]+$/),
    status: 'READY',
    created_at: expect.any(String),
    last_seen_at: expect.any(String),
    browser: 'kiosk',
    headless: false,
    idle_ttl_seconds: 300,
    labels: { team: 'a' },
    ws_endpoint: null,
    vnc_enabled: true,
    vnc: { ws: expect.stringMatching(new RegExp(`^ws://127\\.0\\.0\\.1:8080/websockify\\?token=${id}\\.`)), http: expect.stringMatching(new RegExp(`^http://127\\.0\\.0\\.1:8080/d/${id}/#ticket=`)), password_protected: false },
    start_url_wait: 'load',
  });
  const [container] = await engine.containers.list({ labels: {} });
  expect((await engine.containers.find(container?.id ?? ''))?.env).toMatchObject({ KIOSK_URL: 'https://example.org/' });
  for (const prefix of ['', '/api']) {
    expect((await ask('GET', `${prefix}/sessions`, AS_PAGE)).json()).toEqual([session]);
    for (const path of [`/sessions/${id}`, `/sessions/default/${id}`]) expect((await ask('GET', `${prefix}${path}`, AS_PAGE)).json()).toEqual(session);
  }
  for (const path of [`/sessions/${id}/touch`, `/sessions/default/${id}/touch`]) {
    clock.advance(60_000);
    const touched = await ask('POST', path, AS_PAGE);
    expect({ status: touched.status, at: touched.json().last_seen_at }).toEqual({ status: 200, at: clock.now().toISOString() });
  }
  const ended = await ask('DELETE', `/sessions/default/${id}`, AS_PAGE);
  expect({ status: ended.status, body: ended.json() }).toEqual({ status: 200, body: { id, status: 'DEAD' } });
  expect((await ask('GET', '/sessions')).json()).toEqual([]);
  const again = await ask('DELETE', `/sessions/${id}`, AS_PAGE);
  expect({ status: again.status, body: again.json() }).toEqual({ status: 404, body: { detail: 'Session not found' } });
});

test('the smallest request makes a session of nobody, another each time; one that names its client makes theirs', async () => {
  const { ask, engine } = await open();
  const ids = [await ask('POST', '/sessions', { body: {} }), await ask('POST', '/sessions', { body: {} })].map((answer) => answer.json().id);
  expect(new Set(ids).size).toBe(2);
  const [one, two] = [await ask('POST', '/sessions', { body: { client: 'ana' } }), await ask('POST', '/sessions', { body: { client: 'ana' } })];
  expect(one.json().id).toBe(two.json().id);
  expect((await engine.containers.list({ labels: {} })).map(({ name }) => name.replace(/[0-9a-f]{10}$/, '…')).sort()).toEqual(['vnc_ana', 'vnc_session-…', 'vnc_session-…']);
});

test('where only people have desktops, a session has to say whose it is', async () => {
  const { ask, settings, engine } = await open();
  settings.clientIds = 'cpf';
  const { status, json } = await ask('POST', '/sessions', { body: {} });
  expect({ status, body: json() }).toEqual({ status: 400, body: { detail: expect.stringContaining('whose session is it?') } });
  expect((await ask('POST', '/sessions', { body: { client: '111.444.777-35' } })).status).toBe(201);
  expect(await engine.containers.list({ labels: {} })).toHaveLength(1);
});

test('a session that is to load nothing shows an empty page', async () => {
  const { ask, engine } = await open();
  const made = await ask('POST', '/sessions', { body: { client: 'ana', start_url: 'https://example.org/', start_url_wait: 'none' } });
  expect(made.json()).toMatchObject({ start_url_wait: 'none' });
  expect((await engine.containers.find('vnc_ana'))?.env).toMatchObject({ KIOSK_URL: 'about:blank' });
});

test('the one worker is this installation', async () => {
  const api = await open();
  expect((await api.ask('GET', '/workers')).json()).toEqual([{ name: 'default', healthy: true, detail: { status: 'ok', version: '0.0.0' }, supports_vnc: true }]);
  expect((await api.ask('GET', '/health')).json()).toEqual({ status: 'ok', version: '0.0.0', checks: { engine: 'ok' } });
  const other = await api.ask('POST', '/sessions', { body: { worker: 'elsewhere' } });
  expect({ status: other.status, body: other.json() }).toEqual({ status: 404, body: { detail: 'Worker not found' } });
  api.readiness = { ready: false, reason: 'the engine is not reachable' };
  expect((await api.ask('GET', '/workers')).json()).toEqual([{ name: 'default', healthy: false, detail: { error: 'the engine is not reachable' }, supports_vnc: true }]);
});

test('/vnc/{id} leads to the page of the screen by a link that opens once', async () => {
  const { ask, tickets } = await open();
  const { id } = (await ask('POST', '/sessions', { body: {} })).json<{ id: string }>();
  const { status, headers } = await ask('GET', `/vnc/${id}`);
  expect({ status, location: headers.location }).toEqual({ status: 302, location: expect.stringMatching(new RegExp(`^http://127\\.0\\.0\\.1:8080/d/${id}/#ticket=`)) });
  expect(tickets.at(-1)).toMatchObject({ kind: 'link', usesLeft: 1 });
  expect((await ask('GET', '/vnc/nothing')).status).toBe(404);
});

test('who may only read gets no address of a screen', async () => {
  const { ask, token } = await open('token');
  const reader = await token('read');
  expect((await ask('GET', '/sessions')).status).toBe(401);
  expect((await ask('GET', '/sessions', { token: reader })).status).toBe(403);
  expect((await ask('GET', '/workers', { token: reader })).status).toBe(200);
  expect((await ask('GET', '/sessions', { token: await token('operate') })).status).toBe(200);
});

test('a page of another site makes and ends nothing, unless it is listed', async () => {
  const { ask, settings } = await open();
  const headers = { origin: 'http://localhost:5173', 'sec-fetch-site': 'same-site' };
  expect((await ask('POST', '/sessions', { body: {}, headers })).status).toBe(401);
  settings.corsOrigins = ['http://localhost:5173'];
  expect((await ask('POST', '/sessions', { body: {}, headers })).status).toBe(201);
});

test('beside the orchestrator of kiosks there is one /health, which both read', async () => {
  const { ask } = await createTestApi({ extensions: [dialectsExtension(['kiosk-orchestrator', 'browser-fleet', 'curated-desktops'])] });
  expect((await ask('GET', '/health')).json()).toMatchObject({ status: 'ok' });
});

test.each(['any', 'all', 'allocate', 'list', 'sessions', ' '])('the reserved or empty word %j is the client of no session', async (client) => {
  const { ask, engine } = await open();
  expect((await ask('POST', '/sessions', { body: { client } })).status).toBe(400);
  expect(await engine.containers.list({ labels: {} })).toEqual([]);
});
