// Keys and clipboard through the viewer into a form that the kiosk shows, and out of it to the form's server; by either door.
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { judgePicture } from '../../src/rfb/stage.ts';
import { ownChromium, type RecordedTab } from '../support/chromium.ts';
import { ownInstallation } from '../support/own-installation.ts';
import { type PageServer, startPageServer } from '../support/page-server.ts';
import { holdFirstPicture, openDesktop, pictureInTab, strike, strikeAfterDead } from '../support/viewer.ts';

const CLIENT = '333.444.555-06';
const PATIENCE = { timeout: 15_000, interval: 50 };

const installation = ownInstallation();
const chromium = ownChromium();
/** Each opens as often as it is used. */
const links = { direct: '', gateway: '' };
const DOORS = ['direct', 'gateway'] as const;
let server: PageServer;
let tab: RecordedTab;

beforeAll(async () => {
  server = await startPageServer(await installation.prepareNetwork(CLIENT));
  // Without the daemon, so that the desktop has both.
  links.direct = (await installation.up(CLIENT, '--recreate', '--url', server.formPage)).url;
  await installation.daemon('127.0.0.1:0');
  links.gateway = (await installation.share(CLIENT, '--for', '1h')).url;
});

afterEach(async () => {
  await tab.context.close();
});

/** A tab with the desktop, and the form in it empty and taking keys: after a submission the page is made anew, and what is typed meanwhile goes nowhere. */
async function openForm(door: (typeof DOORS)[number], options: Parameters<typeof chromium.freshTab>[0] = {}): Promise<RecordedTab['page']> {
  tab = await chromium.freshTab(options);
  await openDesktop(tab.page, links[door]);
  await vi.waitFor(async () => {
    await tab.page.keyboard.press('Control+a');
    await tab.page.keyboard.type('.');
    expect(server.report?.text).toBe('.');
  }, PATIENCE);
  await tab.page.keyboard.press('Control+a');
  await tab.page.keyboard.press('Backspace');
  await fieldHolds('');
  return tab.page;
}

async function fieldHolds(text: string): Promise<void> {
  await vi.waitFor(() => expect(server.report?.text).toBe(text), PATIENCE);
}

describe.each(DOORS)('by the %s door, typing in the viewer', (door) => {
  test('arrives in the form of the kiosk, and the form arrives at its server', async () => {
    const page = await openForm(door);
    await page.keyboard.type('Hello, World! 1 + 1 = 2; a_b [c] {d} ~ "e" \\ |');
    await fieldHolds('Hello, World! 1 + 1 = 2; a_b [c] {d} ~ "e" \\ |');
    await page.keyboard.press('Enter');
    await vi.waitFor(() => expect(server.submitted.at(-1)).toBe('Hello, World! 1 + 1 = 2; a_b [c] {d} ~ "e" \\ |'), PATIENCE);
  });

  test('keeps accents, cedilla, the euro sign and other scripts', async () => {
    const page = await openForm(door);
    // As a Brazilian keyboard reports them: a key of its own, a dead key before a letter, a third level.
    await strike(page, { key: 'ç', code: 'Semicolon' });
    await strike(page, { key: 'Ç', code: 'Semicolon' });
    for (const key of ['ã', 'é', 'Õ', 'ü', 'à']) await strikeAfterDead(page, { key, code: 'KeyA' });
    await strike(page, { key: '€', code: 'KeyE' });
    await strike(page, { key: 'ß', code: 'KeyS' });
    await strike(page, { key: 'Ж', code: 'KeyZ' });
    await fieldHolds('çÇãéÕüà€ßЖ');
    const before = server.submitted.length;
    await page.keyboard.press('Enter');
    await vi.waitFor(() => expect(server.submitted.slice(before)).toEqual(['çÇãéÕüà€ßЖ']), PATIENCE);
  });

  test('takes Ctrl+A, Ctrl+C, Ctrl+X and Ctrl+V to the kiosk, and leaves no key pressed', async () => {
    const page = await openForm(door);
    await page.keyboard.type('copy');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+c');
    await page.keyboard.press('End');
    await page.keyboard.press('Control+v');
    await fieldHolds('copycopy');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+x');
    await fieldHolds('');
    await page.keyboard.press('Control+v');
    await page.keyboard.press('Shift+Home');
    await page.keyboard.type('Abc');
    await fieldHolds('Abc');
  });

  test('lets go of a key that is held while the first picture comes', async () => {
    await openForm(door);
    await tab.context.close();
    tab = await chromium.freshTab();
    const sendFirstPicture = await holdFirstPicture(tab.page);
    await openDesktop(tab.page, links[door]);
    await tab.page.keyboard.down('Control');
    await sendFirstPicture();
    await expect.poll(async () => judgePicture(await pictureInTab(tab.page)), PATIENCE).toBe('page');
    await tab.page.keyboard.up('Control');
    await tab.page.keyboard.type('no shortcut.');
    await fieldHolds('no shortcut.');
  });

  test('works from the keyboard of a phone', async () => {
    const page = await openForm(door, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    await page.locator('#handle').tap();
    await page.getByRole('button', { name: 'Keyboard' }).tap();
    // Phones report changed text, not keys.
    await page.keyboard.insertText('Ação às 10h');
    await fieldHolds('Ação às 10h');
    await page.keyboard.insertText(' €');
    await fieldHolds('Ação às 10h €');
  });
});

describe.each(DOORS)('by the %s door, the clipboard', (door) => {
  test('takes a text from the panel into the kiosk', async () => {
    const page = await openForm(door);
    await page.locator('#handle').click();
    await page.getByRole('button', { name: 'Clipboard' }).click();
    await page.locator('#clipboard-text').fill('pasted: ção €');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.keyboard.press('Control+v');
    await fieldHolds('pasted: ção €');
  });

  test('brings a text that is copied in the kiosk to the panel', async () => {
    const page = await openForm(door);
    await page.keyboard.type('from the kiosk');
    await strike(page, { key: 'ã', code: 'KeyA' });
    await fieldHolds('from the kioskã');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+c');
    await vi.waitFor(async () => expect(await page.locator('#clipboard-text').inputValue()).toBe('from the kioskã'), PATIENCE);
  });

  test('needs no panel where the browser allows the page to use it', async () => {
    const page = await openForm(door, { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.keyboard.type('both ways');
    await fieldHolds('both ways');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+c');
    await vi.waitFor(async () => expect(await page.evaluate('navigator.clipboard.readText()')).toBe('both ways'), PATIENCE);
    // The desktop tells of a text twice, selected and copied: the second may come after the person copied something else.
    await vi.waitFor(async () => {
      await page.evaluate("navigator.clipboard.writeText('copied elsewhere')");
      await page.evaluate("dispatchEvent(new Event('focus'))");
      // The desktop is told nothing before the person pastes.
      expect(await page.locator('#clipboard-text').inputValue()).toBe('both ways');
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Control+v');
      expect(await page.locator('#clipboard-text').inputValue()).toBe('copied elsewhere');
    }, PATIENCE);
    await fieldHolds('copied elsewhere');
  });
});
