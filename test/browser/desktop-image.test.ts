// The image `desktop`, as far as a person sees it: it comes up, and its terminal opens and takes commands.
import { expect, test, vi } from 'vitest';
import { ownChromium } from '../support/chromium.ts';
import { ownInstallation, runInContainer } from '../support/own-installation.ts';
import { difference } from '../support/pictures.ts';
import { openDesktop, pictureInTab } from '../support/viewer.ts';

const PATIENCE = { timeout: 20_000, interval: 100 };
/** Panel of tint2rc: three launchers of 26 pixels from the left, the terminal's last. */
const TERMINAL = { x: 77, y: 702 };

const installation = ownInstallation();
const chromium = ownChromium();

test('the desktop shows a window, and its terminal runs what is typed', async () => {
  const desktop = await installation.up('888.999.000-11', '--image', 'desktop');
  const { page } = await chromium.freshTab();
  await openDesktop(page, desktop.url);
  const before = await pictureInTab(page);
  await page.mouse.click(TERMINAL.x, TERMINAL.y);
  // xterm is 80 columns by 24 rows: a good part of the screen.
  await vi.waitFor(async () => expect(difference(await pictureInTab(page), before)).toBeGreaterThan(0.1), PATIENCE);
  const container = installation.container(desktop.container);
  await vi.waitFor(async () => {
    // Again and again: another window may still be opening, and take the keys.
    await page.keyboard.type('echo "it works" > /tmp/typed\n');
    expect((await runInContainer(container, 'cat', '/tmp/typed')).trim()).toBe('it works');
  }, PATIENCE);
});
