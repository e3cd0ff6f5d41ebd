import { expect, test } from 'vitest';
import { didYouMean, nearest } from '../../../src/core/nearest.ts';

const names = ['portMin', 'portMax', 'prefix', 'host', 'clientIds'];

test('a word with a slip finds what was meant', () => {
  expect(nearest('portMni', names)).toBe('portMin');
  expect(nearest('hots', names)).toBe('host');
  expect(nearest('prefx', names)).toBe('prefix');
});

test('case and separators do not count', () => {
  expect(nearest('port-max', names)).toBe('portMax');
  expect(nearest('CLIENT_IDS', names)).toBe('clientIds');
});

test('a word far from all finds nothing', () => {
  expect(nearest('zebra', names)).toBeUndefined();
  expect(nearest('x', [])).toBeUndefined();
  expect(didYouMean('zebra', names)).toBe('');
  expect(didYouMean('hots', names)).toBe(' (did you mean "host"?)');
});
