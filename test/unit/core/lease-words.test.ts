import { expect, test } from 'vitest';
import { milliseconds } from '../../../src/core/duration.ts';
import { LEASE_FIELDS } from '../../../src/core/lease.ts';
import { describeLeaseChanges, LEASE_WORDS, spellLease, spellLeaseChanges } from '../../../src/core/lease-words.ts';
import { DEFAULT_LEASE } from '../../support/test-desktops.ts';

test('lengths are called as the flags of up are, and spelled as they are typed', () => {
  const changes = { ttl: 'never', idle: milliseconds(5_400_000) } as const;
  expect(describeLeaseChanges(changes)).toBe('idle 1h30m, ttl never');
  expect(spellLeaseChanges(changes)).toEqual({ idle: '1h30m', ttl: 'never' });
  expect(describeLeaseChanges({})).toBe('');
  expect(LEASE_FIELDS.map((field) => LEASE_WORDS[field])).toEqual(['idle', 'remove-after', 'input-idle', 'ttl', 'max-age']);
});

test('a whole lease in JSON has every length and its origin', () => {
  expect(spellLease(DEFAULT_LEASE)).toEqual({
    idle: { length: '15m', from: 'default' },
    removeAfter: { length: '8h', from: 'default' },
    inputIdle: { length: 'never', from: 'default' },
    ttl: { length: 'never', from: 'default' },
    maxAge: { length: 'never', from: 'default' },
  });
});
