// The viewer page in a tab, by what a person sees and does there.
import type { Page } from 'playwright-core';
import type { Picture } from '../../src/rfb/picture.ts';
import type { ViewerState } from '../../src/web/viewer/state.ts';
import { pictureOfPng } from './pictures.ts';

/** Resolves once the viewer is in the state. Rejects, naming the state it stays in, when that takes too long. */
export async function waitForState(page: Page, state: ViewerState, timeoutMs = 20_000): Promise<void> {
  try {
    await page.locator(`html[data-state="${state}"]`).waitFor({ state: 'attached', timeout: timeoutMs });
  } catch (error) {
    throw new Error(`the viewer is "${await page.locator('html').getAttribute('data-state')}" and not "${state}"`, { cause: error });
  }
}

/** Opens a link and waits until the desktop is connected. */
export async function openDesktop(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await waitForState(page, 'connected');
}

/** The desktop as the tab shows it, without what the viewer lays over it. */
export async function pictureInTab(page: Page): Promise<Picture> {
  const canvas = page.locator('#screen canvas').first();
  return pictureOfPng(await canvas.screenshot({ style: '#toolbar { visibility: hidden }' }));
}

/** Runs in the page. A list of encodings (RFC 6143, section 7.5.2) is the client's first word after the handshake. */
const HOLD_FIRST_PICTURE = `{
  let held;
  const { get, set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (message) {
    if (message[0] === 2 && message.length > 4) held ??= [];
    send.call(this, message);
  };
  Object.defineProperty(WebSocket.prototype, 'onmessage', { get, set(listener) {
    set.call(this, (event) => { if (held) held.push(() => listener(event)); else listener(event); });
  } });
  globalThis.sendFirstPicture = () => { const messages = held; held = undefined; for (const take of messages) take(); WebSocket.prototype.send = send; };
}`;

/** For a page that isn't open yet: keeps back what comes after the handshake, the first picture and all, until the function that is given is called. */
export async function holdFirstPicture(page: Page): Promise<() => Promise<void>> {
  await page.addInitScript({ content: HOLD_FIRST_PICTURE });
  return () => page.evaluate('sendFirstPicture()');
}

/** The texts of the notice over the picture; empty while there is none. */
export async function noticeIn(page: Page): Promise<string> {
  const notice = page.locator('#notice');
  return (await notice.isVisible()) ? notice.innerText() : '';
}

/** A character as a keyboard with such a key reports it, whatever the layout. */
export interface Stroke {
  key: string;
  code: string;
}

/** The same after a dead key, which by itself gives nothing. */
export async function strikeAfterDead(page: Page, stroke: Stroke): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const dead = { key: 'Dead', code: 'BracketLeft', windowsVirtualKeyCode: 0xdb };
  await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...dead });
  await session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...dead });
  await session.detach();
  await strike(page, stroke);
}

/** Presses a key that gives `key`; Chromium's own layout knows only American ones. */
export async function strike(page: Page, { key, code }: Stroke): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Input.dispatchKeyEvent', { type: 'keyDown', key, code, text: key });
  await session.send('Input.dispatchKeyEvent', { type: 'keyUp', key, code });
  await session.detach();
}
