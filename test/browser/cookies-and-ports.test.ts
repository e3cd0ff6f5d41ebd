// Cookies know no ports: what a desktop with a port of its own can do to an operator who is signed in, and to who sees other desktops,
// when the same browser opens that port.
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { ownChromium, type RecordedTab } from '../support/chromium.ts';
import { type HostilePort, takeOverPort } from '../support/hostile-port.ts';
import { ownInstallation } from '../support/own-installation.ts';
import { waitForState } from '../support/viewer.ts';

const ATTACKER = '529.982.247-25';
const VICTIM = '111.222.333-44';
const installation = ownInstallation();
const chromium = ownChromium();
let daemon = '';
let port: HostilePort;
let hostPort = 0;
let victim = '';
/** A browser with two tabs: the dashboard, signed in, and the desktop of another client. */
let tab: RecordedTab;
let screen: RecordedTab['page'];

beforeAll(async () => {
  daemon = (await installation.daemon('127.0.0.1:0')).address;
  const [attacker, other] = await Promise.all([installation.up(ATTACKER, '--direct'), installation.up(VICTIM)]);
  hostPort = attacker.hostPort ?? expect.unreachable();
  expect(attacker.url).toMatch(new RegExp(`^http://localhost:${hostPort}/#key=`));
  expect(other.url).toMatch(new RegExp(`^http://${daemon}/d/`));
  victim = new URL(other.url).pathname;
  port = await takeOverPort(installation.container(attacker.container), hostPort);
  tab = await chromium.freshTab();
  screen = await tab.context.newPage();
  await screen.goto(other.url);
  await waitForState(screen, 'connected');
  await tab.page.goto((await installation.vncctl('dashboard', '--print')).stdout.trim());
  await tab.page.locator('header.top').waitFor();
}, 120_000);

/** The tab of the attacker's page, under a name of this machine. */
async function visit(name: string, path = '/'): Promise<RecordedTab['page']> {
  const page = await tab.context.newPage();
  onTestFinished(() => page.close());
  await page.goto(`http://${name}:${hostPort}${path}`);
  return page;
}

/** Whether dashboard and screen go on in the tabs that have them, also after a reload. */
async function bothGoOn(): Promise<void> {
  await Promise.all([tab.page.reload(), screen.reload()]);
  await tab.page.locator('header.top').waitFor();
  await waitForState(screen, 'connected');
}

test('the link of such a desktop has another host name than the pages of the daemon: it is sent no cookie of theirs', async () => {
  const before = (await port.cookies()).length;
  for (const path of ['/', '/api/v1/me', '/dashboard/', victim]) await visit('localhost', path);
  expect((await port.cookies()).slice(before).filter((cookie) => cookie !== '')).toEqual([]);
});

test('under the name of the daemon it is sent the cookies, and they open nothing when they are replayed', async () => {
  const before = (await port.cookies()).length;
  for (const path of ['/api/v1/me', '/dashboard/', victim]) await visit('127.0.0.1', path);
  const stolen = [...new Set((await port.cookies()).slice(before).filter((cookie) => cookie !== ''))].join('; ');
  expect(stolen).toMatch(/vncctl-dashboard=.*vncctl=/);
  const ask = async (path: string, method = 'GET'): Promise<number> => (await fetch(`http://${daemon}${path}`, { method, headers: { cookie: stolen, ...(method === 'POST' ? { origin: `http://${daemon}` } : {}) } })).status;
  const id = victim.split('/')[2];
  const tries = await Promise.all([ask('/api/v1/me'), ask('/api/v1/desktops'), ask('/api/v1/events'), ask(`/api/v1/desktops/${id}/screen.png`), ask(`/api/v1/desktops/${id}/open`, 'POST'), ask(`${victim}state`), ask(`${victim}keep`, 'POST')]);
  expect(tries).toEqual(tries.map(() => 401));
  const socket = new WebSocket(`ws://${daemon}${victim}ws`, ['binary'], { headers: { cookie: stolen, origin: `http://${daemon}` } });
  expect(await new Promise((resolve) => {
    socket.once('unexpected-response', (_, answer) => resolve(answer.statusCode));
    socket.once('open', () => resolve('open'));
  })).toBe(401);
  await bothGoOn();
});

/** Runs in the page. */
const TRIES = `([base, victim]) => {
  const read = (path, init) => fetch(base + path, { credentials: 'include', ...init }).then((answer) => 'read ' + answer.status, () => 'refused');
  const join = (protocols) => new Promise((resolve) => {
    const socket = new WebSocket(base.replace('http', 'ws') + victim + 'ws', protocols);
    socket.onopen = () => resolve('joined');
    socket.onerror = () => resolve('refused');
  });
  const picture = new Promise((resolve) => {
    const image = document.createElement('img');
    image.onload = () => resolve('shown');
    image.onerror = () => resolve('refused');
    image.src = base + '/api/v1/desktops/' + victim.split('/')[2] + '/screen.png';
  });
  return Promise.all([read('/api/v1/me', {}), read(victim + 'state', {}), read('/api/v1/me', { headers: { 'x-vncctl-session': 'x' } }), join(['binary']), join(['binary', 'vncctl.session.x']), picture]);
}`;

test('its page, under the name of the daemon, reads and joins nothing with the cookies of the browser', async () => {
  const page = await visit('127.0.0.1');
  const outcomes = await page.evaluate<string[]>(`(${TRIES})(${JSON.stringify([`http://${daemon}`, victim])})`);
  expect(outcomes).toHaveLength(6);
  expect(outcomes).toEqual(outcomes.map(() => 'refused'));
});

test('neither its own cookies of the same names nor cleared site data lock the tabs out that are in', async () => {
  const junk = (name: string, paths: readonly string[]) => paths.map((path, index) => ['set-cookie', `${name}=${String(index).padStart(22, 'j')}; Path=${path}`] as const);
  const home = victim.replace(/\/$/, '');
  await port.sends([...junk('vncctl-dashboard', ['/', '/api', '/api/', '/api/v1', '/api/v1/me', '/api/v1/desktops', '/api/v1/events']), ...junk('vncctl', ['/', '/d', '/d/', home, `${home}/state`, `${home}/ws`])]);
  await visit('127.0.0.1');
  await bothGoOn();
  await port.sends([['clear-site-data', '"cookies", "storage"']]);
  await visit('localhost');
  await bothGoOn();
});

test('a new tab at the address of either has not the page\'s half, and is told how to get in', async () => {
  const page = await tab.context.newPage();
  onTestFinished(() => page.close());
  await page.goto(`http://${daemon}${victim}`);
  await waitForState(page, 'not-allowed');
  await page.goto(`http://${daemon}/`);
  await page.getByText('vncctl dashboard').waitFor();
});
