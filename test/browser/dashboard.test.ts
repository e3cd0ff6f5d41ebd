// The dashboard of a real daemon over real desktops: a desktop's whole life, from two browsers and without a reload.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownChromium, type RecordedTab } from '../support/chromium.ts';
import { ownInstallation } from '../support/own-installation.ts';

const CLIENT = '529.982.247-25';
const MASKED = '529.***.***-25';
const OTHER = '111.222.333-44';
const installation = ownInstallation();
const chromium = ownChromium();

/** A page that looks another way every two seconds. */
const CHANGING = '<!doctype html><title>changing</title><body><script>let on = false; setInterval(() => { on = !on; document.body.style.background = on ? "#2d6a4f" : "#a4161a"; }, 2000)</script>';
const pages = createServer((_, response) => response.setHeader('content-type', 'text/html').end(CHANGING));
let pageUrl = '';
let one: RecordedTab;
let other: RecordedTab;

async function signIn(): Promise<RecordedTab> {
  const tab = await chromium.freshTab();
  await tab.page.goto((await installation.vncctl('dashboard', '--print')).stdout.trim());
  await tab.page.locator('header.top').waitFor();
  return tab;
}

const row = ({ page }: RecordedTab) => page.locator('tr[data-desktop]', { hasText: MASKED });
const press = ({ page }: RecordedTab, name: string) => page.getByRole('button', { name: `${name}: ${MASKED}` }).click();
const stateOf = async (): Promise<string | undefined> => {
  const rows = JSON.parse((await installation.vncctl('ls', '--json')).stdout) as { client: string; status: string }[];
  return rows.find(({ client }) => client === CLIENT.replaceAll(/\D/g, ''))?.status;
};

beforeAll(async () => {
  await installation.daemon('127.0.0.1:0');
  const host = await installation.prepareNetwork(OTHER);
  await installation.vncctl('rm', OTHER, '--yes');
  pages.listen(0, host);
  await once(pages, 'listening');
  const bound = pages.address();
  pageUrl = `http://${host}:${bound !== null && typeof bound === 'object' ? bound.port : 0}/`;
  [one, other] = [await signIn(), await signIn()];
});

afterAll(() => void pages.close());

test('a desktop that is made becomes ready before the eyes of both, and its link opens its screen', async () => {
  const { page, context } = one;
  await page.getByRole('button', { name: 'New desktop' }).click();
  await page.getByRole('dialog').getByLabel('Client').fill(CLIENT);
  await page.getByRole('radio', { name: /firefox-kiosk/ }).check();
  await page.getByLabel('Address to show').fill(pageUrl);
  await page.getByRole('button', { name: 'Create' }).click();
  await row(other).waitFor({ timeout: 20_000 });
  await row(one).getByText('Ready').waitFor({ timeout: 60_000 });
  await row(other).getByText('Ready').waitFor({ timeout: 1_000 });
  await page.getByText(`The desktop of ${MASKED} can be opened.`).waitFor({ timeout: 60_000 });
  const opened = context.waitForEvent('page');
  await press(one, 'Open');
  const screen = await opened;
  await screen.waitForURL(/\/d\/[a-z0-9]+\//);
  await screen.locator('html[data-state="connected"]').waitFor();
  await row(other).locator('.viewers', { hasText: '1' }).waitFor({ timeout: 12_000 });
  await screen.close();
  await row(other).locator('.memory', { hasText: 'MB' }).waitFor({ timeout: 12_000 });
});

test('its picture on the wall changes as its screen does, and nobody counts as looking at it', async () => {
  const { page } = other;
  await page.getByRole('link', { name: 'Wall' }).click();
  const picture = page.getByRole('img', { name: `Screen of ${MASKED}` });
  const seen = new Set<string | null>();
  await expect
    .poll(async () => {
      seen.add(await picture.getAttribute('src'));
      return seen.size;
    }, { timeout: 25_000 })
    .toBeGreaterThan(2);
  expect(await picture.evaluate((image: { naturalWidth: number }) => image.naturalWidth)).toBe(800);
  await row(one).locator('.viewers', { hasText: '0' }).waitFor({ timeout: 12_000 });
  expect((await installation.vncctl('viewers', '--json')).stdout.trim()).toBe('[]');
});

test('kept, it is said; paused, both see it within a second, its last picture stays, and looking wakes nothing', async () => {
  await press(one, 'Keep');
  await one.page.getByText(`Kept: ${MASKED}`).waitFor();
  await press(one, 'Pause');
  await row(one).getByText('Paused').waitFor();
  const figure = other.page.locator('figure.still', { hasText: MASKED });
  await figure.getByText('Paused').waitFor({ timeout: 1_000 });
  const source = await figure.locator('img').getAttribute('src');
  // Two pictures would have been asked for by then.
  await other.page.waitForResponse(/screen\.png/, { timeout: 8_000 });
  await other.page.waitForResponse(/screen\.png/, { timeout: 8_000 });
  expect(await figure.locator('img').getAttribute('src')).toBe(source);
  expect(await stateOf()).toBe('paused');
  await press(one, 'Wake');
  await row(one).getByText('Ready').waitFor();
  await other.page.locator('figure:not(.still)', { hasText: MASKED }).waitFor({ timeout: 1_000 });
});

test('a removal that is taken back removes nothing; one that is not, everything, before the eyes of both', async () => {
  await other.page.getByRole('link', { name: 'Desktops' }).click();
  const remove = async (): Promise<void> => {
    await row(one).locator('summary').click();
    await press(one, 'Remove');
  };
  await remove();
  await press(one, 'Undo');
  await remove();
  expect(await stateOf()).toBe('ready');
  await row(one).waitFor({ state: 'detached', timeout: 30_000 });
  await row(other).waitFor({ state: 'detached', timeout: 1_000 });
  expect(await stateOf()).toBeUndefined();
  await other.page.getByRole('link', { name: 'Events' }).click();
  await other.page.locator('.events li', { hasText: 'removed' }).filter({ hasText: 'removed through the API' }).first().waitFor();
  expect([...one.complaints, ...other.complaints]).toEqual([]);
});
