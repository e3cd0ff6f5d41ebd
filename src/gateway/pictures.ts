// Pictures of screens for those who watch many at once: taken only when somebody asks, of each desktop at most one in five seconds,
// and never at a moment when it is looked who is connected: the connection that takes one is nobody's use of a desktop.
import type { ActivitySource } from '../core/activity.ts';
import type { Clock } from '../core/clock.ts';
import type { DesktopId } from '../core/store.ts';
import { isVncctlError } from '../errors.ts';

/** One picture of a screen. */
export interface ScreenPicture {
  png: Buffer;
  takenAt: Date;
}

export interface Pictures {
  /** The newest picture: taken now unless the last one is younger than five seconds or the desktop doesn't run; undefined where none was ever taken. At most `width` wide where nobody asked for a wider one lately. DESKTOP_NOT_FOUND. */
  get(id: DesktopId, width: number): Promise<ScreenPicture | undefined>;
  /** The source, which looks only while no picture is being taken. */
  apartFrom(source: ActivitySource): ActivitySource;
}

export interface PicturesOptions {
  /** A PNG of the screen as it is now, at most `width` wide; undefined where it doesn't run. DESKTOP_NOT_FOUND when it is gone; whatever else it throws, there is no picture just now. */
  take(id: DesktopId, width: number, signal: AbortSignal): Promise<Buffer | undefined>;
  clock: Clock;
}

interface Entry {
  last?: ScreenPicture;
  triedMs: number;
  width: number;
  widthAskedMs: number;
  askedMs: number;
  taking?: Promise<void>;
}

const EVERY_MS = 5_000;
const WIDTH_KEPT_MS = 3 * EVERY_MS;
/** A server that hangs is given up; nobody looks who is connected meanwhile. */
const TAKE_WITHIN_MS = 5_000;
const AT_ONCE = 2;
const FORGOTTEN_AFTER_MS = 3_600_000;
const MOST_KEPT = 512;

/** No picture of any. */
export function createPictures({ take, clock }: PicturesOptions): Pictures {
  // The one that nobody has asked for the longest is the first.
  const entries = new Map<DesktopId, Entry>();
  const turns = createTurns(AT_ONCE);

  const entryOf = (id: DesktopId, width: number, nowMs: number): Entry => {
    const entry = entries.get(id) ?? { triedMs: Number.NEGATIVE_INFINITY, width, widthAskedMs: nowMs, askedMs: nowMs };
    entries.delete(id);
    entries.set(id, entry);
    entry.askedMs = nowMs;
    if (width >= entry.width || nowMs - entry.widthAskedMs > WIDTH_KEPT_MS) Object.assign(entry, { width, widthAskedMs: nowMs });
    for (const [oldest, { askedMs }] of entries) {
      if (nowMs - askedMs < FORGOTTEN_AFTER_MS && entries.size <= MOST_KEPT) break;
      entries.delete(oldest);
    }
    return entry;
  };

  const takeNow = async (id: DesktopId, entry: Entry): Promise<void> => {
    const signal = AbortSignal.timeout(TAKE_WITHIN_MS);
    try {
      const png = await turns.picture(() => take(id, entry.width, signal));
      if (png) entry.last = { png, takenAt: clock.now() };
    } catch (error) {
      if (!isVncctlError(error, 'DESKTOP_NOT_FOUND')) return;
      entries.delete(id);
      throw error;
    }
  };

  return {
    async get(id, width) {
      const nowMs = clock.monotonicMs();
      const entry = entryOf(id, width, nowMs);
      if (entry.taking === undefined && nowMs - entry.triedMs >= EVERY_MS) {
        entry.triedMs = nowMs;
        entry.taking = takeNow(id, entry).finally(() => delete entry.taking);
      }
      await entry.taking;
      return entry.last;
    },
    apartFrom: (source) => ({
      look: (subjects, options) => turns.look(() => source.look(subjects, options)),
      close: () => source.close(),
    }),
  };
}

interface Turns {
  /** Runs beside a few others, but not beside a look. */
  picture<T>(work: () => Promise<T>): Promise<T>;
  /** Runs beside other looks, once the pictures that are being taken are done; no picture is begun before it has ended. */
  look<T>(work: () => Promise<T>): Promise<T>;
}

function createTurns(most: number): Turns {
  let pictures = 0;
  let looks = 0;
  const waiting = new Set<() => void>();
  const changed = (): void => {
    for (const wake of waiting) wake();
    waiting.clear();
  };
  const change = (): Promise<void> => new Promise((resolve) => waiting.add(resolve));
  return {
    async picture(work) {
      // Seen and taken in one go: nothing comes in between.
      while (looks > 0 || pictures >= most) await change();
      pictures++;
      try {
        return await work();
      } finally {
        pictures--;
        changed();
      }
    },
    async look(work) {
      looks++;
      try {
        while (pictures > 0) await change();
        return await work();
      } finally {
        looks--;
        changed();
      }
    },
  };
}
