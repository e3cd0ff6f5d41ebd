import { expect, test } from 'vitest';
import { momentText, relativeTime } from '../../../src/ui/time.ts';

const now = new Date('2026-06-15T12:00:00Z');

test.each([
  ['2026-06-15T12:00:00Z', 'now'],
  ['2026-06-15T11:59:48Z', '12s ago'],
  ['2026-06-15T11:57:00Z', '3m ago'],
  ['2026-06-15T10:00:01Z', '1h ago'],
  ['2026-06-15T10:00:00Z', '2h ago'],
  ['2026-06-10T12:00:00Z', '5d ago'],
  ['2026-03-15T12:00:00Z', '3mo ago'],
  ['2024-06-15T12:00:00Z', '2y ago'],
  ['2026-06-15T12:00:02Z', 'now'],
  ['2026-06-15T12:03:00Z', 'in 3m'],
  ['yesterday', 'unknown'],
])('%s is %s', (time, expected) => {
  expect(relativeTime(time, now)).toBe(expected);
});

test.each([
  [new Date(2026, 5, 15, 18, 0), '18:00 (in 3h12m)'],
  [new Date(2026, 5, 15, 14, 49, 30), '14:49 (in 1m30s)'],
  [new Date(2026, 5, 16, 2, 0), '02:00 (in 11h12m)'],
  [new Date(2026, 5, 17, 14, 48), '2026-06-17 14:48 (in 2d)'],
])('a moment to come is told by the clock and by how far off it is: %s', (at, expected) => {
  expect(momentText(at.toISOString(), new Date(2026, 5, 15, 14, 48))).toBe(expected);
});
