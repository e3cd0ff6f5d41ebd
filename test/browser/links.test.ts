// The links that `up` and `open` print while the daemon runs, in a real browser: no port, one use, and a desktop that wakes.
import { expect, test } from 'vitest';
import { ownChromium } from '../support/chromium.ts';
import { ownInstallation } from '../support/own-installation.ts';
import { judgePicture } from '../../src/rfb/stage.ts';
import { openDesktop, pictureInTab, waitForState } from '../support/viewer.ts';

const CLIENT = '111.222.333-44';
const installation = ownInstallation();
const chromium = ownChromium();

test('the link of up shows the desktop, once: whoever opens it again is not let in, and the first tab stays, also over a reload', async () => {
  await installation.daemon('127.0.0.1:0');
  const { url, hostPort } = await installation.up(CLIENT);
  expect(hostPort).toBeNull();
  const tab = await chromium.freshTab();
  await openDesktop(tab.page, url);
  await expect.poll(async () => judgePicture(await pictureInTab(tab.page)), { timeout: 15_000 }).toBe('page');
  const stranger = await chromium.freshTab();
  await stranger.page.goto(url);
  await waitForState(stranger.page, 'not-allowed');
  await tab.page.reload();
  await waitForState(tab.page, 'connected');
  await stranger.context.close();
  await tab.context.close();
});

test.each([
  ['paused', async (container: ReturnType<typeof installation.container>) => container.pause()],
  ['stopped', async (container: ReturnType<typeof installation.container>) => container.stop()],
])('the link of open brings a %s desktop back before the eyes of whoever opens it', async (status, happen) => {
  const { container } = await installation.up(CLIENT);
  await happen(installation.container(container));
  const { stdout } = await installation.vncctl('open', CLIENT, '--print');
  expect((await installation.vncctl('ls', '--format', '{{.Status}}')).stdout).toBe(`${status}\n`);
  const tab = await chromium.freshTab();
  await openDesktop(tab.page, stdout.trim());
  await expect.poll(async () => judgePicture(await pictureInTab(tab.page)), { timeout: 30_000 }).toBe('page');
  expect((await installation.vncctl('ls', '--format', '{{.Status}}')).stdout).toBe('ready\n');
  await tab.context.close();
});
