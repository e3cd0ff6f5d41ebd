import { expect, test } from 'vitest';
import { relativeTime } from '../../../src/ui/time.ts';

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
