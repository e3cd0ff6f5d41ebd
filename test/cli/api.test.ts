// The API of a real daemon on a real engine: a desktop's way from request to removal, as it is followed; and that command line and
// API are two ways to the same desktops.
import { request } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { testInstallation } from '../support/cli.ts';
import { type ApiAnswer, askSocket, socketOf } from '../support/daemon-api.ts';
import { succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf, type TestDaemon } from '../support/daemons.ts';
import { comesTrue } from '../support/eventually.ts';
import { startPathProxy } from '../support/path-proxy.ts';
import { lookThroughGateway } from '../support/rfb-viewer.ts';
import { TINY_KEY } from '../support/tiny-image.ts';

const ONE = '11122233344';
const TWO = '22233344455';
const installation = await testInstallation({ ports: 4, env: { VNCCTL_LISTEN: '127.0.0.1:0', VNCCTL_IMAGE: TINY_KEY } });
const { vncctl, vncctlWith, up } = installation;
const { watching } = daemonsOf(installation, [ONE, TWO]);

const ask = (method: string, path: string, body?: object, headers?: Record<string, string>): Promise<ApiAnswer> => askSocket(socketOf(installation), method, path, body, headers);

/** Follows the events; what was told so far, by name. */
function follow(): { told: { name: string; data: Record<string, unknown> }[] } {
  const told: { name: string; data: Record<string, unknown> }[] = [];
  const sent = request({ socketPath: socketOf(installation), path: '/api/v1/events', agent: false, headers: { accept: 'text/event-stream' } }, (response) => {
    let rest = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, name, data] = /^event: (.*)\ndata: (.*)$/m.exec(block) ?? [];
        if (name !== undefined && data !== undefined) told.push({ name, data: JSON.parse(data) as Record<string, unknown> });
      }
    });
    response.on('error', () => {});
  });
  sent.on('error', () => {});
  sent.end();
  onTestFinished(() => void sent.destroy());
  return { told };
}

test('a desktop is asked for, followed until it is ready, seen, and removed', async () => {
  await watching();
  const { told } = follow();
  const begun = await ask('POST', '/api/v1/desktops', { client: '111.222.333-44' }, { prefer: 'respond-async' });
  expect(begun.status).toBe(202);
  await comesTrue('its creation is told to the end', () => told.some(({ name, data }) => name === 'operation' && data['status'] === 'done'));
  const { json } = await ask('GET', new URL(begun.location ?? '', 'http://vncctl/api/v1/desktops').pathname);
  const result = json['result'] as { id: string; url: string };
  expect(json).toMatchObject({ status: 'done', result: { outcome: 'created', client: ONE, status: 'ready' } });
  expect(told.flatMap(({ data }) => (data['phase'] as { name: string } | undefined)?.name ?? [])).toEqual(expect.arrayContaining(['look', 'create', 'start', 'rfb']));
  await comesTrue('its life is told', () => ['created', 'ready'].every((name) => told.some((one) => one.name === name && one.data['desktop'] === result.id && one.data['client'] === ONE)));
  await (await lookThroughGateway(result.url)).picture();
  expect((await ask('DELETE', `/api/v1/desktops/${result.id}`)).json).toMatchObject({ removed: [{ id: result.id, removed: true }] });
  expect(await installation.containers()).toEqual([]);
  await comesTrue('its end is told', () => told.some(({ name, data }) => name === 'removed' && data['cause'] === 'removed through the API'));
});

test('command line and API see the same desktops, and each what the other did', async () => {
  await watching();
  await succeeds(up(ONE));
  expect((await ask('POST', '/api/v1/desktops', { client: TWO })).json).toMatchObject({ outcome: 'created' });
  expect((await ask('POST', '/api/v1/desktops', { client: ONE })).json).toMatchObject({ outcome: 'reused' });
  const listed = (): Promise<unknown> => succeeds(vncctl('ls', '--json')).then(({ stdout }) => JSON.parse(stdout) as unknown);
  expect((await ask('GET', '/api/v1/desktops')).json['desktops']).toEqual(await listed());
  // A look of the daemon between the two makes them differ.
  await comesTrue('both tell the same of one', async () => isDeepStrictEqual((await ask('GET', `/api/v1/desktops/${ONE}`)).json, JSON.parse((await succeeds(vncctl('inspect', ONE, '--json'))).stdout)));
  expect((await ask('GET', '/api/v1/images')).json['images']).toEqual(JSON.parse((await succeeds(vncctl('images', 'ls', '--json'))).stdout));
  expect((await ask('GET', '/api/v1/settings')).json['settings']).toEqual(JSON.parse((await succeeds(vncctl('config', 'list', '--json'))).stdout));
  await ask('POST', `/api/v1/desktops/${ONE}/pause`);
  expect(JSON.parse((await succeeds(vncctl('ls', '--json', '--filter', 'status=paused'))).stdout)).toMatchObject([{ client: ONE }]);
  await succeeds(vncctl('rm', ONE));
  expect((await ask('GET', `/api/v1/desktops/${ONE}`)).status).toBe(404);
  await ask('DELETE', `/api/v1/desktops/${TWO}`);
  expect(await listed()).toEqual([]);
});

