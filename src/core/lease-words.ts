// A lease in words and in JSON: its fields as the flags of `up` call them, its lengths as they are typed.
import { formatLimit } from './duration.ts';
import { type Lease, LEASE_FIELDS, type LeaseChanges, type LeaseField } from './lease.ts';

/** What each length is called: the flag of `up` without its dashes. */
export const LEASE_WORDS: Readonly<Record<LeaseField, string>> = { idle: 'idle', removeAfter: 'remove-after', inputIdle: 'input-idle', ttl: 'ttl', maxAge: 'max-age' };

/** Some lengths for a person: `idle 15m, ttl never`; empty for none. */
export function describeLeaseChanges(changes: LeaseChanges): string {
  return LEASE_FIELDS.flatMap((field) => (changes[field] === undefined ? [] : [`${LEASE_WORDS[field]} ${formatLimit(changes[field])}`])).join(', ');
}

/** A whole lease for a person. */
export function describeLease(lease: Lease): string {
  return LEASE_FIELDS.map((field) => `${LEASE_WORDS[field]} ${formatLimit(lease[field].length)}`).join(', ');
}

/** Some lengths for JSON. */
export function spellLeaseChanges(changes: LeaseChanges): Partial<Record<LeaseField, string>> {
  return Object.fromEntries(LEASE_FIELDS.flatMap((field) => (changes[field] === undefined ? [] : [[field, formatLimit(changes[field])]])));
}

/** A whole lease for JSON: each length as it is typed, and where it comes from. */
export function spellLease(lease: Lease): Record<LeaseField, { length: string; from: string }> {
  const spell = (field: LeaseField): { length: string; from: string } => ({ length: formatLimit(lease[field].length), from: lease[field].from });
  return { idle: spell('idle'), removeAfter: spell('removeAfter'), inputIdle: spell('inputIdle'), ttl: spell('ttl'), maxAge: spell('maxAge') };
}
