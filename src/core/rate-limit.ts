// How often each of many may do something: a token bucket for each key. What is remembered is bounded.
import type { Clock } from './clock.ts';

export interface RateLimits {
  /** How many at once after a pause. */
  burst: number;
  /** How many a second for as long as it lasts. */
  perSecond: number;
  /** How many keys are remembered; 4,096 when absent. The one that was seen least lately is forgotten first. */
  mostKeys?: number;
}

export interface RateLimit {
  /** Takes one for that key: undefined, or after how many whole seconds there will be one. */
  take(key: string): number | undefined;
}

const MOST_KEYS = 4_096;

export function createRateLimit(clock: Pick<Clock, 'monotonicMs'>, { burst, perSecond, mostKeys = MOST_KEYS }: RateLimits): RateLimit {
  // In the order in which they were seen last.
  const buckets = new Map<string, { left: number; atMs: number }>();
  return {
    take(key) {
      const nowMs = clock.monotonicMs();
      const known = buckets.get(key);
      buckets.delete(key);
      const left = known ? Math.min(burst, known.left + ((nowMs - known.atMs) / 1000) * perSecond) : burst;
      const isTaken = left >= 1;
      buckets.set(key, { left: isTaken ? left - 1 : left, atMs: nowMs });
      for (const oldest of buckets.keys()) {
        if (buckets.size <= mostKeys) break;
        buckets.delete(oldest);
      }
      return isTaken ? undefined : Math.max(1, Math.ceil((1 - left) / perSecond));
    },
  };
}
