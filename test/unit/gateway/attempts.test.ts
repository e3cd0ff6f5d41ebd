import { expect, test } from 'vitest';
import type { DesktopId } from '../../../src/core/store.ts';
import { createAttempts } from '../../../src/gateway/attempts.ts';

const ONE = 'bcdfghjkmnpq' as DesktopId;
const OTHER = 'zxwvtsrqpnmk' as DesktopId;

function attemptsAt() {
  let nowMs = 0;
  const attempts = createAttempts({ monotonicMs: () => nowMs });
  const exhaust = (address: string, desktopId = ONE): void => {
    for (let count = 0; count < 10; count++) {
      expect(attempts.take(address, desktopId)).toBeUndefined();
      attempts.miss(address, desktopId);
    }
  };
  return { attempts, exhaust, pass: (ms: number) => (nowMs += ms) };
}

test('ten a minute are taken, then it says how long to wait', () => {
  const { attempts, exhaust, pass } = attemptsAt();
  exhaust('192.0.2.1');
  expect(attempts.take('192.0.2.1', ONE)).toBe(60);
  pass(59_500);
  expect(attempts.take('192.0.2.1', ONE)).toBe(1);
  pass(500);
  exhaust('192.0.2.1');
});

test('another address and another desktop have tries of their own', () => {
  const { exhaust } = attemptsAt();
  exhaust('192.0.2.1');
  exhaust('192.0.2.2');
  exhaust('192.0.2.1', OTHER);
});

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:db8:1:3::1'],
  ['fe80::1%eth0', 'fe80::2%eth0', 'fe80:0:0:1::1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1', '::ffff:192.0.2.2'],
])('%s counts with %s and not with %s', (one, same, other) => {
  const { attempts, exhaust } = attemptsAt();
  exhaust(one);
  expect(attempts.take(same, ONE)).toBe(60);
  expect(attempts.take(other, ONE)).toBeUndefined();
});

test('what was no guess does not count', () => {
  const { attempts, exhaust } = attemptsAt();
  for (let count = 0; count < 50; count++) {
    expect(attempts.take('192.0.2.1', ONE)).toBeUndefined();
    attempts.forgive('192.0.2.1', ONE);
  }
  exhaust('192.0.2.1');
  attempts.forgive('192.0.2.9', ONE);
});

test('a hundred may be looked at at once, and count when they went wrong', () => {
  const { attempts } = attemptsAt();
  for (let count = 0; count < 100; count++) expect(attempts.take('192.0.2.1', ONE)).toBeUndefined();
  expect(attempts.take('192.0.2.1', ONE)).toBe(1);
  for (let count = 0; count < 90; count++) attempts.forgive('192.0.2.1', ONE);
  expect(attempts.take('192.0.2.1', ONE)).toBeUndefined();
  for (let count = 0; count < 11; count++) attempts.miss('192.0.2.1', ONE);
  expect(attempts.take('192.0.2.1', ONE)).toBe(60);
});

test('many addresses are not remembered without end, and the latest are', () => {
  const { attempts, exhaust } = attemptsAt();
  exhaust('198.51.100.9');
  for (let count = 0; count < 10_000; count++) attempts.take(`192.0.${count >> 8}.${count & 255}`, ONE);
  expect(attempts.take('198.51.100.9', ONE)).toBeUndefined();
  exhaust('198.51.100.1');
  expect(attempts.take('198.51.100.1', ONE)).toBe(60);
});

test('one address that tries made-up desktops is stopped, and makes nobody else forgotten', () => {
  const { attempts, exhaust, pass } = attemptsAt();
  exhaust('192.0.2.9');
  let taken = 0;
  for (let count = 0; count < 10_000; count++) {
    const desktopId = `made-up-${count}` as DesktopId;
    if (attempts.take('192.0.2.1', desktopId) !== undefined) continue;
    taken++;
    attempts.miss('192.0.2.1', desktopId);
  }
  expect(taken).toBe(256);
  expect(attempts.take('192.0.2.9', ONE)).toBe(60);
  expect(attempts.take('192.0.2.2', ONE)).toBeUndefined();
  pass(60_000);
  expect(attempts.take('192.0.2.1', ONE)).toBeUndefined();
});

test('links that open leave nothing to remember, however many desktops they lead to', () => {
  const { attempts } = attemptsAt();
  for (let count = 0; count < 1_000; count++) {
    const desktopId = `desktop-${count}` as DesktopId;
    expect(attempts.take('192.0.2.1', desktopId)).toBeUndefined();
    attempts.forgive('192.0.2.1', desktopId);
  }
});
