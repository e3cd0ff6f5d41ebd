// The link that `up` prints, opened in a browser that has never seen it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Picture } from '../../src/rfb/picture.ts';
import { ownChromium } from '../support/chromium.ts';
import { ownInstallation, type UpReport } from '../support/own-installation.ts';
import { difference, flatPicture, pictureOfPng } from '../support/pictures.ts';
import { secretOf, takeScreen } from '../support/screen.ts';
import { noticeIn, openDesktop, pictureInTab } from '../support/viewer.ts';

const CLIENT = '111.222.333-44';
const WELCOME = fileURLToPath(new URL('../../templates/images/firefox-kiosk/welcome', import.meta.url));
/** JPEG and another machine's fonts; a wrong page differs in more than ten times as much. */
const SAME_SCREEN = 0.005;
const SAME_PAGE = 0.05;

const installation = ownInstallation();
const chromium = ownChromium();
let desktop: UpReport;

beforeAll(async () => {
  desktop = await installation.up(CLIENT);
});

const screen = (): Promise<Picture> => takeScreen(installation.container(desktop.container), desktop.url);

/** The kiosk's welcome page as this machine's Chromium draws it. */
async function drawWelcome(client: string): Promise<Picture> {
  const { page, context } = await chromium.freshTab();
  await context.route('http://welcome.test/**', async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1) || 'index.html';
    await route.fulfill({ body: await readFile(join(WELCOME, name)), contentType: name.endsWith('.css') ? 'text/css' : name.endsWith('.js') ? 'text/javascript' : 'text/html' });
  });
  await page.goto(`http://welcome.test/#client=${client}`);
  return pictureOfPng(await page.screenshot());
}

describe('the link', () => {
  test('shows the screen of the container, pixel for pixel', async () => {
    const { page } = await chromium.freshTab();
    await openDesktop(page, desktop.url);
    await vi.waitFor(async () => expect(difference(await pictureInTab(page), await screen())).toBeLessThan(SAME_SCREEN), { timeout: 10_000, interval: 100 });
    expect(await noticeIn(page)).toBe('');
  });

  test('shows the welcome page with whose desktop it is', async () => {
    const { page } = await chromium.freshTab();
    await openDesktop(page, desktop.url);
    const welcome = await drawWelcome(CLIENT);
    expect(Math.min(...[0, 0xffffff].map((colour) => difference(flatPicture(1280, 720, colour), welcome, { tolerance: 48 })))).toBeGreaterThan(10 * SAME_PAGE);
    await vi.waitFor(async () => expect(difference(await pictureInTab(page), welcome, { tolerance: 48 })).toBeLessThan(SAME_PAGE), { timeout: 10_000, interval: 100 });
  });

  test('asks no other host for anything, sends the secret nowhere, and breaks no rule of the page', async () => {
    const tab = await chromium.freshTab();
    await openDesktop(tab.page, desktop.url);
    const hosts = new Set(tab.requests.filter((url) => !url.startsWith('data:')).map((url) => new URL(url).host));
    expect([...hosts]).toEqual([`localhost:${desktop.hostPort}`]);
    expect(tab.requests.some((url) => url.startsWith('ws:'))).toBe(true);
    expect(tab.requests.filter((url) => decodeURIComponent(url.split('#')[0] ?? '').includes(secretOf(desktop.url)))).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });
});
