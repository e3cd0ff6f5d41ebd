import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { VncctlError } from '../../../src/errors.ts';
import { ONE, openedBy, type OpenedHeaders, openGateway, OTHER, type RawAnswer, type TestGateway, WEBSOCKET_HEADERS } from '../../support/test-gateway.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

test('a link is opened by its page and by nothing else: page, ticket, cookie, state, screen', async () => {
  const gateway = await openGateway();
  expect((await gateway.ask(`/d/${ONE}/`)).status).toBe(200);
  const answer = await gateway.exchange(gateway.give().secret);
  expect(answer).toMatchObject({ status: 204, body: '' });
  expect(answer.headers['set-cookie']).toMatch(new RegExp(`^vncctl=[^;]+; Path=/d/${ONE}/; Max-Age=604800; HttpOnly; SameSite=Strict$`));
  const opened = openedBy(answer);
  const state = await gateway.ask(`/d/${ONE}/state`, { headers: opened });
  expect(state.status).toBe(200);
  expect(JSON.parse(state.body)).toEqual({ status: 'ready', viewOnly: false, removeAt: null, canKeep: false });
  expect((await gateway.ask(`/d/${ONE}/ws`, { headers: { ...WEBSOCKET_HEADERS, ...opened, origin: gateway.origin } })).status).toBe(101);
  expect(gateway.joined).toEqual([{ desktopId: ONE, mode: 'full', ticketId: gateway.tickets.all[0]?.id, expiresAt: '2030-01-01T12:15:00.000Z' }]);
});

/** What is tried: returns the answer. Each is written byte by byte to a real door, as an HTTP request or the upgrade of one. */
type Attack = (gateway: TestGateway) => Promise<RawAnswer>;

const socketWith =
  (headers: Record<string, string | undefined>, { path = `/d/${ONE}/ws`, open = true } = {}): Attack =>
  async (gateway) =>
    gateway.ask(path, { headers: { ...WEBSOCKET_HEADERS, origin: gateway.origin, ...(open ? { ...(await gateway.open()) } : {}), ...headers } });

const stateWith =
  (make: (gateway: TestGateway) => Promise<Partial<OpenedHeaders>>, path = `/d/${ONE}/state`): Attack =>
  async (gateway) =>
    gateway.ask(path, { headers: { ...(await make(gateway)) } });

const session =
  (over: { headers?: Record<string, string | undefined>; body?: string; method?: string }): Attack =>
  async (gateway) =>
    gateway.ask(`/d/${ONE}/session`, { method: over.method ?? 'POST', headers: { ...JSON_TYPE, origin: gateway.origin, ...over.headers }, body: over.body ?? JSON.stringify({ ticket: gateway.give().secret }) });

