// Requests that were sent twice: with the same key and the same content, the second gets the answer of the first. Kept for a day,
// for each principal; a failure is not kept, so that it can be tried again.
import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { VncctlError } from '../errors.ts';

/** An answer as it was given. */
export interface KeptAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: unknown;
}

export interface IdempotencyKeys {
  /** The answer to `content` under a key: that of the first, or of `work`. IDEMPOTENCY_CONFLICT for another content under a known key. */
  once(owner: string, key: string, content: unknown, work: () => Promise<KeptAnswer>): Promise<{ answer: KeptAnswer; replayed: boolean }>;
}

const KEPT_MS = 86_400_000;
const MOST_KEPT = 1_000;
/** Visible ASCII. */
export const KEY_FORM = /^[\x21-\x7e]{1,255}$/;

/** None is known yet. */
export function createIdempotencyKeys(clock: Clock): IdempotencyKeys {
  const known = new Map<string, { content: string; atMs: number; answer: Promise<KeptAnswer> }>();
  return {
    async once(owner, key, content, work) {
      const nowMs = clock.monotonicMs();
      // The oldest come first.
      for (const [old, { atMs }] of known) {
        if (nowMs - atMs <= KEPT_MS && known.size < MOST_KEPT) break;
        known.delete(old);
      }
      const place = `${owner}\0${key}`;
      const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
      const before = known.get(place);
      if (before) {
        if (before.content !== hash) throw new VncctlError('IDEMPOTENCY_CONFLICT', 'this Idempotency-Key was used for another request', { hint: 'take a new key for each new request' });
        return { answer: await before.answer, replayed: true };
      }
      const entry = { content: hash, atMs: nowMs, answer: work() };
      known.set(place, entry);
      try {
        return { answer: await entry.answer, replayed: false };
      } catch (error) {
        if (known.get(place) === entry) known.delete(place);
        throw error;
      }
    },
  };
}
