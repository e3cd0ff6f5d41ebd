// A shared link, opened in a real browser through the daemon's gateway: what it shows, what it lets do, and when it is over.
import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { ownChromium } from '../support/chromium.ts';
import { type OwnDaemon, ownInstallation } from '../support/own-installation.ts';
import { type PageServer, startPageServer } from '../support/page-server.ts';
import { openDesktop, waitForState } from '../support/viewer.ts';

const CLIENT = '111.222.333-44';
const installation = ownInstallation();
const chromium = ownChromium();
let daemon: OwnDaemon;
let server: PageServer;

beforeAll(async () => {
  server = await startPageServer(await installation.prepareNetwork(CLIENT));
  await installation.up(CLIENT, '--url', server.formPage, '--recreate');
  daemon = await installation.daemon('127.0.0.1:0');
});

/** A link to the desktop. */
async function share(...flags: string[]): Promise<{ id: string; url: string }> {
  const { code, stdout, stderr } = await installation.vncctl('share', CLIENT, '--json', ...flags);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

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
  socket.write(`GET ${pathname}ws HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
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