const HALF = 'x-vncctl-session';
/** The page's half of a session with something changed in it. */
const withHalf = (opened: OpenedHeaders, change: (half: string) => string): OpenedHeaders => ({ ...opened, [HALF]: change(opened[HALF]) });
const changed = (opened: OpenedHeaders): OpenedHeaders => withHalf(opened, (half) => half.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')));
/** What a page on another port of the same host learns of a session: the cookie alone. */
const cookieOf = ({ cookie }: OpenedHeaders): { cookie: string } => ({ cookie });

const ATTACKS: readonly (readonly [string, number, Attack])[] = [
  // Was it sent to us?
  ['a page by a name made to point here', 403, (gateway) => gateway.ask(`/d/${ONE}/`, { headers: { host: `evil.example:${gateway.port}` } })],
  ['a state by a name made to point here, with the cookie', 403, async (gateway) => gateway.ask(`/d/${ONE}/state`, { headers: { host: 'evil.example', ...(await gateway.open()) } })],
  ['a ticket by a name made to point here', 403, session({ headers: { host: 'evil.example', origin: 'http://evil.example' } })],
  ['a WebSocket by a name made to point here', 403, socketWith({ host: 'evil.example', origin: 'http://evil.example' })],
  ['a name that begins like ours', 403, (gateway) => gateway.ask(`/d/${ONE}/`, { headers: { host: 'localhost.evil.example' } })],
  ['a path that is not there, by a name made to point here', 403, (gateway) => gateway.ask('/d/../../etc/passwd', { headers: { host: 'evil.example' } })],
  ['a page by a name that only a proxy nobody listed tells', 403, (gateway) => gateway.ask(`/d/${ONE}/`, { headers: { host: 'evil.example', 'x-forwarded-host': 'localhost' } })],
  // By a page of ours?
  ['a WebSocket of a foreign page', 403, socketWith({ origin: 'http://evil.example' })],
  ['a WebSocket of a page on another port', 403, socketWith({ origin: 'http://127.0.0.1:1' })],
  ['a WebSocket of a page under another name of this machine', 403, async (gateway) => socketWith({ origin: `http://localhost:${gateway.port}` })(gateway)],
  ['a WebSocket of a page without an origin', 403, socketWith({ origin: 'null' })],
  ['a WebSocket of a file', 403, socketWith({ origin: 'file://' })],
  ['a WebSocket of a browser that tells no origin', 403, socketWith({ origin: undefined, 'sec-fetch-site': 'cross-site' })],
  ['a ticket of a foreign page', 403, session({ headers: { origin: 'https://evil.example' } })],
  ['a ticket of a page on the same site that tells no origin', 403, session({ headers: { origin: undefined, 'sec-fetch-site': 'same-site' } })],
  ['a keep of a foreign page, with the cookie', 403, async (gateway) => gateway.ask(`/d/${ONE}/keep`, { method: 'POST', headers: { ...(await gateway.open()), origin: 'http://evil.example' } })],
  // By somebody who may?
  ['a state without a cookie', 401, stateWith(async () => ({}))],
  ['a state with what is no session of ours', 401, stateWith(async () => ({ cookie: `vncctl=${'A'.repeat(22)}`, [HALF]: `2.${ONE}.full.aa.zzzzzzzz.${'A'.repeat(43)}.${'A'.repeat(43)}` }))],
  ['a state with the cookie alone', 401, stateWith(async (gateway) => cookieOf(await gateway.open()))],
  ["a state with the page's half alone", 401, stateWith(async (gateway) => ({ [HALF]: (await gateway.open())[HALF] }))],
  ["a state with the page's half and the cookie of another browser", 401, stateWith(async (gateway) => ({ ...(await gateway.open()), cookie: (await gateway.open()).cookie }))],
  ["a state with the cookie as the page's half", 401, stateWith(async (gateway) => {
    const { cookie } = await gateway.open();
    return { cookie, [HALF]: cookie.replace('vncctl=', '') };
  })],
  ['a state with a cookie of the form before this one', 401, stateWith(async (gateway) => ({ ...(await gateway.open()), cookie: `vncctl=1.${ONE}.full.aa.zzzzzzzz.${'A'.repeat(43)}` }))],
  ['a WebSocket with the cookie alone', 401, async (gateway) => socketWith(cookieOf(await gateway.open()), { open: false })(gateway)],
  ['a keep with the cookie alone', 401, async (gateway) => gateway.ask(`/d/${ONE}/keep`, { method: 'POST', headers: { origin: gateway.origin, ...cookieOf(await gateway.open()) } })],
  ['a state with a tampered cookie', 401, stateWith(async (gateway) => changed(await gateway.open()))],
  ['a state with a cookie made into one for everything', 401, stateWith(async (gateway) => withHalf(await gateway.open({ mode: 'view-only' }), (half) => half.replace('view-only', 'full')))],
  ["a state with another desktop's cookie", 401, stateWith((gateway) => gateway.open({ desktopId: OTHER }))],
  ["a state with another desktop's cookie, its id replaced", 401, stateWith(async (gateway) => withHalf(await gateway.open({ desktopId: OTHER }), (half) => half.replaceAll(OTHER, ONE)))],
  ['a state with a cookie whose time is over', 401, stateWith(async (gateway) => {
    const opened = await gateway.open();
    gateway.clock.advance(15 * 60_000);
    return opened;
  })],
  ['a state with a cookie whose ticket was revoked', 401, stateWith(revokedCookie)],
  ['a WebSocket without a cookie', 401, socketWith({}, { open: false })],
  ["a WebSocket with another desktop's cookie", 401, async (gateway) => socketWith(await gateway.open({ desktopId: OTHER }))(gateway)],
  ['a WebSocket with a tampered cookie', 401, async (gateway) => socketWith(changed(await gateway.open()))(gateway)],
  ['a WebSocket with a cookie whose ticket was revoked', 401, async (gateway) => socketWith(await revokedCookie(gateway))(gateway)],
  ['a keep without a cookie', 401, (gateway) => gateway.ask(`/d/${ONE}/keep`, { method: 'POST', headers: { origin: gateway.origin } })],
  ['a keep of somebody who may only look', 403, async (gateway) => gateway.ask(`/d/${ONE}/keep`, { method: 'POST', headers: { origin: gateway.origin, ...(await gateway.open({ mode: 'view-only' })) } })],
  ['a ticket that is none', 401, (gateway) => gateway.exchange('A'.repeat(22))],
  ['a ticket that was used up', 401, async (gateway) => {
    const { secret } = gateway.give({ uses: 1 });
    await gateway.exchange(secret);
    return gateway.exchange(secret);
  }],
  ['a link that was opened before', 401, async (gateway) => {
    const { secret } = gateway.give({ kind: 'link', uses: 1 });
    await gateway.exchange(secret);
    return gateway.exchange(secret);
  }],
  ['a ticket that is expired', 401, async (gateway) => {
    const { secret } = gateway.give({ lifeMs: 1000 });
    gateway.clock.advance(1000);
    return gateway.exchange(secret);
  }],
  ['a ticket that was revoked', 401, async (gateway) => {
    const { secret } = gateway.give();
    await revokeAll(gateway);
    return gateway.exchange(secret);
  }],
  ["another desktop's ticket", 401, (gateway) => gateway.exchange(gateway.give({ desktopId: OTHER }).secret)],
  // To something that is there? Whoever may not know it is told nothing else than of any desktop.
  ['a state of a desktop that is not there, without a cookie', 401, stateWith(async () => ({}), '/d/nosuch/state')],
  ['a WebSocket to a desktop that is not there, without a cookie', 401, socketWith({}, { path: '/d/nosuch/ws', open: false })],
  ['a ticket to a desktop that is not there', 401, (gateway) => gateway.ask('/d/nosuch/session', { method: 'POST', headers: { ...JSON_TYPE, origin: gateway.origin }, body: JSON.stringify({ ticket: gateway.give().secret }) })],
  ['a state of a desktop that went', 404, stateWith(goneCookie)],
  ['a WebSocket to a desktop that went', 404, async (gateway) => socketWith(await goneCookie(gateway))(gateway)],
  ['a keep of a desktop that went', 404, async (gateway) => gateway.ask(`/d/${ONE}/keep`, { method: 'POST', headers: { origin: gateway.origin, ...(await goneCookie(gateway)) } })],
  // Is it a request that is understood?
  ['a body that is too long', 413, session({ body: JSON.stringify({ ticket: 'x'.repeat(2000) }) })],
  ['a body in pieces that is too long', 413, session({ headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' }, body: `800\r\n${'x'.repeat(2048)}\r\n` })],
  ['a body that is no JSON', 400, session({ body: '{"ticket": ' })],
  ['a body without a ticket', 400, session({ body: '{"tickets":[]}' })],
  ['a ticket that is no text', 400, session({ body: '{"ticket":["a"]}' })],
  ['a form', 415, session({ headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'ticket=x' })],
  ['JSON as a page without a right to send it could', 415, session({ headers: { 'content-type': 'text/plain' } })],
  ['a body that says no type', 415, session({ headers: { 'content-type': undefined } })],
  ['a ticket by GET', 405, session({ method: 'GET' })],
  ['a state by POST', 405, (gateway) => gateway.ask(`/d/${ONE}/state`, { method: 'POST', headers: { origin: gateway.origin } })],
  ['a page by DELETE', 405, (gateway) => gateway.ask(`/d/${ONE}/`, { method: 'DELETE' })],
  ['a keep by GET', 405, (gateway) => gateway.ask(`/d/${ONE}/keep`)],
  ['a WebSocket that is none', 426, (gateway) => gateway.ask(`/d/${ONE}/ws`)],
  ['another protocol than WebSocket, which is as if none were asked for', 426, socketWith({ upgrade: 'h2c' })],
  ['a WebSocket among other protocols', 400, socketWith({ upgrade: 'h2c, websocket' })],
  ['a WebSocket anywhere else', 404, socketWith({}, { path: `/d/${ONE}/state` })],
  ['dots that lead out', 404, (gateway) => gateway.ask(`/d/${ONE}/../../etc/passwd`)],
  ['dots that lead out, encoded', 404, (gateway) => gateway.ask(`/d/${ONE}/%2e%2e/%2e%2e/etc/passwd`)],
  ['dots that lead out, encoded twice', 404, (gateway) => gateway.ask(`/d/${ONE}/%252e%252e%252fetc%252fpasswd`)],
  ['backslashes that lead out', 404, (gateway) => gateway.ask(`/d/${ONE}/..\\..\\etc\\passwd`)],
  ['dots alone', 404, (gateway) => gateway.ask(`/d/${ONE}/..`)],
  ['dots instead of a desktop', 404, (gateway) => gateway.ask('/d/../healthz')],
  ['a zero byte', 404, (gateway) => gateway.ask(`/d/${ONE}/viewer.js%00`)],
  ['a file of the package that is not the page\'s', 404, (gateway) => gateway.ask(`/d/${ONE}/index.html`)],
  ['a property that every object has', 404, (gateway) => gateway.ask(`/d/${ONE}/constructor`)],
  ['no desktop at all', 404, (gateway) => gateway.ask('/d/')],
];

async function revokeAll({ tickets, clock }: TestGateway): Promise<void> {
  await tickets.update((all) => ({ tickets: all.map((ticket) => ({ ...ticket, revokedAt: clock.now().toISOString() })), result: undefined }));
}

async function revokedCookie(gateway: TestGateway): Promise<OpenedHeaders> {
  const opened = await gateway.open();
  await revokeAll(gateway);
  return opened;
}

async function goneCookie(gateway: TestGateway): Promise<OpenedHeaders> {
  const opened = await gateway.open();
  gateway.desktops.delete(ONE);
  return opened;
}

test.each(ATTACKS)('%s is answered with %i, does nothing and tells nothing', async (_, status, attack) => {
  const gateway = await openGateway();
  const secrets: string[] = [];
  const spied: TestGateway = {
    ...gateway,
    give(wish) {
      const given = gateway.give(wish);
      secrets.push(given.secret, given.ticket.hash);
      return given;
    },
    async open(wish) {
      const opened = await gateway.open(wish);
      secrets.push(opened.cookie.split('=').at(-1) ?? '', opened['x-vncctl-session'].split('.').at(-1) ?? '');
      return opened;
    },
  };
  const answer = await attack(spied);
  expect(answer.status).toBe(status);
  expect([gateway.joined, gateway.kept]).toEqual([[], []]);
  expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  expect(answer.headers['set-cookie']).toBeUndefined();
  const told = `${answer.whole}\n${JSON.stringify(gateway.log.lines)}`;
  for (const secret of secrets) expect(told).not.toContain(secret);
  // The answer to a request says nothing that was in it.
  expect(answer.body).not.toMatch(/evil|passwd|nosuch|vncctl/);
});

test('one who may not know is told the same of a desktop that is there and of one that is not', async () => {
  const gateway = await openGateway();
  for (const path of ['', 'state', 'ws', 'viewer.js']) {
    const [there, nowhere] = await Promise.all([ONE, 'nosuch'].map((id) => gateway.ask(`/d/${id}/${path}`)));
    expect(withoutDate(nowhere)).toBe(withoutDate(there));
  }
});

const withoutDate = (answer: RawAnswer | undefined): string => answer?.whole.replace(/^Date: .*\r\n/im, '') ?? expect.unreachable();

test.each(['localhost', 'LOCALHOST', '127.0.0.1', '[::1]', 'screens.example.org', 'Screens.Example.Org:443'])('%s is a name of ours', async (host) => {
  const gateway = await openGateway({ names: ['screens.example.org'] });
  expect((await gateway.ask(`/d/${ONE}/`, { headers: { host } })).status).toBe(200);
});

test.each([
  ['http://screens.example.org', 'screens.example.org'],
  ['https://screens.example.org', 'screens.example.org'],
  ['https://screens.example.org', 'screens.example.org:443'],
  ['http://SCREENS.example.org:80', 'screens.example.org'],
  ['http://[::1]:8080', '[::1]:8080'],
])('a page of %s is one of %s', async (origin, host) => {
  const gateway = await openGateway({ names: ['screens.example.org'] });
  const opened = await gateway.open();
  expect((await gateway.ask(`/d/${ONE}/ws`, { headers: { ...WEBSOCKET_HEADERS, host, origin, ...opened } })).status).toBe(101);
});

test.each([
  ['the public address says so', { publicUrl: 'https://screens.example.org' }, { host: 'screens.example.org' }, 'screens.example.org'],
  ['a listed proxy says so', { trustedProxies: ['127.0.0.1'] }, { 'x-forwarded-proto': 'https' }, undefined],
] as const)('behind TLS, since %s, no plain page is one of ours, and cookies are for TLS only', async (_, front, headers, name) => {
  const gateway = await openGateway(front);
  const place = name ?? `127.0.0.1:${gateway.port}`;
  const exchange = (scheme: string): Promise<RawAnswer> => session({ headers: { ...headers, origin: `${scheme}://${place}` } })(gateway);
  expect((await exchange('http')).status).toBe(403);
  expect((await exchange('https')).headers['set-cookie']).toMatch(/; Secure$/);
});

const PUBLIC = 'desktops.example.org';
const OWN = `${ONE}.${PUBLIC}`;

/** How a desktop is reached through proxies: settings, the Host that arrives, the path that stands for the desktop's, the origin of its page, what the cookie counts for. */
test.each([
  ['a prefix that the proxy keeps', { publicUrl: `https://${PUBLIC}/vnc` }, { host: PUBLIC }, `/vnc/d/${ONE}`, `https://${PUBLIC}`, `/vnc/d/${ONE}/`],
  ['a prefix that the proxy takes away', { publicUrl: `https://${PUBLIC}/vnc` }, { host: PUBLIC }, `/d/${ONE}`, `https://${PUBLIC}`, `/vnc/d/${ONE}/`],
  ['a port that the proxy leaves out', { publicUrl: `https://${PUBLIC}:8443/vnc` }, { host: PUBLIC }, `/vnc/d/${ONE}`, `https://${PUBLIC}:8443`, `/vnc/d/${ONE}/`],
  ['a port that the proxy passes on', { publicUrl: `https://${PUBLIC}:8443/vnc` }, { host: `${PUBLIC}:8443` }, `/vnc/d/${ONE}`, `https://${PUBLIC}:8443`, `/vnc/d/${ONE}/`],
  ['a host of its own', { publicUrl: `https://{id}.${PUBLIC}` }, { host: OWN }, '', `https://${OWN}`, '/'],
  ['a host of its own that the proxy makes a path of', { publicUrl: `https://{id}.${PUBLIC}` }, { host: OWN }, `/d/${ONE}`, `https://${OWN}`, '/'],
  ['a host of its own and a prefix', { publicUrl: `https://{id}.${PUBLIC}/vnc` }, { host: OWN }, '/vnc', `https://${OWN}`, '/vnc/'],
  ['a name that a listed proxy tells', { publicUrl: `https://${PUBLIC}/vnc`, trustedProxies: ['127.0.0.0/8'] }, { host: '127.0.0.1', 'x-forwarded-host': PUBLIC }, `/d/${ONE}`, `https://${PUBLIC}`, `/vnc/d/${ONE}/`],
  ['a prefix that a listed proxy tells', { names: [PUBLIC], trustedProxies: ['127.0.0.1'] }, { host: PUBLIC, 'x-forwarded-prefix': '/away', 'x-forwarded-proto': 'https' }, `/d/${ONE}`, `https://${PUBLIC}`, `/away/d/${ONE}/`],
] as const)('through %s a link is opened and its screen joined', async (_, front, headers, path, origin, cookiePath) => {
  const gateway = await openGateway(front);
  const page = await gateway.ask(`${path}/`, { headers });
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  const answer = await gateway.ask(`${path}/session`, { method: 'POST', headers: { ...headers, ...JSON_TYPE, origin }, body: JSON.stringify({ ticket: gateway.give().secret }) });
  expect(answer.status).toBe(204);
  expect(answer.headers['set-cookie']).toContain(`; Path=${cookiePath}; `);
  expect(answer.headers['set-cookie']).toMatch(/; Secure$/);
  const opened = openedBy(answer);
  expect((await gateway.ask(`${path}/state`, { headers: { ...headers, ...opened } })).status).toBe(200);
  expect((await gateway.ask(`${path}/ws`, { headers: { ...WEBSOCKET_HEADERS, ...headers, ...opened, origin } })).status).toBe(101);
  // A page anywhere else than there is none of ours, though it is one of the proxy's.
  for (const foreign of ['https://example.org', `http://${PUBLIC}`, `https://${PUBLIC}:1`, `https://${OTHER}.${PUBLIC}`]) {
    expect((await gateway.ask(`${path}/ws`, { headers: { ...WEBSOCKET_HEADERS, ...headers, ...opened, origin: foreign } })).status, foreign).toBe(403);
  }
});

test('without its slash a public page is led to itself', async () => {
  const { ask } = await openGateway({ publicUrl: `https://{id}.${PUBLIC}/a/vnc` });
  expect(await ask('/a/vnc', { headers: { host: OWN } })).toMatchObject({ status: 308, headers: { location: 'vnc/' } });
});

test('on a host of its own there is no other desktop, and nothing else of the daemon', async () => {
  const { ask, open } = await openGateway({ publicUrl: `https://{id}.${PUBLIC}` });
  const headers = { host: OWN, ...(await open({ desktopId: OTHER })) };
  expect((await ask(`/d/${OTHER}/state`, { headers })).status).toBe(404);
  expect((await ask('/state', { headers })).status).toBe(401);
  expect((await ask('/healthz', { headers })).status).toBe(404);
});

test('what a proxy forwards that is not listed changes nothing: no name, no TLS, no path, no address', async () => {
  const forged = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': PUBLIC, 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/evil' };
  const gateway = await openGateway({ publicUrl: `https://${PUBLIC}/vnc`, trustedProxies: ['192.0.2.1'] });
  const answer = await session({ headers: forged })(gateway);
  expect(answer.headers['set-cookie']).toMatch(new RegExp(`; Path=/d/${ONE}/; Max-Age=604800; HttpOnly; SameSite=Strict$`));
  expect((await session({ headers: { ...forged, origin: `https://${PUBLIC}` } })(gateway)).status).toBe(403);
  const opened = openedBy(answer);
  expect((await socketWith({ ...forged, ...opened })(gateway)).status).toBe(101);
  expect(gateway.addresses).toEqual(['127.0.0.1']);
});

test.each([
  ['what arrives', { host: 'evil.example', 'x-forwarded-host': PUBLIC }],
  ['what the proxy was asked', { host: '127.0.0.1', 'x-forwarded-host': 'evil.example' }],
])('through a listed proxy too, both names have to be ours: not %s', async (_, headers) => {
  const gateway = await openGateway({ publicUrl: `https://${PUBLIC}/vnc`, trustedProxies: ['127.0.0.1'] });
  expect((await gateway.ask(`/d/${ONE}/`, { headers })).status).toBe(403);
});

test('behind a listed proxy each client has tries of its own, and a viewer the address of its client', async () => {
  const gateway = await openGateway({ trustedProxies: ['127.0.0.1'] });
  const from = (address: string, body?: string): Promise<RawAnswer> => session({ headers: { 'x-forwarded-for': `127.0.0.1, ${address}` }, ...(body === undefined ? {} : { body }) })(gateway);
  for (let count = 0; count < 10; count++) expect((await from('203.0.113.9', JSON.stringify({ ticket: 'A'.repeat(22) }))).status).toBe(401);
  expect((await from('203.0.113.9')).status).toBe(429);
  expect((await from('203.0.113.10')).status).toBe(204);
  expect((await socketWith({ 'x-forwarded-for': '203.0.113.10' })(gateway)).status).toBe(101);
  expect(gateway.addresses).toEqual(['203.0.113.10']);
});

test('what is no browser needs no origin, but both halves of a session', async () => {
  const gateway = await openGateway();
  const opened = await gateway.open();
  expect((await gateway.ask(`/d/${ONE}/ws`, { headers: { ...WEBSOCKET_HEADERS, ...opened } })).status).toBe(101);
});

test('ten wrong tickets a minute are looked at, right ones do not count', async () => {
  const gateway = await openGateway();
  for (let count = 0; count < 15; count++) await gateway.open();
  for (let count = 0; count < 10; count++) expect((await gateway.exchange('A'.repeat(22))).status).toBe(401);
  const right = gateway.give().secret;
  const refused = await gateway.exchange(right);
  expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
  expect((await gateway.exchange(gateway.give({ desktopId: OTHER }).secret, OTHER)).status).toBe(204);
  gateway.clock.advance(60_000);
  expect((await gateway.exchange(right)).status).toBe(204);
});

test('a link that twenty people open at the same moment opens for all of them', async () => {
  const gateway = await openGateway();
  const { secret } = gateway.give();
  const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.exchange(secret)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 204));
});

test('a ticket that is tried many times at once opens as often as it may', async () => {
  const gateway = await openGateway();
  const { secret } = gateway.give({ kind: 'link', uses: 1 });
  const answers = await Promise.all(Array.from({ length: 8 }, () => gateway.exchange(secret)));
  expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array.from({ length: 7 }, () => 401)]);
});