test('requests and commands for one client at the same moment make one desktop', async () => {
  await watching();
  const [made, ...others] = await Promise.all([ask('POST', '/api/v1/desktops', { client: ONE }), ask('POST', '/api/v1/desktops', { client: ONE }), ask('POST', '/api/v1/desktops', { client: '111.222.333-44' }), succeeds(up(ONE)), succeeds(up(ONE))]);
  expect(made.status).toBe(200);
  expect(others).toHaveLength(4);
  await installation.onlyContainer();
});

test('pausing by the API is told with its cause, and whoever opens the link wakes it', async () => {
  const daemon = await watching();
  const { id, url } = (await ask('POST', '/api/v1/desktops', { client: ONE })).json as { id: string; url: string };
  await ask('POST', `/api/v1/desktops/${id}/pause`);
  expect((await daemon.line({ event: 'paused', desktop: id })).cause).toBe('somebody asked for it');
  await (await lookThroughGateway(url)).picture();
  await daemon.line({ event: 'woken', desktop: id });
});

test('over the network it takes a token; with auth none this machine needs none, which is warned of, and others can not come', async () => {
  const addressOf = async (daemon: TestDaemon): Promise<string> => (await daemon.line({ message: /^answering at / })).message.replace('answering at ', '');
  const first = await watching();
  const token = (await succeeds(vncctl('token', 'create'))).stdout.trim();
  const place = `http://${await addressOf(first)}/api/v1/desktops`;
  expect((await fetch(place)).status).toBe(401);
  expect((await fetch(place, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  expect((await fetch(`${place}?confirm=all`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } })).status).toBe(403);
  const [{ id } = { id: '' }] = JSON.parse((await succeeds(vncctl('token', 'ls', '--json'))).stdout) as { id: string }[];
  await succeeds(vncctl('token', 'revoke', id));
  expect((await fetch(place, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401);
  await first.stop();
  const open = await watching({ VNCCTL_AUTH: 'none' });
  await open.line({ level: 'warning', message: /auth is none/ });
  expect((await fetch(`http://${await addressOf(open)}/api/v1/desktops`)).status).toBe(200);
  await open.stop();
  const { exitCode, stderr } = await vncctlWith({ VNCCTL_AUTH: 'none' }, 'daemon', '--listen', '0.0.0.0:0');
  expect([exitCode, stderr]).toEqual([78, expect.stringMatching(/auth is none, and others than this machine could come[^]*hint: listen on this machine only/)]);
});

test.each([
  ['keeps the prefix', true],
  ['takes the prefix away', false],
])('behind a proxy that %s, a browser signs in, follows what happens, and asks for a desktop', async (_, keeps) => {
  const proxy = await startPathProxy({ keeps });
  const home = `${proxy.url}/`;
  const daemon = await watching({ VNCCTL_PUBLIC_URL: proxy.url });
  proxy.leadsTo((await daemon.line({ message: /^answering at / })).message.replace('answering at ', ''));
  const link = (await succeeds(vncctlWith({ VNCCTL_PUBLIC_URL: proxy.url }, 'dashboard', '--print'))).stdout.trim();
  expect(link.startsWith(`${home}#ticket=`)).toBe(true);
  const page = await (await fetch(home)).text();
  for (const [, file = ''] of page.matchAll(/(?:href|src)="(dashboard[^"]*)"/g)) expect((await fetch(new URL(file, home))).status, file).toBe(200);

  const { origin, pathname } = new URL(home);
  const opened = await fetch(new URL('dashboard/session', home), { method: 'POST', headers: { origin, 'content-type': 'application/json' }, body: JSON.stringify({ ticket: link.split('#ticket=')[1] }) });
  expect([opened.status, opened.headers.get('set-cookie')]).toEqual([204, expect.stringContaining(`; Path=${pathname}api/v1/;`)]);
  const own = { cookie: opened.headers.get('set-cookie')?.split(';')[0] ?? '', 'x-vncctl-session': opened.headers.get('x-vncctl-session') ?? '' };
  const api = new URL('api/v1/', home);
  const followed = await fetch(new URL('events', api), { headers: { ...own, accept: 'text/event-stream' } });
  const events = followed.body?.pipeThrough(new TextDecoderStream()).getReader() ?? expect.unreachable();

  const begun = await fetch(new URL('desktops', api), { method: 'POST', headers: { ...own, origin, 'content-type': 'application/json', prefer: 'respond-async' }, body: JSON.stringify({ client: ONE }) });
  expect(begun.status).toBe(202);
  const operation = new URL(begun.headers.get('location') ?? '', begun.url);
  await comesTrue('it is made', async () => ((await (await fetch(operation, { headers: own })).json()) as { status: string }).status === 'done');
  let told = '';
  await comesTrue('that is told', async () => {
    told += (await events.read()).value ?? '';
    return /^event: created$/m.test(told);
  });
  await events.cancel();

  const document = new URL('../openapi.json', api);
  const { servers } = (await (await fetch(document)).json()) as { servers: { url: string }[] };
  expect(new URL(servers[0]?.url ?? '', document).href).toBe(home);
  expect((await fetch(new URL('../docs', api))).status).toBe(200);
});
