import fc from 'fast-check';
import { expect, test } from 'vitest';
import { milliseconds } from '../../../src/core/duration.ts';
import { deadManSeconds, decodeLeaseChanges, encodeLeaseChanges } from '../../../src/core/lease.ts';

const length = fc.oneof(fc.integer({ min: 1, max: 10 * 365 * 86_400_000 }).map(milliseconds), fc.constant('never' as const));
const changes = fc.record({ idle: length, removeAfter: length, inputIdle: length, ttl: length, maxAge: length }, { requiredKeys: [] });

test('changes that were written as one line are read back the same', () => {
  fc.assert(
    fc.property(changes, (written) => {
      expect(decodeLeaseChanges(encodeLeaseChanges(written))).toEqual(written);
    }),
  );
  expect(encodeLeaseChanges({ ttl: milliseconds(7_200_000), idle: milliseconds(900_000) })).toBe('idle=15m,ttl=2h');
  expect(encodeLeaseChanges({})).toBe('');
});

test('what a line holds that is no length of a lease is left out', () => {
  expect(decodeLeaseChanges('idle=soon,ttl=2h,colour=red,,=,removeAfter,maxAge=0')).toEqual({ ttl: 7_200_000, maxAge: 'never' });
});

const hours = (count: number): ReturnType<typeof milliseconds> => milliseconds(count * 3_600_000);

test.each([
  ['three times removeAfter', hours(16), 48 * 3600],
  ['a day at least', milliseconds(60_000), 24 * 3600],
  ['never where the clock is off', 'never' as const, 0],
  ['no more than its seven digits hold', hours(24 * 365), 9_999_999],
])('a desktop ends by itself after %s', (_, removeAfter, seconds) => {
  expect(deadManSeconds({ removeAfter: { length: removeAfter, from: 'up' } })).toBe(seconds);
});
