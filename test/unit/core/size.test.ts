import { expect, test } from 'vitest';
import { formatBytes, formatGeometry, parseBytes, parseGeometry } from '../../../src/core/size.ts';

test.each([
  ['512m', 512 * 1024 ** 2],
  ['1g', 1024 ** 3],
  ['1.5g', 1.5 * 1024 ** 3],
  ['1GiB', 1024 ** 3],
  ['64kb', 65_536],
  ['1048576', 1_048_576],
  ['100b', 100],
])('%s is %d bytes', (text, expected) => {
  expect(parseBytes(text)).toBe(expected);
});

test.each(['', '0', '0g', '-1g', 'g', '1x', '1gg', '1,5g', '1e9', '99999999t'])('"%s" is no size', (text) => {
  expect(parseBytes(text)).toBeUndefined();
});

test('bytes are spelled short and read back the same where they are round', () => {
  expect(formatBytes(1.5 * 1024 ** 3)).toBe('1.5g');
  expect(formatBytes(512 * 1024 ** 2)).toBe('512m');
  expect(formatBytes(100)).toBe('100b');
  for (const text of ['512m', '1g', '1.5g', '256m', '64k', '7b']) expect(formatBytes(parseBytes(text) ?? 0)).toBe(text);
});

test('a geometry is width by height', () => {
  expect(parseGeometry('1280x720')).toEqual({ width: 1280, height: 720 });
  expect(parseGeometry('16X16384')).toEqual({ width: 16, height: 16_384 });
  expect(formatGeometry({ width: 800, height: 600 })).toBe('800x600');
});

test.each(['', '1280', '1280x', 'x720', '15x720', '1280x16385', '1280x720x24', '-1x720', '1280.5x720'])('"%s" is no geometry', (text) => {
  expect(parseGeometry(text)).toBeUndefined();
});
