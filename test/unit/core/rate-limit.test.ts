import { expect, test } from 'vitest';
import { ownerOf } from '../../../src/core/address-owner.ts';
import { createRateLimit } from '../../../src/core/rate-limit.ts';

function limited(mostKeys?: number) {
  let nowMs = 0;
  const limit = createRateLimit({ monotonicMs: () => nowMs }, { burst: 3, perSecond: 0.5, ...(mostKeys === undefined ? {} : { mostKeys }) });
  return { limit, pass: (ms: number) => (nowMs += ms), takes: (key: string, times: number) => Array.from({ length: times }, () => limit.take(key)) };
}

test('a burst is taken, then one as often as the rate says, and it says how long to wait', () => {
  const { limit, pass, takes } = limited();
  expect(takes('a', 4)).toEqual([undefined, undefined, undefined, 2]);
  pass(1_900);
  expect(limit.take('a')).toBe(1);
  pass(100);
  expect(takes('a', 2)).toEqual([undefined, 2]);
  pass(3_600_000);
  expect(takes('a', 4)).toEqual([undefined, undefined, undefined, 2]);
});

test('each key has its own', () => {
  const { takes } = limited();
  takes('a', 10);
  expect(takes('b', 3)).toEqual([undefined, undefined, undefined]);
});

test('what is remembered is bounded, and the one that was seen least lately is forgotten', () => {
  const { limit, takes } = limited(2);
  takes('a', 3);
  takes('b', 3);
  limit.take('a');
  limit.take('c');
  expect(limit.take('a')).toBe(2);
  expect(limit.take('b')).toBeUndefined();
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2::1', '2001:db8:1:2'],
  ['2001:db8:1:2:ffff::9', '2001:db8:1:2'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['', ''],
])('%s belongs to %s', (address, owner) => {
  expect(ownerOf(address)).toBe(owner);
});
