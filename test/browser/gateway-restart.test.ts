// A restart of the daemon under many viewers: each page comes back by itself.
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { ownChromium } from '../support/chromium.ts';
import { comesTrue } from '../support/eventually.ts';
import { openLink } from '../support/gateway-visitor.ts';
import { type OwnDaemon, ownInstallation } from '../support/own-installation.ts';
import { openPage } from '../support/page-without-browser.ts';
import { openDesktop, waitForState } from '../support/viewer.ts';

const CLIENT = '111.222.333-44';
const PAGES = 19;
/** From the moment when the daemon answers again. The pages need about one second where the machine has nothing else to do. */
const BACK_WITHIN_MS = 10_000;

const installation = ownInstallation();
const chromium = ownChromium();
let daemon: OwnDaemon;

beforeAll(async () => {
  await installation.up(CLIENT);
  daemon = await installation.daemon('127.0.0.1:0');
});

test.each(['SIGTERM', 'SIGKILL'] as const)('twenty pages come back by themselves after the daemon was ended by %s and started anew', async (signal) => {
  const { url } = await installation.share(CLIENT);
  const { page: tab, context } = await chromium.freshTab();
  await openDesktop(tab, url);
  const pages = await Promise.all(Array.from({ length: PAGES }, async () => openPage(await openLink(url))));
  onTestFinished(async () => {
    for (const page of pages) page.close();
    await context.close();
  });
  const connected = (): number => pages.filter((page) => page.state() === 'connected').length;
  await comesTrue('all pages are connected', () => connected() === PAGES);

  await daemon.end(signal);
  await comesTrue('no page is connected', () => connected() === 0);
  await expect.poll(() => tab.locator('html').getAttribute('data-state')).not.toBe('connected');
  daemon = await installation.daemon(daemon.address);
  const answersAt = performance.now();
  const backAfterMs = async (back: Promise<void>): Promise<number> => {
    await back;
    return Math.round(performance.now() - answersAt);
  };
  const took = await Promise.all([backAfterMs(comesTrue('all pages are connected again', () => connected() === PAGES, BACK_WITHIN_MS)), backAfterMs(waitForState(tab, 'connected', BACK_WITHIN_MS))]);
  process.stderr.write(`   ${PAGES} pages and a tab of Chromium were back ${took.join(' and ')} ms after the daemon answered\n`);
});
