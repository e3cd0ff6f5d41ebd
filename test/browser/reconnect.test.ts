// An open tab while its desktop goes away: restarted, removed, and given anew.
import { describe, expect, test, vi } from 'vitest';
import { ownChromium } from '../support/chromium.ts';
import { ownInstallation } from '../support/own-installation.ts';
import { difference } from '../support/pictures.ts';
import { noticeIn, openDesktop, pictureInTab, waitForState } from '../support/viewer.ts';

const SAME_SCREEN = 0.005;

const installation = ownInstallation();
const chromium = ownChromium();

describe('an open tab', () => {
  test('shows the page again by itself after the container was restarted, and after a reload', async () => {
    const desktop = await installation.up('444.555.666-07');
    const { page } = await chromium.freshTab();
    await openDesktop(page, desktop.url);
    await vi.waitFor(async () => expect(difference(await pictureInTab(page), await pictureInTab(page))).toBe(0), { timeout: 10_000, interval: 100 });
    const before = await pictureInTab(page);

    const restarted = installation.container(desktop.container).restart();
    await waitForState(page, 'reconnecting');
    expect(await noticeIn(page)).toContain('Connection lost. Reconnecting');
    await restarted;
    await waitForState(page, 'connected', 30_000);
    await vi.waitFor(async () => expect(difference(await pictureInTab(page), before)).toBeLessThan(SAME_SCREEN), { timeout: 30_000, interval: 200 });

    await page.reload();
    await waitForState(page, 'connected');
    await vi.waitFor(async () => expect(difference(await pictureInTab(page), before)).toBeLessThan(SAME_SCREEN), { timeout: 10_000, interval: 100 });
  });

  test('says that a removed desktop is gone, and that a new one on its port has another key', async () => {
    const desktop = await installation.up('555.666.777-08');
    const { page } = await chromium.freshTab();
    await openDesktop(page, desktop.url);
    expect((await installation.vncctl('rm', '555.666.777-08')).code).toBe(0);
    await waitForState(page, 'gone', 45_000);
    const notice = await noticeIn(page);
    expect(notice).toContain('The desktop is gone');
    expect(notice).toContain('vncctl up <client>');
    expect(notice).toContain('Try now');

    const next = await installation.up('555.666.777-08');
    expect(next.hostPort).toBe(desktop.hostPort);
    // The tab has gone on looking by itself.
    await waitForState(page, 'wrong-key');
    expect(await noticeIn(page)).toContain('The desktop may have been replaced');
    // The new link over the old address changes only the fragment; the tab takes it all the same.
    await page.goto(next.url);
    await waitForState(page, 'connected');
  });
});
