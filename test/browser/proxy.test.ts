// The gateway behind real proxies with TLS, as the README sets them up, and with TLS of its own: a person opens a link and types.
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { ownChromium } from '../support/chromium.ts';
import { comesTrue } from '../support/eventually.ts';
import { type OwnDaemon, ownInstallation } from '../support/own-installation.ts';
import { type PageServer, startPageServer } from '../support/page-server.ts';
import { freePort, makeCertificate, PROXY_NAME, type ProxyPlace, startCaddy, startNginx } from '../support/proxies.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { openDesktop } from '../support/viewer.ts';

const CLIENT = '111.222.333-44';
const CLIENT_ADDRESS = '127.0.0.77';
const installation = ownInstallation();
const chromium = ownChromium();
const folder = tempFolder();
let server: PageServer;
let daemon: OwnDaemon;
let place: ProxyPlace;

beforeAll(async () => {
  server = await startPageServer(await installation.prepareNetwork(CLIENT));
  await installation.up(CLIENT, '--url', server.formPage, '--recreate');
  await set('trustedProxies', '127.0.0.1');
  daemon = await installation.daemon('127.0.0.1:0');
  place = { folder, port: await freePort(), daemon: daemon.address, certificate: makeCertificate(folder) };
});

async function set(name: string, value: string): Promise<void> {
  const { code, stderr } = await installation.vncctl('config', 'set', name, value);
  if (code !== 0) throw new Error(stderr);
}

/** Has the daemon read it anew. */
async function setPublicUrl(template: string): Promise<void> {
  const before = daemon.log().length;
  await set('publicUrl', template);
  daemon.reload();
  await comesTrue('the daemon knows its address', () => [`now=${template}`, 'nothing has changed'].some((words) => daemon.log().slice(before).includes(words)));
}

