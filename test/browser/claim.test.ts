// Another page in a kiosk that runs already, as its client's first: nothing of the page before is left, nobody without the secret
// gets anything, and it works once.
import type Docker from 'dockerode';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { claimMessage } from '../../src/claim/claim-message.ts';
import { openPage } from '../../src/claim/open-page.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { FittingPlace } from '../../src/core/fitting.ts';
import { resizeScreen } from '../../src/rfb/resize-screen.ts';
import { createProbe } from '../../src/rfb/readiness.ts';
import { ownChromium } from '../support/chromium.ts';
import { ownInstallation, runInContainer } from '../support/own-installation.ts';
import { type PageServer, startPageServer, TRACE_MARK } from '../support/page-server.ts';
import { difference } from '../support/pictures.ts';
import { askPort } from '../support/raw-port.ts';
import { secretOf, takeScreen } from '../support/screen.ts';
import { openDesktop } from '../support/viewer.ts';

const CLIENT = '444.555.666-09';
const SECRET = 'clm-test';
const PATIENCE = { timeout: 15_000, interval: 50 };
const CHANGED_AT_LEAST = 0.2;

const installation = ownInstallation();
const chromium = ownChromium();
let server: PageServer;
let model: string;

beforeAll(async () => {
  server = await startPageServer(await installation.prepareNetwork(CLIENT));
  model = (await installation.up(CLIENT)).container;
});

interface Waiting {
  container: Docker.Container;
  address: string;
  link: string;
  claim: FittingPlace;
  rfb: FittingPlace;
}

const options = (): { signal: AbortSignal; clock: typeof systemClock } => ({ signal: AbortSignal.timeout(20_000), clock: systemClock });

/** A desktop as a pool has it: nobody's, with its page painted. */
async function startWaiting(env: readonly string[] = []): Promise<Waiting> {
  const { container, address } = await installation.startLike(model, [`VNC_SECRET=${SECRET}`, ...env]);
  await createProbe({ clock: systemClock }).waitFor('page', { kind: 'tcp', host: address, port: 5900, secret: SECRET }, { signal: AbortSignal.timeout(60_000) });
  const place = (port: number): FittingPlace => ({ host: address, port });
  // The port opens when the window is complete, a moment after its first picture.
  await vi.waitFor(async () => expect(await askPort(address, 5901, 'x\n')).toBe(''), PATIENCE);
  return { container, address, link: `http://${address}:6080/#key=${SECRET}`, claim: place(5901), rfb: place(5900) };
}

