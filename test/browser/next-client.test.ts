// Two clients one after the other, with warm desktops: what the first leaves behind is nowhere in the second one's desktop.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ownChromium } from '../support/chromium.ts';
import { ownInstallation, runInContainer, type UpReport } from '../support/own-installation.ts';
import { type PageServer, startPageServer, TRACE_MARK } from '../support/page-server.ts';
import { openDesktop } from '../support/viewer.ts';

const [ANA, BOB] = ['111.222.333-44', '222.333.444-55'];
const PATIENCE = { timeout: 15_000, interval: 50 };

const installation = ownInstallation();
const chromium = ownChromium();
let server: PageServer;

async function succeeds(...args: string[]): Promise<void> {
  const { code, stderr } = await installation.vncctl(...args);
  expect(code, stderr).toBe(0);
}

beforeAll(async () => {
  server = await startPageServer(await installation.prepareNetwork(ANA));
  await succeeds('rm', ANA);
  await succeeds('config', 'set', 'pool', 'firefox-kiosk=1');
});

afterAll(async () => {
  await succeeds('config', 'set', 'pool', 'off');
  await succeeds('pool', 'drain');
});

/** A warm desktop becomes the client's, with this page; and the container that it is. */
async function claim(client: string, url: string, ...args: string[]): Promise<UpReport & { containerId: string }> {
  await succeeds('pool', 'fill');
  const report = await installation.up(client, '--url', url, ...args);
  expect(report.outcome).toBe('claimed');
  return { ...report, containerId: (await installation.container(report.container).inspect()).Id };
}

test.each([
  ['was removed', [], ['rm', ANA]],
  ['has expired', ['--ttl', '10s'], ['reap']],
])('of a client whose desktop %s nothing is in the next one', async (_, lease, end) => {
  const first = await claim(ANA, server.tracePage, ...lease);
  await vi.waitFor(() => expect(server.trace).toMatchObject({ path: '/trace', cookie: `trace=${TRACE_MARK}`, database: TRACE_MARK }), PATIENCE);
  const { page, context } = await chromium.freshTab();
  await openDesktop(page, first.url);
  // Firefox has put its word on the window that it refused over the page.
  await page.mouse.click(640, 360);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('what Ana wrote');
  await vi.waitFor(() => expect(server.report?.text).toBe('what Ana wrote'), PATIENCE);
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+c');
  await vi.waitFor(async () => expect(await page.locator('#clipboard-text').inputValue()).toBe('what Ana wrote'), PATIENCE);
  await context.close();
  await vi.waitFor(async () => {
    await succeeds(...end);
    await expect(installation.container(first.containerId).inspect()).rejects.toMatchObject({ statusCode: 404 });
  }, { timeout: 30_000, interval: 500 });

  const second = await claim(BOB, `${server.tracePage}?again`);
  expect(second.containerId).not.toBe(first.containerId);
  await vi.waitFor(() => expect(server.trace?.path).toBe('/trace?again'), PATIENCE);
  expect(server.trace).toMatchObject({ cookie: '', stored: '', database: '', historyLength: 1, windowName: '' });
  const { page: next, context: bobs } = await chromium.freshTab();
  await openDesktop(next, second.url);
  // Bob sits at another machine: what Ana copied is not in his own clipboard, which a paste hands to the desktop.
  await bobs.grantPermissions(['clipboard-read', 'clipboard-write']);
  await next.evaluate("navigator.clipboard.writeText('')");
  await next.keyboard.press('Control+v');
  await next.keyboard.type('Bob');
  await vi.waitFor(() => expect(server.report?.text).toBe('Bob'), PATIENCE);
  expect(await next.locator('#clipboard-text').inputValue()).toBe('');
  expect(await runInContainer(installation.container(second.container), 'grep', '-rlE', `${TRACE_MARK}|what Ana wrote`, '/home/desktop', '/tmp')).toBe('');
  await succeeds('rm', BOB);
});
