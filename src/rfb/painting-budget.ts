// How much work a server's bytes may cause. A few bytes can ask for much painting (RFC 6143, section 7.7.3: twelve for a whole
// screen), and a desktop may lie: each reader of pictures spends from a budget, and gives the event loop its turn as it does.
import { setImmediate } from 'node:timers/promises';
import { SCREEN_MOST_PIXELS } from '../core/size.ts';
import { RfbFailure } from './failure.ts';

/** What a rectangle or a part of one costs beside its pixels. */
const COST_OF_EACH = 32;
/** How many times its whole screen one update may paint. */
const SCREENS_AN_UPDATE = 12;
/** Small screens are painted in many small parts. */
const LEAST_BUDGET = 16_000_000;
/** Some milliseconds of painting. */
const TURN_AFTER = 2_000_000;

/** The size of a screen. Throws RfbFailure `not-rfb` for one that is larger than any that is read here. */
export function checkSize(width: number, height: number): void {
  if (width * height > SCREEN_MOST_PIXELS) {
    throw new RfbFailure('not-rfb', `the VNC server announces a screen of ${width}x${height}, which is larger than 4096x4096`);
  }
}

/** What one update may still paint, and when the event loop had its last turn. */
export class PaintingBudget {
  #left = 0;
  #sinceTurn = 0;

  /** Begins an update of a screen with so many pixels. The event loop has its turn first: updates may have arrived in heaps. */
  async begin(pixels: number): Promise<void> {
    this.#left = Math.max(LEAST_BUDGET, pixels * SCREENS_AN_UPDATE);
    this.#sinceTurn = 0;
    await setImmediate();
  }

  /** Takes a rectangle or a part. Rejects with RfbFailure `not-rfb` when the update paints more than it may. Nothing to wait for in most calls: undefined. */
  spend(pixels: number): Promise<void> | undefined {
    const cost = pixels + COST_OF_EACH;
    this.#left -= cost;
    if (this.#left < 0) throw new RfbFailure('not-rfb', 'the VNC server paints its screen over and over in one update');
    this.#sinceTurn += cost;
    if (this.#sinceTurn < TURN_AFTER) return undefined;
    this.#sinceTurn = 0;
    return setImmediate();
  }
}
