// The lease: the clocks that decide how long a desktop lives, how long each is, and where that length comes from. What they say
// at a moment is lease-state.ts.
import { type DurationLimit, formatLimit, parseLimit } from './duration.ts';

/** What the clocks count from is told in lease-state.ts; `no-client` has two lengths, to its pause and to its removal. */
export type LeaseClock = 'no-client' | 'no-input' | 'ttl' | 'max-age';

/** The lengths of the clocks; `never` switches one off. */
export interface LeaseLengths {
  /** no-client: pause after. */
  idle: DurationLimit;
  /** no-client: remove after. */
  removeAfter: DurationLimit;
  /** no-input: remove after. */
  inputIdle: DurationLimit;
  /** ttl: remove this long after creation or the last touch. */
  ttl: DurationLimit;
  /** max-age: remove this long after creation. */
  maxAge: DurationLimit;
}

export type LeaseField = keyof LeaseLengths;
export const LEASE_FIELDS: readonly LeaseField[] = ['idle', 'removeAfter', 'inputIdle', 'ttl', 'maxAge'];

/** Some of the lengths, as one `up`, one catalog entry or one record gives them. */
export type LeaseChanges = Readonly<Partial<LeaseLengths>>;

/** Each length with where it comes from, in words: `up`, `image firefox-kiosk`, `IDLE_TIMEOUT_HOURS`, a file, `default`. */
export type Lease = Readonly<Record<LeaseField, { length: DurationLimit; from: string }>>;

export interface LeaseSources {
  /** What the settings say, each with its origin. */
  settings: Lease;
  /** The catalog entry's key and what it says. */
  image?: { key: string; lease: LeaseChanges } | undefined;
  /** What its `up` asked for: kept in its labels. */
  created?: LeaseChanges | undefined;
  /** What was asked for since then: kept in the store. */
  changed?: LeaseChanges | undefined;
}

/** The lease of one desktop: what was asked for last, then what its first `up` asked for, then its image's, then the settings'. */
export function resolveLease({ settings, image, created, changed }: LeaseSources): Lease {
  const resolved = (field: LeaseField): Lease[LeaseField] => {
    const asked = changed?.[field] ?? created?.[field];
    if (asked !== undefined) return { length: asked, from: 'up' };
    const own = image?.lease[field];
    return own === undefined ? settings[field] : { length: own, from: `image ${image?.key}` };
  };
  return { idle: resolved('idle'), removeAfter: resolved('removeAfter'), inputIdle: resolved('inputIdle'), ttl: resolved('ttl'), maxAge: resolved('maxAge') };
}

/** The changes as one line, as a label holds them: `idle=15m,ttl=2h`; empty for none. */
export function encodeLeaseChanges(changes: LeaseChanges): string {
  return LEASE_FIELDS.flatMap((field) => (changes[field] === undefined ? [] : [`${field}=${formatLimit(changes[field])}`])).join(',');
}

/** Reads such a line; what it doesn't know is left out. */
export function decodeLeaseChanges(line: string): LeaseChanges {
  const changes: Partial<LeaseLengths> = {};
  for (const part of line.split(',')) {
    const [name = '', typed = ''] = part.split('=');
    const field = LEASE_FIELDS.find((known) => known === name);
    const length = field && parseLimit(typed);
    if (field && length !== undefined) changes[field] = length;
  }
  return changes;
}

const LONGEST_SWITCH_SECONDS = 9_999_999;

/** Seconds without any viewer after which a desktop ends by itself although no daemon ever came back: three times the longest time the no-client clock can run, a day at least; 0 (never) where that clock never removes. */
export function deadManSeconds(lease: Pick<Lease, 'removeAfter'>): number {
  const { length } = lease.removeAfter;
  if (length === 'never') return 0;
  return Math.min(LONGEST_SWITCH_SECONDS, Math.max(24 * 3600, Math.ceil((3 * length) / 1000)));
}