describe('a desktop that waits for its client', () => {
  test('shows the page it is asked for, and nothing of the one before is left', async () => {
    const desktop = await startWaiting([`VNC_URL=${server.tracePage}`]);
    await vi.waitFor(() => expect(server.trace).toMatchObject({ path: '/trace', cookie: `trace=${TRACE_MARK}`, stored: TRACE_MARK, database: TRACE_MARK }), PATIENCE);
    // What needs a person's key or click it does not get: its windows and its copies are refused.
    expect(server.trace?.tried).toEqual({ copied: false, opened: false });
    const cached = server.trace?.cached;
    const saved = (): Promise<string> => runInContainer(desktop.container, 'grep', '-rl', TRACE_MARK, '/home/desktop/Downloads', '/tmp');
    await vi.waitFor(async () => expect((await saved()).split('\r\n')).toEqual(expect.arrayContaining([expect.stringMatching(/left-here$/), expect.stringMatching(/part$/)])), PATIENCE);

    await openPage(desktop.claim, SECRET, { url: `${server.tracePage}?again` }, options());
    await vi.waitFor(() => expect(server.trace?.path).toBe('/trace?again'), PATIENCE);
    expect(server.trace).toEqual({ path: '/trace?again', cookie: '', stored: '', database: '', cached: expect.not.stringMatching(`^${cached}$`) as string, historyLength: 1, referrer: '', windowName: '', webdriver: false });
    expect(await saved()).toBe('');
    expect(await runInContainer(desktop.container, 'find', '/home/desktop', '/tmp', '-name', `*${TRACE_MARK}*`, '-o', '-name', 'recently-used*')).toBe('');

    // Neither can its person go back or paste anything, and what is typed goes into the page.
    const { page } = await chromium.freshTab();
    await openDesktop(page, desktop.link);
    await page.keyboard.press('Alt+ArrowLeft');
    await page.keyboard.press('Control+v');
    await page.keyboard.type('typed');
    await vi.waitFor(() => expect(server.report?.text).toBe('typed'), PATIENCE);
    expect(await page.locator('#clipboard-text').inputValue()).toBe('');
    expect(server.paths).not.toContain('/form');
  });

  test('has the old page off its screen when it says yes, and is back on the new one after its browser ends', async () => {
    const desktop = await startWaiting();
    const before = await takeScreen(desktop.container, desktop.link);
    await openPage(desktop.claim, SECRET, { url: server.formPage }, options());
    expect(difference(await takeScreen(desktop.container, desktop.link), before)).toBeGreaterThan(CHANGED_AT_LEAST);
    await vi.waitFor(() => expect(server.report).toBeDefined(), PATIENCE);

    const { page } = await chromium.freshTab();
    await openDesktop(page, desktop.link);
    await page.mouse.click(640, 600);
    const { load } = server.report ?? {};
    await page.keyboard.press('Control+w');
    await vi.waitFor(() => expect(server.report?.load).not.toBe(load), { timeout: 75_000, interval: 50 });
    await desktop.container.restart();
    const { load: loadThen } = server.report ?? {};
    await vi.waitFor(() => expect(server.report?.load).not.toBe(loadThen), { timeout: 75_000, interval: 50 });
    await expect(openPage(desktop.claim, SECRET, { url: server.barePage }, options())).rejects.toMatchObject({ code: 'CLAIM_REFUSED' });
  });

  test('takes no second claim, and none once somebody has used it', async () => {
    const claimed = await startWaiting();
    const requests = [1, 2, 3].map(() => openPage(claimed.claim, SECRET, { url: 'about:blank' }, options()).then(() => 'opened', () => 'refused'));
    expect((await Promise.all(requests)).sort()).toEqual(['opened', 'refused', 'refused']);
    await expect(openPage(claimed.claim, SECRET, { url: 'about:blank' }, options())).rejects.toMatchObject({ code: 'CLAIM_REFUSED' });

    const used = await startWaiting();
    const { page } = await chromium.freshTab();
    await openDesktop(page, used.link);
    await page.keyboard.press('a');
    await vi.waitFor(async () => expect(await askPort(used.address, 5901, 'x\n')).toBe('nobody'), PATIENCE);
  });

  test('says nothing to who does not know its secret, and nothing of itself to a page', async () => {
    const desktop = await startWaiting([`VNC_URL=${server.portPage}`]);
    await vi.waitFor(() => expect(server.portWords).toEqual(['fetch: failed', 'socket: closed 1006']), PATIENCE);
    const { address } = desktop;
    expect(await askPort(address, 5901, 'GET / HTTP/1.1\r\nHost: 127.0.0.1:5901\r\n\r\n')).toBe('');
    expect(await askPort(address, 5901, claimMessage({ url: server.formPage }, 'other'))).toBe('');
    expect(await askPort(address, 5901, 'x'.repeat(10_000))).toBe('');
    await openPage(desktop.claim, SECRET, { url: server.formPage }, options());
  });

  test('closes the port after many tries', async () => {
    const { address, claim } = await startWaiting();
    for (let attempt = 0; attempt < 20; attempt++) await askPort(address, 5901, 'x\n');
    expect(await askPort(address, 5901, 'x\n')).toBe('nobody');
    await expect(openPage(claim, SECRET, { url: server.formPage }, options())).rejects.toMatchObject({ code: 'CLAIM_REFUSED' });
  });

  test('shows on its welcome page whose it is, without loading it anew', async () => {
    const desktop = await startWaiting();
    const before = await takeScreen(desktop.container, desktop.link);
    await openPage(desktop.claim, SECRET, { clientLabel: '111.222.333-44' }, options());
    await vi.waitFor(async () => expect(difference(await takeScreen(desktop.container, desktop.link), before)).toBeGreaterThan(0.01), PATIENCE);
  });

  test('answers at once when it was frozen and is woken, and its page takes another size', async () => {
    const desktop = await startWaiting();
    await desktop.container.pause();
    await desktop.container.unpause();
    const startedMs = performance.now();
    await openPage(desktop.claim, SECRET, { url: `${server.tracePage}?size` }, options());
    expect(performance.now() - startedMs).toBeLessThan(2000);
    await vi.waitFor(() => expect(server.size).toEqual({ width: 1280, height: 720 }), PATIENCE);
    await resizeScreen(desktop.rfb, SECRET, { width: 800, height: 1000 }, options());
    await vi.waitFor(() => expect(server.size).toEqual({ width: 800, height: 1000 }), PATIENCE);
    expect(await takeScreen(desktop.container, desktop.link)).toMatchObject({ width: 800, height: 1000 });
  });
});

test('a desktop that has its client from the start takes no claim', async () => {
  const { url, container } = await installation.up(CLIENT);
  const { NetworkSettings } = await installation.container(container).inspect();
  const host = Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '';
  await expect(openPage({ host, port: 5901 }, secretOf(url), { url: 'about:blank' }, options())).rejects.toMatchObject({ code: 'CLAIM_REFUSED' });
});
