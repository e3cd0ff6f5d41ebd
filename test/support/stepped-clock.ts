// A clock that moves only when a test says so. Short sleeps (retry delays) can be let through at once.
import type { Clock } from '../../src/core/clock.ts';
import { eventually } from './eventually.ts';

interface Sleeper {
  atMs: number;
  wake(): void;
}

export interface SteppedClock extends Clock {
  /** Every sleep that was asked for, in order. */
  readonly sleptMs: readonly number[];
  /** Moves time and wakes who is due. */
  advance(ms: number): void;
  /** Resolves once somebody sleeps for exactly `ms`. */
  sleeping(ms: number): Promise<void>;
}

/** Starts at the epoch. Sleeps of up to `passAtMostMs` (default 0) return at once without moving time. */
export function createSteppedClock({ passAtMostMs = 0 } = {}): SteppedClock {
  let nowMs = 0;
  const sleepers = new Set<Sleeper>();
  const sleptMs: number[] = [];
  return {
    sleptMs,
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      sleptMs.push(ms);
      if (ms <= passAtMostMs) return;
      await new Promise<void>((resolve, reject) => {
        const sleeper = { atMs: nowMs + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      });
    },
    advance(ms) {
      nowMs += ms;
      for (const sleeper of [...sleepers]) {
        if (sleeper.atMs > nowMs) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
    sleeping: (ms) => eventually(() => [...sleepers].some((sleeper) => sleeper.atMs - nowMs === ms)),
  };
}