test('the state tells when it goes and whether that can be put off, to one who may only look not', async () => {
  const gateway = await openGateway();
  gateway.desktops.set(ONE, { status: 'ready', removeAt: '2030-01-01T12:05:00.000Z', canKeep: true, phaseMs: { running: 300, rfb: 500 } });
  const read = async (mode: 'full' | 'view-only'): Promise<unknown> => JSON.parse((await gateway.ask(`/d/${ONE}/state`, { headers: { ...(await gateway.open({ mode })) } })).body);
  const facts = { status: 'ready', removeAt: '2030-01-01T12:05:00.000Z', phaseMs: { running: 300, rfb: 500 } };
  expect(await read('full')).toEqual({ ...facts, viewOnly: false, canKeep: true });
  expect(await read('view-only')).toEqual({ ...facts, viewOnly: true, canKeep: false });
});

test('who looks or keeps without end is told to wait, and nobody else is', async () => {
  const gateway = await openGateway();
  const [own, other] = [await gateway.open(), await gateway.open()];
  const look = async (by: OpenedHeaders): Promise<RawAnswer> => gateway.ask(`/d/${ONE}/state`, { headers: by });
  for (let count = 0; count < 119; count++) expect((await look(own)).status).toBe(200);
  const keep = { method: 'POST', headers: { ...own, origin: gateway.origin } };
  expect((await gateway.ask(`/d/${ONE}/keep`, keep)).status).toBe(200);
  expect(await gateway.ask(`/d/${ONE}/keep`, keep)).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  expect((await look(own)).status).toBe(429);
  expect(gateway.kept).toHaveLength(1);
  expect((await look(other)).status).toBe(200);
  gateway.clock.advance(1_000);
  expect((await look(own)).status).toBe(200);
});

