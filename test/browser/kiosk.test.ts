// The kiosk keeps its person on its page: keys, addresses and clicks that lead out of an ordinary browser do nothing here. Judged by
// the picture, and by the page's own reports that it still runs and still gets what is typed.
import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Picture } from '../../src/rfb/picture.ts';
import { ownChromium } from '../support/chromium.ts';
import { ownInstallation, type UpReport } from '../support/own-installation.ts';
import { type PageServer, startPageServer } from '../support/page-server.ts';
import { difference } from '../support/pictures.ts';
import { takeScreen } from '../support/screen.ts';
import { openDesktop } from '../support/viewer.ts';

const CLIENT = '777.888.999-10';
const PATIENCE = { timeout: 10_000, interval: 50 };
/** A pointer or the frame round a link are within this; the smallest menu, bar or dialog is five times as large. */
const SAME_SCREEN = 0.005;

const installation = ownInstallation();
const chromium = ownChromium();
let server: PageServer;
let desktop: UpReport;
let viewer: Page;
let undisturbed: Picture;

const screen = (): Promise<Picture> => takeScreen(installation.container(desktop.container), desktop.url);

beforeAll(async () => {
  server = await startPageServer(await installation.prepareNetwork(CLIENT));
  desktop = await installation.up(CLIENT, '--recreate', '--url', server.barePage);
  viewer = (await chromium.freshTab()).page;
  await openDesktop(viewer, desktop.url);
  // In the middle, where a click for the focus does no harm; this also makes the server draw no pointer.
  await viewer.mouse.click(640, 400);
  await typingArrives();
  undisturbed = await screen();
});

/** Types a word into the page and waits until the page reports it. */
async function typingArrives(patience = PATIENCE): Promise<void> {
  const word = `q${randomBytes(3).toString('hex')}q`;
  await viewer.keyboard.type(word);
  await vi.waitFor(() => expect(server.report?.text).toContain(word), patience);
}

/** The page is on the screen, untouched, runs, and has the keyboard. */
async function kioskIsUndisturbed(): Promise<void> {
  await typingArrives();
  await vi.waitFor(async () => expect(difference(await screen(), undisturbed)).toBeLessThan(SAME_SCREEN), PATIENCE);
}

describe('the kiosk', () => {
  test.each([
    ['the developer tools', ['F12', 'Control+Shift+I', 'Control+Shift+K', 'Control+Shift+J', 'Control+Shift+C', 'Control+Shift+E', 'Shift+F5', 'Shift+F7', 'Shift+F9', 'Control+Shift+M']],
    ['a dialog of files or of the printer', ['Control+o', 'Control+s', 'Control+p', 'Control+Shift+s']],
    ['another window or tab', ['Control+n', 'Control+t', 'Control+Shift+n', 'Control+Shift+p', 'Control+Shift+t', 'Control+Tab']],
    ['a library, a side bar or a manager', ['Control+b', 'Control+h', 'Control+Shift+h', 'Control+Shift+o', 'Control+Shift+b', 'Control+j', 'Control+Shift+y', 'Control+Shift+a', 'Control+d', 'Shift+Escape']],
    ['the address bar or a menu', ['Control+l', 'Alt+d', 'Control+k', 'F6', 'Shift+F6', 'F10', 'F11', 'Alt+f', 'Alt']],
    ['the source of the page', ['Control+u', 'Control+i']],
  ])('opens no key to %s', async (_what, keys) => {
    const { load } = server.report ?? {};
    for (const key of keys) {
      await viewer.keyboard.press(key);
    }
    await kioskIsUndisturbed();
    expect(server.report?.load).toBe(load);
  });

  test.each(['about:config', 'about:preferences', 'about:addons', 'file:///etc/passwd', 'view-source:http://127.0.0.1:8080/', 'chrome://browser/content/browser.xhtml'])('goes to no %s that is typed', async (address) => {
    await viewer.keyboard.press('Control+l');
    await viewer.keyboard.type(address);
    await viewer.keyboard.press('Enter');
    await kioskIsUndisturbed();
  });

  test('follows no link of a page to its settings, its files or its source, and shows no menu to a right click', async () => {
    for (const row of [30, 90, 150]) {
      await viewer.mouse.click(100, row);
      await viewer.mouse.click(640, 400);
      await kioskIsUndisturbed();
    }
    await viewer.mouse.click(640, 400, { button: 'right' });
    await kioskIsUndisturbed();
    await viewer.mouse.click(100, 30, { button: 'middle' });
    await viewer.mouse.click(640, 400);
    await kioskIsUndisturbed();
  });

  test('lets Tab out of the page to nothing that takes text', async () => {
    for (let turn = 0; turn < 10; turn++) {
      await viewer.keyboard.press('Tab');
      await viewer.keyboard.type('x');
    }
    await viewer.mouse.click(640, 400);
    await kioskIsUndisturbed();
  });

  test.each(['Control+w', 'Alt+F4', 'Control+q', 'Control+Shift+w'])('is back on its page after %s', async (key) => {
    await viewer.keyboard.press(key);
    await vi.waitFor(async () => {
      await viewer.mouse.click(640, 400);
      await typingArrives({ timeout: 1000, interval: 50 });
    }, { timeout: 75_000, interval: 50 });
    await kioskIsUndisturbed();
    expect((await installation.container(desktop.container).inspect()).State.Running).toBe(true);
  });
});
