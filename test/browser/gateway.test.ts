// A shared link, opened in a real browser through the daemon's gateway: what it shows, what it lets do, and when it is over.
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { ownChromium } from '../support/chromium.ts';
import { type OwnDaemon, ownInstallation } from '../support/own-installation.ts';
import { type PageServer, startPageServer } from '../support/page-server.ts';
import { noticeIn, openDesktop, waitForState } from '../support/viewer.ts';

const CLIENT = '111.222.333-44';
const pictures = fileURLToPath(new URL('../.work/gateway/', import.meta.url));
const installation = ownInstallation();
const chromium = ownChromium();
let daemon: OwnDaemon;
let server: PageServer;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  server = await startPageServer(await installation.prepareNetwork(CLIENT));
  await installation.up(CLIENT, '--url', server.formPage, '--recreate');
  daemon = await installation.daemon('127.0.0.1:0');
});

const share = (...flags: string[]): Promise<{ id: string; url: string }> => installation.share(CLIENT, ...flags);

test('a link shows the desktop without its key, takes what is typed, and its secret leaves the address bar', async () => {
  const { url } = await share();
  const tab = await chromium.freshTab();
  await openDesktop(tab.page, url);
  expect(tab.page.url()).not.toContain('ticket');
  await tab.page.locator('#screen canvas').first().click({ position: { x: 300, y: 200 } });
  await expect.poll(async () => {
    await tab.page.keyboard.type('k');
    return server.report?.text;
  }, { timeout: 15_000 }).toContain('k');
  const origin = new URL(url).origin;
  expect(tab.requests.filter((address) => !address.startsWith(origin) && !address.startsWith(origin.replace('http', 'ws')))).toEqual([]);
  expect(tab.complaints).toEqual([]);
  await tab.context.close();
});

test('a view-only link shows the desktop and lets nothing through', async () => {
  const { url } = await share('--view-only');
  const tab = await chromium.freshTab();
  await openDesktop(tab.page, url);
  await tab.page.locator('#view-only').waitFor({ state: 'visible' });
  const before = server.report;
  await tab.page.locator('#screen canvas').first().click({ position: { x: 300, y: 200 } });
  await tab.page.keyboard.type('xyz');
  // The page has reported many times since.
  await expect.poll(() => (server.report?.count ?? 0) - (before?.count ?? 0), { timeout: 15_000 }).toBeGreaterThan(20);
  expect(server.report?.load).toBe(before?.load);
  expect(server.report?.text).toBe(before?.text);
  await tab.context.close();
});

test('a link that was taken back opens nothing, and ends whoever looks through it', async () => {
  const { id, url } = await share('--uses', '2');
  const tab = await chromium.freshTab();
  await openDesktop(tab.page, url);
  expect((await installation.vncctl('share', 'revoke', id)).code).toBe(0);
  await waitForState(tab.page, 'not-allowed', 20_000);
  const stranger = await chromium.freshTab();
  await stranger.page.goto(url);
  await waitForState(stranger.page, 'not-allowed');
  await tab.context.close();
  await stranger.context.close();
});

interface ListedViewer {
  id: string;
  mode: string;
  address: string;
  client: string;
  lastInputAt: string | null;
  ticket: string;
}
const viewers = async (): Promise<ListedViewer[]> => JSON.parse((await installation.vncctl('viewers', CLIENT, '--json')).stdout);

