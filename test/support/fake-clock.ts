// A clock for tests of use-cases: starts at a fixed moment, lets the short sleeps of retries pass (moving time), and holds
// long ones (deadlines, timeouts) until the test advances it.
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/core/clock.ts';
import { eventually } from './eventually.ts';

export interface FakeClock extends Clock {
  /** Moves time and wakes everyone who is due, the earliest first. */
  advance(ms: number): void;
  /** Resolves once somebody sleeps for at least `ms`. */
  sleeping(ms: number): Promise<void>;
}

export interface FakeClockOptions {
  /** ISO-8601. */
  startAt?: string;
  /** Sleeps up to this long end by themselves and move time by their length; 0 holds every sleep. */
  passUpToMs?: number;
}

interface Sleeper {
  askedMs: number;
  atMs: number;
  wake(): void;
}

/** Starts at 2030-01-01 12:00 UTC unless told otherwise; sleeps up to a second pass by themselves. */
export function createFakeClock({ startAt = '2030-01-01T12:00:00.000Z', passUpToMs = 1000 }: FakeClockOptions = {}): FakeClock {
  const startMs = Date.parse(startAt);
  let elapsedMs = 0;
  const sleepers = new Set<Sleeper>();

  const advance = (ms: number): void => {
    elapsedMs += ms;
    const due = [...sleepers].filter((sleeper) => sleeper.atMs <= elapsedMs).sort((a, b) => a.atMs - b.atMs);
    for (const sleeper of due) {
      sleepers.delete(sleeper);
      sleeper.wake();
    }
  };

  return {
    now: () => new Date(startMs + elapsedMs),
    monotonicMs: () => elapsedMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      if (ms <= passUpToMs) {
        const atMs = elapsedMs + ms;
        await setImmediate();
        signal?.throwIfAborted();
        if (elapsedMs < atMs) advance(atMs - elapsedMs);
        return;
      }
      await new Promise<void>((resolve, reject) => {
        const abort = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const wake = (): void => {
          signal?.removeEventListener('abort', abort);
          resolve();
        };
        const sleeper = { askedMs: ms, atMs: elapsedMs + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', abort, { once: true });
      });
    },
    advance,
    sleeping: (ms) => eventually(() => [...sleepers].some((sleeper) => sleeper.askedMs >= ms)),
  };
}
