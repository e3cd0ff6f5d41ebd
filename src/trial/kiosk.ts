// A kiosk that is tried: does at its screen what a try says, over RFB, and judges by the picture, by the page's own reports and by
// what was asked of the page's server whether the kiosk is on its page.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { TestedKiosk } from '../core/escape-search.ts';
import type { EscapeStep, EscapeTry } from '../core/escape-table.ts';
import { characterKeysym } from '../core/keysyms.ts';
import type { ProbeTarget } from '../core/readiness.ts';
import { VncctlError } from '../errors.ts';
import type { ByteStream } from '../rfb/byte-stream.ts';
import { keyMessage, pointerMessage } from '../rfb/client-input.ts';
import { connectTo } from '../rfb/connect.ts';
import { RfbFailure } from '../rfb/failure.ts';
import { authenticate, initialise } from '../rfb/handshake.ts';
import type { Picture } from '../rfb/picture.ts';
import { takeSnapshot } from '../rfb/snapshot.ts';
import type { PageReport, TrialPages } from './page-server.ts';

/** A pointer or the frame round a link are within this share of the pixels; the smallest menu, bar or dialog is five times as large. */
const SAME_SCREEN = 0.005;
const SAME_COLOUR = 32;
const FIRST_PAGE_MS = 60_000;
const PATIENCE_MS = 5000;
const AGAIN_MS = 75_000;
const AGAIN_LOOK_MS = 2000;
const CAREFUL_SETTLE_MS = 1500;
const SETTLE_MS = 150;
const TYPING_TURNS = 3;
const LOOK_MS = 20;
const BETWEEN_KEYS_MS = 4;
const BUTTON_BITS = { left: 1, middle: 2, right: 4 } as const;
/** Where the page is clicked for the focus, away from what a try adds to it. */
const MIDDLE = { x: 0.5, y: 0.8 };

/** One that can be closed. */
export interface OpenKiosk extends TestedKiosk {
  close(): void;
}

/** Waits until the desktop shows the page, and gives it the keyboard. TRIAL_UNREACHABLE when the page never comes. */
export async function openKiosk(target: ProbeTarget, pages: TrialPages, { clock, signal }: { clock: Clock; signal: AbortSignal }): Promise<OpenKiosk> {
  const until = async <T>(ms: number, look: () => T | undefined | Promise<T | undefined>): Promise<T | undefined> => {
    const endMs = clock.monotonicMs() + ms;
    for (;;) {
      const found = await look();
      if (found !== undefined || clock.monotonicMs() >= endMs) return found;
      await clock.sleep(LOOK_MS, signal);
    }
  };
  if ((await until(FIRST_PAGE_MS, () => pages.report)) === undefined) {
    throw new VncctlError('TRIAL_UNREACHABLE', `the desktop did not load the page of this machine within ${FIRST_PAGE_MS / 1000} s`, {
      hint: 'a desktop has to reach this machine: see --page-host, and what a firewall here keeps from the desktops',
    });
  }
  const stream = await connectTo(target, signal);
  try {
    await authenticate(stream, { secret: target.secret });
    const { width, height } = await initialise(stream);
    const middle = { x: Math.round(width * MIDDLE.x), y: Math.round(height * MIDDLE.y) };
    const hand = handAt(stream, { clock, signal });
    const kiosk: Kiosk = { hand, pages, until, middle, look: () => takeSnapshot(target, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])) };
    if ((await comesAgain(kiosk)) !== undefined) throw new VncctlError('TRIAL_UNREACHABLE', 'what is typed does not arrive in the page of the desktop', { hint: 'vncctl images inspect shows what the entry starts' });
    const expected = await kiosk.look();
    return {
      make: (attempt) => orFailure(() => make(kiosk, attempt)),
      trouble: (careful) =>
        orFailure(async () => {
          await clock.sleep(careful ? CAREFUL_SETTLE_MS : SETTLE_MS, signal);
          return findTrouble(kiosk, expected);
        }),
      close: () => stream.close(),
    };
  } catch (error) {
    stream.close();
    throw error;
  }
}

interface Kiosk {
  hand: Hand;
  pages: TrialPages;
  middle: { x: number; y: number };
  look(): Promise<Picture>;
  until<T>(ms: number, look: () => T | undefined | Promise<T | undefined>): Promise<T | undefined>;
}

/** A screen that is gone is trouble of the kiosk, and no failure of the trial. */
async function orFailure(work: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RfbFailure) return `the screen is gone: ${error.message}`;
    throw error;
  }
}

async function make(kiosk: Kiosk, { steps, back, asks, again }: EscapeTry): Promise<string | undefined> {
  const { pages, until } = kiosk;
  const askedBefore = asks === undefined ? 0 : pages.asked(asks);
  for (const step of steps) {
    const trouble = await act(kiosk, step);
    if (trouble !== undefined) return trouble;
  }
  if (asks !== undefined && (await until(PATIENCE_MS, () => pages.asked(asks) > askedBefore || undefined)) === undefined) return `${asks} was not asked for, which the page may do`;
  for (const step of back) {
    await kiosk.hand.rest();
    await act(kiosk, step);
  }
  if (again) return comesAgain(kiosk);
  const touchesPage = steps.some((step) => step.kind === 'page' && (step.code.includes('add(') || back.length > 0));
  return touchesPage ? tidy(kiosk, back.length > 0) : undefined;
}

