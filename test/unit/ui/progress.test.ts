import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startProgress } from '../../../src/ui/progress.ts';
import { fakeStreams } from '../../support/fake-streams.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('in a pipe each new text is a line', () => {
  const io = fakeStreams();
  const progress = startProgress(io, { silent: false });
  for (const text of ['pulling', 'pulling', 'built\x1b[2J']) progress.update(text);
  progress.stop();
  progress.update('late');
  expect(io.err()).toBe('pulling\nbuilt [2J\n');
  expect(io.out()).toBe('');
});

test('silent shows nothing, on a terminal either', () => {
  const io = fakeStreams({ terminals: ['stderr'] });
  const progress = startProgress(io, { silent: true });
  progress.update('x');
  vi.advanceTimersByTime(1000);
  progress.stop();
  expect(io.err()).toBe('');
});

test('on a terminal something shows within 100 ms even before the first text', () => {
  const io = fakeStreams({ terminals: ['stderr'] });
  const progress = startProgress(io, { silent: false });
  vi.advanceTimersByTime(100);
  expect(io.err()).toContain('working');
  progress.stop();
});

test('on a terminal the line rewrites itself, fits, counts the seconds and is gone at the end', () => {
  const io = fakeStreams({ terminals: ['stderr'], columns: 30 });
  const progress = startProgress(io, { silent: false });
  progress.update('x'.repeat(100));
  expect(io.err()).toBe(`\r\x1b[2K⠋ ${'x'.repeat(26)}…`);
  vi.advanceTimersByTime(4_000);
  expect(io.err()).toContain('… (4 s)');
  expect(io.err()).not.toContain('\n');
  progress.stop();
  progress.stop();
  expect(io.err().endsWith('\r\x1b[2K')).toBe(true);
  expect(io.err().endsWith('\r\x1b[2K\r\x1b[2K')).toBe(false);
  const before = io.err();
  progress.update('late');
  vi.advanceTimersByTime(1000);
  expect(io.err()).toBe(before);
});

test('a terminal without cursor control gets lines', () => {
  const io = fakeStreams({ terminals: ['stderr'], env: { TERM: 'dumb' } });
  startProgress(io, { silent: false }).update('building');
  expect(io.err()).toBe('building\n');
});