test('who joins a screen without end is told to wait, and nobody else is', async () => {
  const gateway = await openGateway();
  const [own, other] = [await gateway.open(), await gateway.open()];
  const join = async (by: OpenedHeaders): Promise<number> => (await gateway.ask(`/d/${ONE}/ws`, { headers: { ...WEBSOCKET_HEADERS, ...by, origin: gateway.origin } })).status;
  for (let count = 0; count < 100; count++) expect(await join(own)).toBe(101);
  expect(await join(own)).toBe(429);
  expect(gateway.joined).toHaveLength(100);
  expect(await join(other)).toBe(101);
});

test('a keep is passed on and answered with the state', async () => {
  const gateway = await openGateway();
  const answer = await gateway.ask(`/d/${ONE}/keep`, { method: 'POST', headers: { ...(await gateway.open()), origin: gateway.origin } });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toMatchObject({ status: 'ready', viewOnly: false });
  expect(gateway.kept).toEqual([ONE]);
});

test('who asks for a desktop that went is told so', async () => {
  const gateway = await openGateway();
  const headers = await goneCookie(gateway);
  const nothingKnown = await gateway.ask(`/d/${ONE}/state`, { headers });
  expect([nothingKnown.status, JSON.parse(nothingKnown.body)]).toEqual([404, { status: 'gone', viewOnly: false, removeAt: null, canKeep: false }]);
  gateway.desktops.set(ONE, { status: 'gone', reason: 'nobody looked at it for 8h' });
  const known = await gateway.ask(`/d/${ONE}/state`, { headers });
  expect([known.status, JSON.parse(known.body)]).toMatchObject([404, { status: 'gone', reason: 'nobody looked at it for 8h' }]);
  expect((await gateway.ask(`/d/${ONE}/ws`, { headers: { ...WEBSOCKET_HEADERS, ...headers } })).status).toBe(404);
});

