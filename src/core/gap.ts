// Gaps: time in which nobody could watch, since daemon, engine or machine were down or asleep, or the clock was set. Pure.
import type { Watch } from './store.ts';

/** How long this machine has been up, its sleep included: unlike the clock on the wall, nobody sets it. */
export interface BootClock {
  /** Another one after each boot. */
  readonly id: string;
  ms(): number;
}

/** What lies between two looks. */
export interface Interval {
  /** Whether the time between was not watched. */
  gap: boolean;
  /** How far the clock on the wall was set forward (negative: back) meanwhile, in milliseconds; 0 where nobody can tell. */
  shiftMs: number;
}

// Clocks are corrected by a little all the time.
const SHIFT_NOTICED_MS = 30_000;

/** The longest time between two looks in which nothing is taken to have been missed: two sweeps and a minute, since the memory on disk may be a minute old. */
export function longestWatchedMs(sweepIntervalMs: number): number {
  return 2 * sweepIntervalMs + 60_000;
}

/** Compares the last look with this one. Without a last look everything before is a gap. */
export function intervalBetween(last: Watch | undefined, now: Date, boot: { id: string; ms: number }, sweepIntervalMs: number): Interval {
  if (!last) return { gap: true, shiftMs: 0 };
  const wallMs = now.getTime() - Date.parse(last.at);
  const realMs = last.bootId === boot.id ? boot.ms - last.bootMs : wallMs;
  const shift = wallMs - realMs;
  const shiftMs = Math.abs(shift) < SHIFT_NOTICED_MS ? 0 : shift;
  return { gap: shiftMs !== 0 || wallMs < -SHIFT_NOTICED_MS || realMs > longestWatchedMs(sweepIntervalMs), shiftMs };
}

/** The later of a look by this process and the one in the store, by the clock that nobody sets. */
export function laterWatch(own: Watch | undefined, stored: Watch | undefined): Watch | undefined {
  if (!own || !stored) return own ?? stored;
  return stored.bootId === own.bootId && stored.bootMs > own.bootMs ? stored : own;
}