test('viewers tells who looks and who has typed; a kicked one is told so and stays away until it comes back, and the other stays', async () => {
  const [full, watching] = [await share(), await share('--view-only')];
  const [user, watcher] = [await chromium.freshTab(), await chromium.freshTab({ locale: 'pt-BR' })];
  await openDesktop(user.page, full.url);
  await openDesktop(watcher.page, watching.url);
  for (const { page } of [user, watcher]) {
    await page.locator('#screen canvas').first().click({ position: { x: 300, y: 200 } });
    await page.keyboard.type('v');
  }
  await expect.poll(async () => (await viewers()).find(({ mode }) => mode === 'full')?.lastInputAt, { timeout: 15_000 }).toEqual(expect.any(String));
  const before = await viewers();
  expect(before).toMatchObject([
    { mode: 'full', client: '11122233344', address: '127.0.0.1', ticket: full.id },
    { mode: 'view-only', lastInputAt: null, ticket: watching.id },
  ]);
  const [first, second] = before.map(({ id }) => id);
  if (!first || !second) return expect.unreachable();

  expect(await installation.vncctl('kick', CLIENT, second)).toMatchObject({ code: 0, stdout: `${second}\n` });
  await waitForState(watcher.page, 'kicked');
  expect(await noticeIn(watcher.page)).toContain('O operador encerrou');
  await user.page.bringToFront();
  await watcher.page.bringToFront();
  await watcher.page.evaluate('dispatchEvent(new Event("online"))');
  expect((await viewers()).map(({ id }) => id)).toEqual([first]);
  expect(await user.page.locator('html').getAttribute('data-state')).toBe('connected');
  expect(await watcher.page.locator('html').getAttribute('data-state')).toBe('kicked');
  await watcher.page.screenshot({ path: `${pictures}kicked-pt.png` });

  await watcher.page.getByRole('button', { name: 'Conectar de novo' }).click();
  await waitForState(watcher.page, 'connected');
  const back = (await viewers()).map(({ id }) => id);
  expect(back).toEqual([first, expect.any(String)]);
  expect(back).not.toContain(second);
  for (const { context } of [user, watcher]) await context.close();
  await expect.poll(viewers).toEqual([]);
});

test('one that was kicked with its link does not come back, neither by its page nor by the link', async () => {
  const { id, url } = await share();
  const tab = await chromium.freshTab();
  await openDesktop(tab.page, url);
  expect(await installation.vncctl('kick', CLIENT, '--revoke')).toMatchObject({ code: 0 });
  await waitForState(tab.page, 'kicked');
  await tab.page.getByRole('button', { name: 'Connect again' }).click();
  await waitForState(tab.page, 'not-allowed');
  const stranger = await chromium.freshTab();
  await stranger.page.goto(url);
  await waitForState(stranger.page, 'not-allowed');
  expect((await installation.vncctl('share', 'ls', '-q')).stdout).not.toContain(id);
  expect(await viewers()).toEqual([]);
  for (const { context } of [tab, stranger]) await context.close();
});

test('an open page comes back by itself after the daemon was started anew', async () => {
  const { url } = await share();
  const tab = await chromium.freshTab();
  await openDesktop(tab.page, url);
  expect(await daemon.end('SIGTERM')).toBe(0);
  await expect.poll(() => tab.page.locator('html').getAttribute('data-state')).not.toBe('connected');
  daemon = await installation.daemon(daemon.address);
  await waitForState(tab.page, 'connected', 10_000);
  await tab.context.close();
});

/** A viewer that is through the handshake and reads nothing more, as one does whose machine is asleep. */
async function silentViewer(link: string): Promise<void> {
  const { origin, host, hostname, port, pathname, hash } = new URL(link);
  const exchanged = await fetch(`${origin}${pathname}session`, { method: 'POST', headers: { 'content-type': 'application/json', origin }, body: JSON.stringify({ ticket: hash.replace('#ticket=', '') }) });
  const cookie = exchanged.headers.get('set-cookie')?.split(';')[0] ?? '';
  const socket = connect(Number(port), hostname).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.write(`GET ${pathname}ws HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nX-Vncctl-Session: ${exchanged.headers.get('x-vncctl-session')}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 101 /);
  socket.pause();
}

test('a daemon that ends waits for nobody who leaves, and for one who does not as long as the setting says', async () => {
  const tab = await chromium.freshTab();
  await openDesktop(tab.page, (await share()).url);
  const endMs = async (): Promise<number> => {
    const began = performance.now();
    expect(await daemon.end('SIGTERM')).toBe(0);
    return performance.now() - began;
  };
  expect(await endMs()).toBeLessThan(5_000);
  await tab.context.close();
  const drainMs = 6_000;
  await installation.vncctl('config', 'set', 'drain', `${drainMs}ms`);
  daemon = await installation.daemon(daemon.address);
  await silentViewer((await share()).url);
  const tookMs = await endMs();
  expect(tookMs).toBeGreaterThan(drainMs - 100);
  expect(tookMs).toBeLessThan(drainMs + 5_000);
});
