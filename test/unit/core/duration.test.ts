import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, formatLimit, milliseconds, parseDuration, parseLimit } from '../../../src/core/duration.ts';

test.each([
  ['30m', 1_800_000],
  ['1h30m', 5_400_000],
  ['15s', 15_000],
  ['500ms', 500],
  ['1.5h', 5_400_000],
  ['1d', 86_400_000],
  ['1m500ms', 60_500],
  ['0s', 0],
  [' 2H ', 7_200_000],
])('%s is %d milliseconds', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each(['', '30', '0', '1.5', 'm', '30m1h', '-5s', '1h 30m', '1..5h', '.h', '5x', '1e3s', '99999d', 'Infinitys'])('"%s" is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test('what is spelled is read back the same', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 10 * 365 * 86_400_000 }), (value) => parseDuration(formatDuration(value)) === value));
});

test('a spelling uses the largest units', () => {
  expect(formatDuration(5_400_000)).toBe('1h30m');
  expect(formatDuration(0)).toBe('0s');
  expect(formatDuration(1500)).toBe('1s500ms');
});

test('nought, off and never are no end, never "at once"', () => {
  for (const text of ['0', '0s', 'off', 'never', ' NEVER ']) expect(parseLimit(text)).toBe('never');
  expect(parseLimit('90m')).toBe(5_400_000);
  for (const text of ['', '30', 'x', '-1m']) expect(parseLimit(text)).toBeUndefined();
});

test('a limit that is spelled is read back the same', () => {
  fc.assert(fc.property(fc.oneof(fc.integer({ min: 1, max: 10 * 365 * 86_400_000 }).map(milliseconds), fc.constant('never' as const)), (limit) => parseLimit(formatLimit(limit)) === limit));
});