test('without its slash the page is led to itself', async () => {
  const { ask } = await openGateway();
  expect(await ask(`/d/${ONE}`)).toMatchObject({ status: 308, headers: { location: `${ONE}/` } });
});

test('a failure to look is no desktop that went, and its words stay here', async () => {
  const failure = new VncctlError('ENGINE_UNREACHABLE', '111.444.777-35 can not be reached');
  const gateway = await openGateway({ find: () => Promise.reject(failure), keep: () => Promise.reject(new TypeError('a bug')) });
  const opened = await gateway.open();
  const answers = [
    await gateway.ask(`/d/${ONE}/state`, { headers: opened }),
    await gateway.ask(`/d/${ONE}/ws`, { headers: { ...WEBSOCKET_HEADERS, ...opened, origin: gateway.origin } }),
    await gateway.ask(`/d/${ONE}/keep`, { method: 'POST', headers: { ...opened, origin: gateway.origin } }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 500]);
  expect(gateway.log.lines.filter(({ level }) => level === 'error').map(({ facts }) => facts)).toEqual([
    { desktop: ONE, reason: 'ENGINE_UNREACHABLE' },
    { desktop: ONE, reason: 'ENGINE_UNREACHABLE' },
    { desktop: ONE, reason: 'TypeError: a bug' },
  ]);
  for (const { whole } of answers) expect(whole).not.toMatch(/111|bug/);
});

test('a tunnel that fails ends its connection and nothing else', async () => {
  const gateway = await openGateway({
    upgrade(_request, socket) {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      throw new Error('no screen');
    },
  });
  const answer = await gateway.ask(`/d/${ONE}/ws`, { headers: { ...WEBSOCKET_HEADERS, ...(await gateway.open()), origin: gateway.origin } });
  expect(answer.whole).not.toContain('HTTP/1.1 500');
  expect((await gateway.ask('/healthz')).status).toBe(200);
});

test('who leaves while a ticket is handed in is no failure', async () => {
  const gateway = await openGateway();
  const socket = connect(gateway.port, '127.0.0.1');
  socket.write(`POST /d/${ONE}/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
  socket.end();
  expect(await text(socket)).not.toContain('HTTP/1.1 500');
  expect((await gateway.ask('/healthz')).status).toBe(200);
  expect(gateway.log.lines).toEqual([]);
});

test('what is not under /d/ is the door\'s', async () => {
  const { ask } = await openGateway();
  expect((await ask('/healthz')).body).toBe('{"healthy":true}\n');
  for (const path of ['/', '/dx/', '/D/']) expect((await ask(path)).status).toBe(404);
});
