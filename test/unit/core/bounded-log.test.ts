import { expect, test } from 'vitest';
import { createBoundedLog, type LogBounds } from '../../../src/core/bounded-log.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { createFakeLog } from '../../support/fake-log.ts';

const ONE = 'bcdfghjkmnpq' as DesktopId;
const OTHER = 'zxwvtsrqpnmk' as DesktopId;

function bounded(bounds: LogBounds = { each: 3, all: 10 }) {
  let nowMs = 0;
  const log = createFakeLog();
  const outside = createBoundedLog(log, { monotonicMs: () => nowMs }, bounds);
  return { log, outside, pass: (ms: number) => (nowMs += ms) };
}

test('of a loop some lines are written, and how many more there were once the minute is over', () => {
  const { log, outside, pass } = bounded();
  for (let count = 0; count < 123; count++) outside.write('info', 'a viewer came', { desktop: ONE, viewer: `v${count}`, ticket: 't', mode: 'full' });
  expect(log.lines.map(({ facts }) => facts['viewer'])).toEqual(['v0', 'v1', 'v2']);
  pass(59_999);
  outside.settle();
  expect(log.lines).toHaveLength(3);
  pass(1);
  outside.settle();
  expect(log.lines.at(-1)).toEqual({ level: 'info', message: 'a viewer came … and 120 more in the last minute', facts: { desktop: ONE, ticket: 't', mode: 'full' } });
  outside.write('info', 'a viewer came', { desktop: ONE, viewer: 'next', ticket: 't', mode: 'full' });
  expect(log.lines).toHaveLength(5);
});

test('the loop of one ticket hides no line of another, of another desktop, or of another kind', () => {
  const { log, outside } = bounded({ each: 3, all: 100 });
  for (let count = 0; count < 50; count++) outside.write('info', 'a viewer came', { desktop: ONE, ticket: 't' });
  outside.write('info', 'a viewer came', { desktop: ONE, ticket: 'other' });
  outside.write('info', 'a viewer left', { desktop: ONE, ticket: 't' });
  outside.write('error', 'could not answer', { desktop: OTHER });
  expect(log.lines.slice(3).map(({ message, facts }) => [message, facts['ticket'] ?? facts.desktop])).toEqual([['a viewer came', 'other'], ['a viewer left', 't'], ['could not answer', OTHER]]);
});

test('however many tickets a loop has, its lines are bounded, and at the end all that was counted is told', () => {
  const { log, outside } = bounded();
  for (let count = 0; count < 5_000; count++) outside.write('info', 'a viewer came', { desktop: ONE, ticket: `t${count}` });
  expect(log.lines).toHaveLength(10);
  outside.settle({ all: true });
  expect(log.lines).toHaveLength(11);
  expect(log.lines.at(-1)).toEqual({ level: 'info', message: 'a viewer came … and 4990 more in the last minute', facts: {} });
});