async function act({ hand, pages, until, middle }: Kiosk, step: EscapeStep): Promise<string | undefined> {
  switch (step.kind) {
    case 'keys':
      await hand.press(step.keysyms);
      return undefined;
    case 'hold':
    case 'release':
      hand.hold(step.keysyms, step.kind === 'hold');
      return undefined;
    case 'type':
      for (const character of step.text) await hand.press([characterKeysym(character)]);
      return undefined;
    case 'click':
      await hand.click(step.x, step.y, step.button);
      return undefined;
    case 'focus':
      await hand.click(middle.x, middle.y, 'left');
      return undefined;
    case 'drag':
      await hand.drag(step.from, step.to);
      return undefined;
    case 'page': {
      const id = pages.order(step.code, true);
      const has = (field: keyof Pick<PageReport, 'armed' | 'ran'>): Promise<true | undefined> => until(PATIENCE_MS, () => (pages.report?.[field] ?? 0) >= id || undefined);
      if (!(await has('armed'))) return 'the page takes no orders';
      await hand.click(middle.x, middle.y, 'left');
      return (await has('ran')) ? undefined : 'the page got no click';
    }
  }
}

/** A browser that ends takes a while until it is there again. */
async function comesAgain(kiosk: Kiosk): Promise<string | undefined> {
  const { hand, until, middle } = kiosk;
  const isThere = await until(AGAIN_MS, async () => {
    await hand.click(middle.x, middle.y, 'left');
    return (await typingArrives(kiosk, AGAIN_LOOK_MS)) || undefined;
  });
  return isThere ? undefined : 'the browser did not come again';
}

/** Has the page take away what a try added to it. Where the try led elsewhere, it may take a while to be back. */
async function tidy({ pages, until }: Kiosk, wasElsewhere: boolean): Promise<string | undefined> {
  const id = pages.order('clear()', false);
  const done = await until(wasElsewhere ? 2 * PATIENCE_MS : PATIENCE_MS, () => (pages.report?.ran ?? 0) >= id || undefined);
  return done ? undefined : 'the page is gone';
}

async function findTrouble(kiosk: Kiosk, expected: Picture): Promise<string | undefined> {
  if (kiosk.pages.ledElsewhere) return 'an address was opened that the page did not give';
  if (!(await typingArrives(kiosk))) return 'what is typed does not arrive in the page';
  const same = await kiosk.until(PATIENCE_MS, async () => differingShare(await kiosk.look(), expected) < SAME_SCREEN || undefined);
  return same ? undefined : 'something is on the screen that does not belong to the page';
}

async function typingArrives({ hand, pages, until }: Kiosk, patienceMs = PATIENCE_MS): Promise<boolean> {
  // A key that the screen's keyboard lacked is put on it while the next ones are typed, of which one may get lost.
  for (let turn = 0; turn < TYPING_TURNS; turn++) {
    const word = `q${randomBytes(3).toString('hex')}q`;
    for (const character of word) await hand.press([characterKeysym(character)]);
    if (await until(patienceMs / TYPING_TURNS, () => pages.report?.text.includes(word) || undefined)) return true;
  }
  return false;
}

interface Hand {
  /** Presses the keys in order and lets them go in reverse. */
  press(keysyms: readonly number[]): Promise<void>;
  hold(keysyms: readonly number[], down: boolean): void;
  click(x: number, y: number, button: keyof typeof BUTTON_BITS): Promise<void>;
  drag(from: readonly [number, number], to: readonly [number, number]): Promise<void>;
  /** Gives what was done the time to show. */
  rest(): Promise<void>;
}

function handAt(stream: ByteStream, { clock, signal }: { clock: Clock; signal: AbortSignal }): Hand {
  const pause = (): Promise<void> => clock.sleep(BETWEEN_KEYS_MS, signal);
  return {
    async press(keysyms) {
      for (const keysym of keysyms) stream.write(keyMessage(keysym, true));
      for (const keysym of keysyms.toReversed()) stream.write(keyMessage(keysym, false));
      await pause();
    },
    hold(keysyms, down) {
      for (const keysym of keysyms) stream.write(keyMessage(keysym, down));
    },
    async click(x, y, button) {
      for (const buttons of [0, BUTTON_BITS[button], 0]) stream.write(pointerMessage(x, y, buttons));
      await pause();
    },
    async drag([fromX, fromY], [toX, toY]) {
      stream.write(pointerMessage(fromX, fromY));
      stream.write(pointerMessage(fromX, fromY, BUTTON_BITS.left));
      for (let part = 1; part <= 10; part++) {
        await clock.sleep(30, signal);
        stream.write(pointerMessage(Math.round(fromX + ((toX - fromX) * part) / 10), Math.round(fromY + ((toY - fromY) * part) / 10), BUTTON_BITS.left));
      }
      stream.write(pointerMessage(toX, toY));
      await pause();
    },
    rest: () => clock.sleep(2 * SETTLE_MS, signal),
  };
}

/** Share of the pixels, 0 to 1, that differ in some colour; pictures of different sizes differ in all. */
function differingShare(a: Picture, b: Picture): number {
  if (a.width !== b.width || a.height !== b.height) return 1;
  let different = 0;
  for (let at = 0; at < a.pixels.length; at++) {
    const [one, other] = [a.pixels[at] ?? 0, b.pixels[at] ?? 0];
    if (one !== other && [16, 8, 0].some((shift) => Math.abs(((one >> shift) & 255) - ((other >> shift) & 255)) > SAME_COLOUR)) different++;
  }
  return different / a.pixels.length;
}
