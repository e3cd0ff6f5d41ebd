// The viewer page behind a gateway: its ticket, what it says while a desktop comes and goes, and the warning of a removal.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ownChromium } from '../support/chromium.ts';
import { type FakeGateway, startFakeGateway } from '../support/fake-gateway.ts';
import { type FakeRfbServer, rectangle, startFakeRfbServer, update } from '../support/fake-rfb-server.ts';
import { noticeIn, openDesktop, waitForState } from '../support/viewer.ts';

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
const WIDTH = 1000;
const HEIGHT = 700;
const MINUTE = 60_000;
const SOON = { timeout: 10_000, interval: 50 };

const pictures = fileURLToPath(new URL('../.work/gateway-page/', import.meta.url));
const chromium = ownChromium();
let rfb: FakeRfbServer;
let gateway: FakeGateway;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  rfb = await startFakeRfbServer(async (peer) => {
    await peer.shakeHands({ width: WIDTH, height: HEIGHT });
    await peer.readSetup();
    await peer.readUpdateRequest();
    peer.send(update([rectangle(0, 0, 0, WIDTH, HEIGHT, stripes())]));
  });
});
afterAll(() => rfb.stop());
beforeEach(async () => {
  gateway = await startFakeGateway(rfb.port);
});

/** Horizontal stripes, so that a picture shows what covers the desktop, and where. */
function stripes(): Buffer {
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 4);
  for (let y = 0; y < HEIGHT; y++) pixels.fill(Buffer.of(90, (y % 100 < 50 ? 120 : 160), 60, 0), y * WIDTH * 4, (y + 1) * WIDTH * 4);
  return pixels;
}

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
/** For the eyes of whoever works on the page. */
const picture = (page: Page, name: string): Promise<unknown> => page.screenshot({ path: `${pictures}${name}.png` });
const bar = (page: Page) => page.locator('#warning');

