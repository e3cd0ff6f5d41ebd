// Who looks, told by a real browser's connections: the daemon's clocks rest on it.
import { beforeAll, expect, test } from 'vitest';
import { ownChromium } from '../support/chromium.ts';
import { ownInstallation, type UpReport } from '../support/own-installation.ts';
import { openDesktop } from '../support/viewer.ts';

const CLIENT = '111.222.333-44';
const installation = ownInstallation();
const chromium = ownChromium();
let desktop: UpReport;

beforeAll(async () => {
  desktop = await installation.up(CLIENT);
});

/** Viewers as `why` finds them at this moment; null when it can't tell. */
async function viewers(): Promise<number | null> {
  const { stdout } = await installation.vncctl('why', CLIENT, '--json');
  return (JSON.parse(stdout) as { viewers: number | null }).viewers;
}

test('an open tab is one viewer, two tabs are two, and one that was closed or went elsewhere is none, at once', async () => {
  expect(await viewers()).toBe(0);
  const first = await chromium.freshTab();
  await openDesktop(first.page, desktop.url);
  const second = await chromium.freshTab();
  await openDesktop(second.page, desktop.url);
  expect(await viewers()).toBe(2);
  // The browser goes on and would keep connections for the next page.
  await first.page.goto('about:blank');
  await expect.poll(viewers, { timeout: 5_000 }).toBe(1);
  await second.context.close();
  await expect.poll(viewers, { timeout: 5_000 }).toBe(0);
});
