// The viewer page on screens of several sizes, from the keyboard, and in Portuguese.
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ownChromium } from '../support/chromium.ts';
import { ownInstallation, type UpReport } from '../support/own-installation.ts';
import { takeScreen } from '../support/screen.ts';
import { noticeIn, openDesktop, waitForState } from '../support/viewer.ts';

const PHONE = { width: 390, height: 844 };

const installation = ownInstallation();
const chromium = ownChromium();
let desktop: UpReport;

beforeAll(async () => {
  desktop = await installation.up('666.777.888-09', '--size', '1000x700');
});

async function screenSize(): Promise<string> {
  const { width, height } = await takeScreen(installation.container(desktop.container), desktop.url);
  return `${width}x${height}`;
}

describe('the viewer page', () => {
  test('fits the whole desktop into a phone held upright, in its proportions', async () => {
    const { page } = await chromium.freshTab({ viewport: PHONE, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
    await openDesktop(page, desktop.url);
    const box = await page.locator('#screen canvas').first().boundingBox();
    if (!box) throw new Error('the desktop is not to be seen');
    expect(box.width).toBeGreaterThan(PHONE.width - 2);
    expect(box.width / box.height).toBeCloseTo(1000 / 700, 1);
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(PHONE.width);
    expect(box.y + box.height).toBeLessThanOrEqual(PHONE.height);
    expect(await page.evaluate('[document.documentElement.scrollWidth, document.documentElement.scrollHeight]')).toEqual([PHONE.width, PHONE.height]);

    await page.locator('#handle').tap();
    const tools = await page.locator('#tools').boundingBox();
    if (!tools) throw new Error('the tools do not open');
    expect(tools.x).toBeGreaterThanOrEqual(0);
    expect(tools.x + tools.width).toBeLessThanOrEqual(PHONE.width);
    expect(tools.y + tools.height).toBeLessThanOrEqual(PHONE.height);
  });

  test('resizes the desktop to the window where that is chosen, keeps the choice, and follows the window', async () => {
    const { page } = await chromium.freshTab({ viewport: { width: 800, height: 600 } });
    await openDesktop(page, desktop.url);
    expect(await screenSize()).toBe('1000x700');
    await page.locator('#handle').click();
    await page.getByLabel('Size').selectOption('remote');
    await vi.waitFor(async () => expect(await screenSize()).toBe('800x600'), { timeout: 10_000, interval: 100 });
    await page.setViewportSize({ width: 900, height: 640 });
    await vi.waitFor(async () => expect(await screenSize()).toBe('900x640'), { timeout: 10_000, interval: 100 });
    await page.reload();
    await waitForState(page, 'connected');
    await page.setViewportSize({ width: 1000, height: 700 });
    await vi.waitFor(async () => expect(await screenSize()).toBe('1000x700'), { timeout: 10_000, interval: 100 });
  });

  test('opens its tools from the keyboard, names them, and gives the keyboard back to the desktop', async () => {
    const { page } = await chromium.freshTab();
    await openDesktop(page, desktop.url);
    const handle = page.getByRole('button', { name: 'Show tools' });
    // As after F6 or a click into the address bar: the desktop takes Tab for itself while it has the focus.
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Tab');
    await handle.and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Hide tools', expanded: true }).waitFor();
    await page.getByRole('group', { name: 'Desktop tools' }).waitFor();
    for (const name of ['Clipboard', 'Ctrl-Alt-Del', 'Full screen']) await page.getByRole('button', { name, exact: true }).waitFor();
    for (const name of ['Size', 'Picture']) await page.getByRole('combobox', { name }).waitFor();
    expect(await page.locator('button:visible, select:visible, textarea:visible:not([aria-hidden])').evaluateAll(NAMELESS)).toEqual([]);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox').and(page.locator('#clipboard-text:focus')).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Show tools', expanded: false }).waitFor();
    await page.locator('#screen canvas:focus').waitFor();
  });

  test('speaks Brazilian Portuguese to a browser that does', async () => {
    const { page } = await chromium.freshTab({ locale: 'pt-BR' });
    await page.goto(new URL('/', desktop.url).href);
    await waitForState(page, 'no-key');
    expect(await page.locator('html').getAttribute('lang')).toBe('pt-BR');
    const notice = await noticeIn(page);
    expect(notice).toContain('Esta área de trabalho precisa da chave');
    expect(notice).toContain('Conectar');
    expect(notice).not.toMatch(/Connect\b|desktop|key/i);
    await page.getByRole('button', { name: 'Mostrar ferramentas' }).waitFor();
  });
});

/** Runs in the page: the elements without text, label or name. */
const NAMELESS = (elements: readonly unknown[]): unknown[] =>
  (elements as { id: string; textContent: string; ariaLabel: string | null; labels?: { length: number } }[])
    .filter(({ textContent, ariaLabel, labels }) => !textContent.trim() && !ariaLabel && !labels?.length)
    .map(({ id }) => id);
