import { expect, test } from 'vitest';
import { wantsColor, widthOf } from '../../../src/ui/streams.ts';

const terminal = { isTTY: true };
const pipe = {};

test('colour is decided by the flag, then NO_COLOR, FORCE_COLOR, TERM, then the stream', () => {
  expect(wantsColor({ env: {} }, terminal)).toBe(true);
  expect(wantsColor({ env: {} }, pipe)).toBe(false);
  expect(wantsColor({ env: { TERM: 'dumb' } }, terminal)).toBe(false);
  expect(wantsColor({ env: { TERM: 'dumb', FORCE_COLOR: '1' } }, pipe)).toBe(true);
  expect(wantsColor({ env: { FORCE_COLOR: '0' } }, terminal)).toBe(false);
  expect(wantsColor({ env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, terminal)).toBe(false);
  expect(wantsColor({ env: { NO_COLOR: '1' }, color: 'always' }, pipe)).toBe(true);
  expect(wantsColor({ env: { FORCE_COLOR: '1' }, color: 'never' }, terminal)).toBe(false);
  expect(wantsColor({ env: { NO_COLOR: '' } }, terminal)).toBe(true);
});

test('a terminal that does not say how wide it is has 80 columns', () => {
  expect(widthOf({ columns: 120 }, {})).toBe(120);
  expect(widthOf({}, { COLUMNS: '100' })).toBe(100);
  expect(widthOf({}, {})).toBe(80);
  expect(widthOf({ columns: 0 }, {})).toBe(80);
});