async function share(): Promise<string> {
  const { code, stdout, stderr } = await installation.vncctl('share', CLIENT);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** Opens a link in a browser of its own and types there, until the page in the desktop tells of it. */
async function opensAndTypes(url: string, letter: string): Promise<void> {
  const tab = await chromium.freshTab({ ignoreHTTPSErrors: true });
  onTestFinished(() => tab.context.close());
  await openDesktop(tab.page, url);
  await tab.page.locator('#screen canvas').first().click({ position: { x: 300, y: 200 } });
  await expect.poll(async () => {
    await tab.page.keyboard.type(letter);
    return server.report?.text;
  }, { timeout: 20_000 }).toContain(letter);
  const { origin, host } = new URL(url);
  expect(tab.requests.filter((address) => !address.startsWith(`${origin}/`) && !address.startsWith(`wss://${host}/`))).toEqual([]);
  expect(tab.complaints).toEqual([]);
  const [cookie, ...others] = await tab.context.cookies();
  expect(others).toEqual([]);
  expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Strict', domain: new URL(url).hostname, path: new URL(url).pathname });
}

/** Looks at the desktop as a client with an address of its own, that claims to have another one; ended after the test. */
async function looksFrom(address: string, url: string): Promise<void> {
  const { hostname, host, port, origin, pathname, hash } = new URL(url);
  const to = { host: '127.0.0.1', port, servername: hostname, localAddress: address, rejectUnauthorized: false };
  const headers = { host, origin, 'x-forwarded-for': '203.0.113.66', 'x-forwarded-host': 'evil.example', 'x-forwarded-prefix': '/evil' };
  const [cookie, half] = await new Promise<string[]>((resolve, reject) => {
    const sent = request({ ...to, agent: false, path: `${pathname}session`, method: 'POST', headers: { ...headers, 'content-type': 'application/json' } }, (response) => {
      response.resume();
      resolve([response.headers['set-cookie']?.[0]?.split(';')[0] ?? `status ${response.statusCode}`, String(response.headers['x-vncctl-session'])]);
    });
    sent.once('error', reject);
    sent.end(JSON.stringify({ ticket: hash.replace('#ticket=', '') }));
  });
  const viewer = new WebSocket(`wss://127.0.0.1:${port}${pathname}ws`, ['binary', `vncctl.session.${half}`], { ...to, headers: { ...headers, cookie } });
  onTestFinished(() => viewer.terminate());
  await once(viewer, 'open');
}

async function addresses(): Promise<string[]> {
  return (JSON.parse((await installation.vncctl('viewers', '--json')).stdout) as { address: string }[]).map(({ address }) => address);
}

test.each([
  ['nginx on a path', startNginx, false, 'a'],
  ['nginx with a host for each desktop', startNginx, true, 'b'],
  ['Caddy on a path', startCaddy, false, 'c'],
  ['Caddy with a host for each desktop', startCaddy, true, 'd'],
] as const)('through %s a link opens, takes what is typed, and tells where its viewer comes from', async (_, start, ownHosts, letter) => {
  await start(place, { ownHosts });
  const template = ownHosts ? `https://{id}.${PROXY_NAME}:${place.port}/` : `https://${PROXY_NAME}:${place.port}/vnc/d/{id}/`;
  await setPublicUrl(template);
  const url = await share();
  expect(url).toMatch(ownHosts ? new RegExp(`^https://[a-z0-9]+\\.${PROXY_NAME}:${place.port}/#ticket=`) : new RegExp(`^https://${PROXY_NAME}:${place.port}/vnc/d/[a-z0-9]+/#ticket=`));
  await opensAndTypes(url, letter);
  await looksFrom(CLIENT_ADDRESS, await share());
  expect(await addresses()).toEqual(['127.0.0.1', CLIENT_ADDRESS]);
});

test.each([
  ['nginx', (at: ProxyPlace) => startNginx(at, { ownHosts: false })],
  ['nginx that takes the path away', (at: ProxyPlace) => startNginx(at, { ownHosts: false, strips: true })],
  ['Caddy', (at: ProxyPlace) => startCaddy(at, { ownHosts: false })],
] as const)('through %s the dashboard opens on a path, follows what happens, acts, and leads to a screen', async (_, start) => {
  await start(place);
  const home = `https://${PROXY_NAME}:${place.port}/vnc/`;
  await setPublicUrl(`${home}d/{id}/`);
  const link = (await installation.vncctl('dashboard', '--print')).stdout.trim();
  expect(link.startsWith(`${home}#ticket=`)).toBe(true);
  const tab = await chromium.freshTab({ ignoreHTTPSErrors: true });
  onTestFinished(() => tab.context.close());
  await tab.page.goto(link);
  const row = tab.page.locator('tr[data-desktop]');
  await row.getByText('Ready').waitFor();
  expect(await installation.vncctl('pause', CLIENT)).toMatchObject({ code: 0 });
  await row.getByText('Paused').waitFor({ timeout: 3_000 });
  await row.getByRole('button', { name: /^Wake/ }).click();
  await row.getByText('Ready').waitFor({ timeout: 3_000 });
  const opened = tab.context.waitForEvent('page');
  await row.getByRole('button', { name: /^Open/ }).click();
  const screen = await opened;
  await screen.waitForURL(/\/vnc\/d\/[a-z0-9]+\//);
  await screen.locator('html[data-state="connected"]').waitFor();
  expect(tab.requests.filter((address) => !address.startsWith(home) && !address.startsWith(home.replace('https:', 'wss:')))).toEqual([]);
  expect(tab.complaints).toEqual([]);
  const cookies = await tab.context.cookies();
  expect(cookies.find(({ name, path }) => name === 'vncctl-dashboard' && path === '/vnc/api/v1/')).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Strict' });
  await tab.page.getByRole('button', { name: 'Sign out' }).click();
  await tab.page.getByText('You are not signed in').waitFor();
});

test('with a certificate of its own the daemon makes https links, and uses a renewed one without a restart', async () => {
  const [cert, key] = [join(folder, 'own.pem'), join(folder, 'own.key')];
  const renew = (): void => {
    const made = makeCertificate(folder);
    copyFileSync(made.cert, cert);
    copyFileSync(made.key, key);
  };
  renew();
  await installation.vncctl('config', 'unset', 'publicUrl');
  expect(await daemon.end('SIGTERM')).toBe(0);
  daemon = await installation.daemon('127.0.0.1:0', '--tls-cert', cert, '--tls-key', key);
  const url = await share();
  expect(url.startsWith(`https://${daemon.address}/d/`)).toBe(true);
  await opensAndTypes(url, 'e');
  const before = await fingerprint(daemon.address);
  renew();
  daemon.reload();
  await comesTrue('the new certificate is shown', async () => (await fingerprint(daemon.address)) !== before);
  await opensAndTypes(await share(), 'f');
});

function fingerprint(address: string): Promise<string> {
  const { hostname, port } = new URL(`https://${address}`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
