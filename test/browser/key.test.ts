// The key of a desktop: what the viewer says without it and with a wrong one, and where the key never appears.
import { beforeAll, describe, expect, test } from 'vitest';
import { ownChromium } from '../support/chromium.ts';
import { ownInstallation, type UpReport } from '../support/own-installation.ts';
import { secretOf } from '../support/screen.ts';
import { noticeIn, openDesktop, waitForState } from '../support/viewer.ts';

const installation = ownInstallation();
const chromium = ownChromium();
let desktop: UpReport;
let page: string;
let secret: string;

beforeAll(async () => {
  desktop = await installation.up('222.333.444-05');
  page = new URL('/', desktop.url).href;
  secret = secretOf(desktop.url);
});

describe('the key of a desktop', () => {
  test('is asked for where the address has none, and lets the person in', async () => {
    const tab = await chromium.freshTab();
    await tab.page.goto(page);
    await waitForState(tab.page, 'no-key');
    expect(await noticeIn(tab.page)).toContain('This desktop needs its key');
    expect(tab.requests.filter((url) => url.startsWith('ws'))).toEqual([]);
    // The field has the focus already.
    await tab.page.keyboard.type(secret);
    await tab.page.keyboard.press('Enter');
    await waitForState(tab.page, 'connected');
  });

  test('when wrong is said to be so in words, and can be mended on the spot', async () => {
    const { page: tab } = await chromium.freshTab();
    await tab.goto(`${page}#key=wrong-1`);
    await waitForState(tab, 'wrong-key');
    const notice = await noticeIn(tab);
    expect(notice).toContain('The key was not accepted');
    expect(notice).toContain('vncctl open <client>');
    await tab.getByLabel('Key').fill(secret);
    await tab.getByRole('button', { name: 'Connect' }).click();
    await waitForState(tab, 'connected');
  });

  test('leaves the address bar and survives a reload of the tab, but not into another tab', async () => {
    const { page: tab, context } = await chromium.freshTab();
    await openDesktop(tab, desktop.url);
    expect(tab.url()).toBe(page);
    await tab.reload();
    await waitForState(tab, 'connected');
    const other = await context.newPage();
    await other.goto(page);
    await waitForState(other, 'no-key');
  });

  test('appears in no request and in no log line', async () => {
    const tab = await chromium.freshTab();
    await openDesktop(tab.page, desktop.url);
    await tab.page.reload();
    await waitForState(tab.page, 'connected');
    expect(tab.requests.length).toBeGreaterThan(3);
    // The fragment is Chromium's own: it is sent to nobody.
    expect(tab.requests.map((url) => url.replace(/#.*$/, '')).filter((url) => url.includes(secret))).toEqual([]);
    const log = await installation.container(desktop.container).logs({ stdout: true, stderr: true });
    expect(log.toString()).not.toContain(secret);
    const { stdout } = await installation.vncctl('inspect', '222.333.444-05');
    expect(stdout).toContain(desktop.container);
    expect(stdout).not.toContain(secret);
  });
});
