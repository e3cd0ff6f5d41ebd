// The tools of the viewer page, by what arrives at the server and what a person sees of the picture.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { ownChromium } from '../support/chromium.ts';
import { type FakeGateway, startFakeGateway } from '../support/fake-gateway.ts';
import { type FakeRfbServer, rectangle, startFakeRfbServer, update } from '../support/fake-rfb-server.ts';
import { openDesktop } from '../support/viewer.ts';

const WIDTH = 1000;
const HEIGHT = 700;
const PATIENCE = { timeout: 5_000, interval: 50 };

const chromium = ownChromium();
let rfb: FakeRfbServer;
let gateway: FakeGateway;
let page: Page;
/** What the viewer has said since it got its first picture, in hexadecimal. */
let heard: string;

beforeAll(async () => {
  rfb = await startFakeRfbServer(async (peer) => {
    await peer.shakeHands({ width: WIDTH, height: HEIGHT });
    await peer.readSetup();
    await peer.readUpdateRequest();
    heard = '';
    peer.socket.on('data', (chunk) => (heard += chunk.toString('hex')));
    peer.send(update([rectangle(0, 0, 0, WIDTH, HEIGHT, Buffer.alloc(WIDTH * HEIGHT * 4, 90))]));
  });
  gateway = await startFakeGateway(rfb.port);
});
afterAll(() => rfb.stop());
beforeEach(async () => {
  page = (await chromium.freshTab({ viewport: { width: 800, height: 500 } })).page;
  await openDesktop(page, gateway.link());
  await page.locator('#handle').click();
});

const hears = (hex: string): Promise<void> => vi.waitFor(() => expect(heard).toContain(hex.replaceAll(' ', '')), PATIENCE);

test('Ctrl-Alt-Del is pressed and let go in the desktop, which has the keyboard then', async () => {
  await page.getByRole('button', { name: 'Ctrl-Alt-Del' }).click();
  await hears('0401 0000 0000ffe3 0401 0000 0000ffe9 0401 0000 0000ffff 0400 0000 0000ffff 0400 0000 0000ffe9 0400 0000 0000ffe3');
  await page.locator('#screen canvas:focus').waitFor();
});

test('the quality that is chosen is asked of the server, and of the next one too', async () => {
  // Quality and compression as pseudo encodings: -32 and -256 and the level.
  await page.getByRole('combobox', { name: 'Picture' }).selectOption('Sharp');
  await hears('ffffffe9');
  await hears('ffffff01');
  await page.getByRole('combobox', { name: 'Picture' }).selectOption('Fast');
  await hears('ffffffe2');
  await page.reload();
  await page.locator('html[data-state="connected"]').waitFor();
  expect(await page.locator('#tool-quality').inputValue()).toBe('low');
});

test('the picture fits the window, or has its own size and can be scrolled to its last corner', async () => {
  const canvas = page.locator('#screen canvas').first();
  const fitted = await canvas.boundingBox();
  expect(fitted?.width).toBeLessThanOrEqual(800);
  expect(fitted?.height).toBeLessThanOrEqual(500);
  await page.getByRole('combobox', { name: 'Size' }).selectOption('Original size (1:1)');
  await vi.waitFor(async () => expect(await canvas.boundingBox()).toMatchObject({ width: WIDTH, height: HEIGHT }), PATIENCE);
  await page.keyboard.press('Escape');
  await page.evaluate("document.querySelector('#screen canvas').parentElement.scrollTo(9999, 9999)");
  const box = await canvas.boundingBox();
  if (!box) throw new Error('the desktop is not to be seen');
  expect(box.x + box.width).toBeLessThanOrEqual(800);
  expect(box.y + box.height).toBeLessThanOrEqual(500);
});

test('full screen is entered and left by its button', async () => {
  const button = page.getByRole('button', { name: 'Full screen' });
  await button.click();
  await page.waitForFunction('document.fullscreenElement === document.documentElement');
  await button.click();
  await page.waitForFunction('document.fullscreenElement === null');
});

test('the page has no script of its own in it and a policy that forbids any', async () => {
  const answer = await page.request.get(gateway.page);
  const html = await answer.text();
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|javascript:/i);
  expect(html).toMatch(/Content-Security-Policy" content="default-src 'self'/);
  await expect(page.addScriptTag({ content: 'window.added = true' })).rejects.toThrow();
  expect(await page.evaluate('window.added')).toBeUndefined();
});
