import { expect, test } from 'vitest';
import { parseMoment } from '../../../src/core/moment.ts';

const at = (hours: number, minutes: number, day = 15): Date => new Date(2026, 5, day, hours, minutes);

test.each([
  ['18:00', at(14, 48), at(18, 0)],
  ['00:10', at(23, 59), at(0, 10, 16)],
  ['8:05', at(8, 4), at(8, 5)],
  ['08:05', at(8, 5), at(8, 5, 16)],
  ['00:00', at(0, 0), at(0, 0, 16)],
  ['01:00', new Date(2026, 11, 31, 12), new Date(2027, 0, 1, 1)],
])('%s is the next such moment of the day', (text, now, expected) => {
  expect(parseMoment(text, now)).toEqual(expected);
});

test('a moment in RFC 3339 is itself, past ones too', () => {
  for (const text of ['2026-06-15T18:00:00Z', '2026-06-15T15:00:00-03:00', '2026-06-15 18:00:00z', '2026-06-15t18:00:00.000Z']) {
    expect(parseMoment(text, new Date('2030-01-01T00:00:00Z'))?.toISOString()).toBe('2026-06-15T18:00:00.000Z');
  }
});

test.each(['', '24:00', '18:60', '18', '18:0', '6pm', 'tomorrow', '2026-06-15', '2026-06-15T18:00:00', '2026-02-30T18:00:00Z', '2026-13-01T18:00:00Z', '2026-06-15T25:00:00Z'])('"%s" is no moment', (text) => {
  expect(parseMoment(text, at(12, 0))).toBeUndefined();
});
