// One desktop's life by its lease alone: time goes on minute by minute, what is due is taken as done, and each step is a line.
// How activity is remembered between looks is not part of it: whoever looks is seen to the minute.
import { formatDuration, milliseconds, parseLimit } from '../../src/core/duration.ts';
import type { Lease, LeaseField } from '../../src/core/lease.ts';
import { isDue, type LeaseFacts, type LeasePolicy, leaseState } from '../../src/core/lease-state.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** When every such life begins. */
export const BIRTH = '2030-01-01T00:00:00.000Z';

/** `+1h30m` after the birth as ISO-8601. */
export const after = (ms: number): string => new Date(Date.parse(BIRTH) + ms).toISOString();

/** A lease of lengths as people type them; what isn't given is off. */
export function leaseWith(lengths: Partial<Record<LeaseField, string>>): Lease {
  const length = (field: LeaseField): Lease[LeaseField] => ({ length: parseLimit(lengths[field] ?? 'never') ?? milliseconds(Number.NaN), from: 'test' });
  return { idle: length('idle'), removeAfter: length('removeAfter'), inputIdle: length('inputIdle'), ttl: length('ttl'), maxAge: length('maxAge') };
}

/** Running, never looked at, and no gateway that sees input. */
export const factsAtBirth = (): LeaseFacts => ({ life: 'running', createdAt: BIRTH, viewers: { known: true, count: 0 }, input: { known: false, why: 'no gateway' } });

/** Warned five minutes before, and woken by whoever looks. */
export const POLICY: LeasePolicy = { warnBeforeMs: 5 * MINUTE, wakes: true };

/** What happens at `+1h`, `+1h30m`…: changes the facts; gets that moment as ISO-8601. */
export type Happenings = Readonly<Record<string, (facts: LeaseFacts, at: string) => void>>;

export interface Life {
  lease: Lease;
  policy?: LeasePolicy;
  happenings?: Happenings;
  /** How long it is followed at most. */
  hours?: number;
  /** Changes what the facts start with. */
  born?: Partial<LeaseFacts>;
}

/** Somebody looks, or that many do; 0: the last one leaves. */
export const viewers = (count: number) => (facts: LeaseFacts, at: string): void => {
  if (facts.viewers.known && facts.viewers.count > 0) facts.viewerSeenAt = at;
  facts.viewers = { known: true, count };
};
/** Nobody can tell who looks. */
export const unknownViewers = (facts: LeaseFacts): void => {
  facts.viewers = { known: false, why: 'the engine does not say' };
};
export const touch = (facts: LeaseFacts, at: string): void => {
  facts.lastUsedAt = at;
  facts.touchedAt = at;
};
/** An `up` or `open`: a use that is no touch. */
export const use = (facts: LeaseFacts, at: string): void => {
  facts.lastUsedAt = at;
};
/** Nobody could watch until now. */
export const gap = (facts: LeaseFacts, at: string): void => {
  facts.countsFrom = at;
};
export const keep = (untilMs: number) => (facts: LeaseFacts, at: string): void => {
  touch(facts, at);
  facts.keptUntil = after(untilMs);
};

/** Lives it to its removal, or for `hours`; each line like `+15m: pause, no viewer for 15m`. */
export function live({ lease, policy = POLICY, happenings = {}, hours = 48, born = {} }: Life): string[] {
  const facts: LeaseFacts = { ...factsAtBirth(), ...born };
  const lines: string[] = [];
  const pending = new Map(Object.entries(happenings));
  for (let ms = 0; ms <= hours * HOUR; ms += MINUTE) {
    const moment = `+${formatDuration(ms)}`;
    const now = new Date(Date.parse(BIRTH) + ms);
    pending.get(moment)?.(facts, now.toISOString());
    pending.delete(moment);
    if (facts.viewers.known && facts.viewers.count > 0) facts.viewerSeenAt = now.toISOString();
    const { next } = leaseState(lease, facts, policy, now);
    if (!next || !isDue(next, now)) continue;
    const removeAt = next.removeAt === undefined ? '' : `, to go at +${formatDuration(Date.parse(next.removeAt) - Date.parse(BIRTH))}`;
    lines.push(`${moment}: ${next.do}, ${next.cause}${removeAt}`);
    if (next.do === 'remove') return lines;
    if (next.do === 'pause') facts.life = 'paused';
    if (next.do === 'wake') facts.life = 'running';
    if (next.do === 'warn') facts.warned = { at: now.toISOString(), clock: next.clock, removeAt: next.removeAt ?? '' };
    if (next.do === 'keep') delete facts.warned;
  }
  if (pending.size > 0) throw new Error(`the test speaks of moments that never came: ${[...pending.keys()].join(', ')}`);
  return lines;
}
