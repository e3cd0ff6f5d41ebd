// The warning of a removal on a phone held upright, by the real daemon with short clocks: what can be put off has a button for it, and
// what can't has none; and what the page says when the time is over.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { ownChromium } from '../support/chromium.ts';
import { ownInstallation } from '../support/own-installation.ts';
import { noticeIn, openDesktop, waitForState } from '../support/viewer.ts';

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2, locale: 'pt-BR' };
const pictures = fileURLToPath(new URL('../.work/gateway-warning/', import.meta.url));

const installation = ownInstallation();
const chromium = ownChromium();

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  expect((await installation.vncctl('config', 'set', 'sweepInterval', '1s')).code).toBe(0);
  await installation.daemon('127.0.0.1:0');
});

/** The page of a new desktop with that lease. */
async function openOnPhone(client: string, ...lease: string[]): Promise<Page> {
  await installation.up(client, ...lease);
  const { page } = await chromium.freshTab(PHONE);
  await openDesktop(page, (await installation.share(client)).url);
  return page;
}

/** For the eyes of whoever works on the page. */
const picture = (page: Page, name: string): Promise<unknown> => page.screenshot({ path: `${pictures}${name}.png` });
const bar = (page: Page) => page.locator('#warning');

async function secondsLeft(page: Page): Promise<number> {
  const [minutes = 0, seconds = 0] = (await page.locator('#warning-left').innerText()).split(':').map(Number);
  return minutes * 60 + seconds;
}

test('a removal that can be put off has a button for it', async () => {
  const page = await openOnPhone('111.222.333-44', '--ttl', '3m');
  await bar(page).getByText('Esta área de trabalho será removida em').waitFor();
  await expect.poll(() => secondsLeft(page), { timeout: 15_000 }).toBeLessThan(175);
  await picture(page, 'ttl');
  await page.getByRole('button', { name: 'Manter' }).tap();
  await expect.poll(() => secondsLeft(page), { timeout: 15_000 }).toBeGreaterThan(175);
});

test('a removal by max-age has no button, and comes; the page says why', async () => {
  const page = await openOnPhone('222.333.444-05', '--max-age', '30s');
  await bar(page).getByText('Esta área de trabalho será removida em').waitFor();
  expect(await page.getByRole('button', { name: 'Manter' }).isVisible()).toBe(false);
  await picture(page, 'max-age');
  await waitForState(page, 'taken-away', 60_000);
  expect(await noticeIn(page)).toContain('Ela tinha mais de 30s, o máximo que uma área de trabalho vive aqui.');
  expect(await bar(page).isVisible()).toBe(false);
  await picture(page, 'taken-away');
});