describe('a ticket', () => {
  test('lets the person in once, leaves the address bar, and stands in no request', async () => {
    const tab = await chromium.freshTab();
    const link = gateway.link();
    await openDesktop(tab.page, link);
    expect(tab.page.url()).toBe(gateway.page);
    const ticket = link.replace(/^.*=/, '');
    expect(gateway.posted).toEqual([ticket]);
    expect(gateway.origins).toEqual([new URL(gateway.page).origin]);
    expect(tab.requests.map((url) => url.replace(/#.*$/, '')).filter((url) => url.includes(ticket))).toEqual([]);
    expect(await tab.page.evaluate('JSON.stringify([{ ...sessionStorage }, { ...localStorage }])')).not.toContain(ticket);
    // Cookie and the page's half are enough from now on: here, and in no other tab.
    await tab.page.reload();
    await waitForState(tab.page, 'connected');
    const other = await tab.context.newPage();
    await other.goto(gateway.page);
    await waitForState(other, 'not-allowed');
    expect(gateway.posted).toHaveLength(1);
    expect(tab.requests.filter((url) => new URL(url).host !== new URL(gateway.page).host)).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test('that was used already is said to be so in words, and a new one in the same tab mends it', async () => {
    const link = gateway.link();
    const { page: first } = await chromium.freshTab();
    await openDesktop(first, link);
    const { page: second } = await chromium.freshTab();
    await second.goto(link);
    await waitForState(second, 'not-allowed');
    expect(await noticeIn(second)).toContain('used already');
    expect(await noticeIn(second)).toContain('vncctl open <client>');
    await picture(second, 'not-allowed');
    const looks = gateway.looks;
    await second.goto(gateway.link());
    await waitForState(second, 'connected');
    expect(gateway.looks).toBeGreaterThan(looks);
  });

  test('that was used already lets the tab in that used it', async () => {
    const link = gateway.link();
    const { page } = await chromium.freshTab();
    await openDesktop(page, link);
    await page.goto('about:blank');
    await openDesktop(page, link);
  });

  test('is missing: the page says that it is not allowed, and tries again when it is told to', async () => {
    const { page } = await chromium.freshTab();
    await page.goto(gateway.page);
    await waitForState(page, 'not-allowed');
    const looked = page.waitForResponse((answer) => answer.url().endsWith('/state'));
    await page.getByRole('button', { name: 'Try now' }).click();
    expect((await looked).status()).toBe(401);
    await openDesktop(page, gateway.link());
  });

  test('survives a gateway that has too much to do, hangs up or restarts meanwhile', async () => {
    gateway.sessionFailures.push(0, 503, 429);
    const { page } = await chromium.freshTab();
    await page.goto(gateway.link());
    await waitForState(page, 'wait');
    expect(await noticeIn(page)).toContain('Too many attempts');
    await waitForState(page, 'connected');
    expect(new Set(gateway.posted).size).toBe(1);
  });

  test('survives a reload before it could be exchanged', async () => {
    gateway.sessionFailures.push(503, 503, 503);
    const { page } = await chromium.freshTab();
    await page.goto(gateway.link());
    await vi.waitFor(() => expect(gateway.posted.length).toBeGreaterThan(0), SOON);
    await page.reload();
    await waitForState(page, 'connected');
  });
});

describe('the page', () => {
  test('says what the desktop does until it can be seen, with the times that were measured', async () => {
    const { page } = await chromium.freshTab();
    gateway.state = { status: 'starting', phaseMs: { create: 120, start: 310, rfb: 1240, odd: 5 } };
    await page.goto(gateway.link());
    await waitForState(page, 'starting');
    expect(await noticeIn(page)).toContain('The desktop is starting');
    expect(await noticeIn(page)).toContain('created in 0.1 s · started in 0.3 s · screen after 1.2 s');
    await picture(page, 'starting');
    gateway.state = { status: 'paused' };
    await waitForState(page, 'paused');
    expect(await noticeIn(page)).toContain('The desktop is paused');
    await picture(page, 'paused');
    gateway.state = { status: 'waking' };
    await waitForState(page, 'waking');
    expect(await noticeIn(page)).toContain('waking up');
    gateway.state = { status: 'stopped' };
    await waitForState(page, 'stopped');
    expect(await noticeIn(page)).toContain('starts again');
    gateway.state = { status: 'ready' };
    await waitForState(page, 'connected', 2000);
    expect(await noticeIn(page)).toBe('');
  });

  test('wakes a paused desktop by being opened, and one that is paused behind its picture when it is told to', async () => {
    const { page } = await chromium.freshTab();
    gateway.state = { status: 'paused' };
    gateway.onUpgrade = () => {
      gateway.state = { status: 'ready', removeAt: inMs(1500) };
    };
    await openDesktop(page, gateway.link());
    gateway.state = { status: 'paused' };
    await waitForState(page, 'paused');
    await page.getByRole('button', { name: 'Wake it up' }).click();
    await waitForState(page, 'connected');
    expect(gateway.joined).toBe(2);
  });

  test('says why a desktop was taken away, in the language of the person, and stops asking', async () => {
    const { page } = await chromium.freshTab({ ...PHONE, locale: 'pt-BR' });
    await page.clock.install();
    gateway.state = { status: 'ready', removeAt: inMs(1500) };
    await openDesktop(page, gateway.link());
    gateway.state = { status: 'gone', reason: 'no viewer for 8h' };
    await waitForState(page, 'taken-away');
    const notice = await noticeIn(page);
    expect(notice).toContain('A área de trabalho foi retirada');
    expect(notice).toContain('Ninguém olhava para ela havia 8h.');
    await bar(page).waitFor({ state: 'hidden' });
    await picture(page, 'taken-away-phone-pt');
    const { looks, joined } = gateway;
    await page.clock.runFor(60_000);
    expect([gateway.looks, gateway.joined]).toEqual([looks, joined]);
  });

  test('shows the desktop again by itself within three seconds of a restart', async () => {
    const { page } = await chromium.freshTab();
    await openDesktop(page, gateway.link());
    await gateway.stop();
    await waitForState(page, 'unreachable');
    expect(await noticeIn(page)).toContain('The server does not answer');
    await picture(page, 'unreachable');
    await gateway.start();
    await waitForState(page, 'connected', 3000);
    expect(gateway.posted).toHaveLength(1);
  });

  test('says that it is not allowed any more once its cookie is refused', async () => {
    const { page } = await chromium.freshTab();
    gateway.state = { status: 'ready', removeAt: inMs(1500) };
    await openDesktop(page, gateway.link());
    gateway.forgetCookies();
    await waitForState(page, 'not-allowed');
  });

  test('learns from the state that it may only look, and offers no keys then', async () => {
    const { page } = await chromium.freshTab();
    gateway.state = { status: 'ready', viewOnly: true, removeAt: inMs(5 * MINUTE), canKeep: true };
    await openDesktop(page, gateway.link());
    await page.getByText('View only').waitFor();
    await bar(page).waitFor();
    expect(await page.locator('#keep').isVisible()).toBe(false);
    await page.locator('#handle').click();
    await page.getByRole('button', { name: 'Clipboard' }).waitFor();
    expect(await page.getByRole('button', { name: 'Ctrl-Alt-Del' }).isVisible()).toBe(false);
    await picture(page, 'view-only');
  });
});

describe('the warning of a removal', () => {
  test('counts down, does not take the focus, is read out by the minute, and goes when the desktop is kept', async () => {
    const { page } = await chromium.freshTab();
    gateway.state = { status: 'ready', removeAt: inMs(9.9 * MINUTE), canKeep: true };
    gateway.onKeep = () => {
      gateway.state = { status: 'ready', removeAt: inMs(8 * 60 * MINUTE), canKeep: true };
    };
    await openDesktop(page, gateway.link());
    await bar(page).waitFor();
    await page.locator('#screen canvas:focus').waitFor();
    const left = page.locator('#warning-left');
    const before = await left.innerText();
    expect(before).toMatch(/^9:5\d$/);
    await vi.waitFor(async () => expect(await left.innerText()).not.toBe(before), SOON);
    await page.getByRole('status').and(page.getByText('This desktop is removed in 10 min.')).waitFor();
    await picture(page, 'warning-desktop');

    // From the keyboard, and back to the desktop.
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: 'Keep it' }).and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Enter');
    await bar(page).waitFor({ state: 'hidden' });
    await page.locator('#screen canvas:focus').waitFor();
    expect(gateway.origins.at(-1)).toBe(new URL(gateway.page).origin);
  });

  test('fits a phone held upright, leaves the middle of the screen free, and has room for a finger', async () => {
    const { page } = await chromium.freshTab({ ...PHONE, locale: 'pt-BR' });
    gateway.state = { status: 'ready', removeAt: inMs(4.5 * MINUTE), viewOnly: false };
    await openDesktop(page, gateway.link());
    await page.getByRole('button', { name: 'Manter' }).waitFor();
    const box = await bar(page).boundingBox();
    const button = await page.locator('#keep').boundingBox();
    if (!box || !button) throw new Error('the bar is not to be seen');
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(PHONE.viewport.width);
    expect(box.y).toBeGreaterThan(PHONE.viewport.height * 0.8);
    expect(box.y + box.height).toBeLessThanOrEqual(PHONE.viewport.height);
    expect(button.height).toBeGreaterThanOrEqual(44);
    expect(await page.evaluate('[document.documentElement.scrollWidth, document.documentElement.scrollHeight]')).toEqual([390, 844]);
    await picture(page, 'warning-phone-pt');
    gateway.onKeep = undefined;
    await page.locator('#keep').tap();
    await bar(page).getByText('Não funcionou. Tente de novo.').waitFor();
    await picture(page, 'warning-phone-failed-pt');
  });

  test('has no button where nothing can put the removal off, and is not there while it is far', async () => {
    const { page } = await chromium.freshTab();
    gateway.state = { status: 'ready', removeAt: inMs(2 * MINUTE), canKeep: false };
    await openDesktop(page, gateway.link());
    await bar(page).waitFor();
    expect(await page.locator('#keep').isVisible()).toBe(false);
    gateway.state = { status: 'ready', removeAt: inMs(11 * MINUTE) };
    await page.reload();
    await waitForState(page, 'connected');
    expect(await bar(page).isVisible()).toBe(false);
  });

  test('goes by the clock of the server where the one of the browser is wrong', async () => {
    const tab = await chromium.freshTab();
    await tab.page.clock.install({ time: Date.now() + 60 * MINUTE });
    gateway.state = { status: 'ready', removeAt: inMs(5 * MINUTE) };
    await openDesktop(tab.page, gateway.link());
    // The server's clock is told in whole seconds.
    expect(await tab.page.locator('#warning-left').innerText()).toMatch(/^(5:0[01]|4:5\d)$/);
  });
});
