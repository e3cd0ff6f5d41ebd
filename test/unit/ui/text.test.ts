import { expect, test } from 'vitest';
import { cut, harmless, pad, widthOfText } from '../../../src/ui/text.ts';

test('wide characters take two cells, marks none', () => {
  expect(widthOfText('abc')).toBe(3);
  expect(widthOfText('桌面')).toBe(4);
  expect(widthOfText('João')).toBe(4);
  expect(widthOfText('Joa\u0303o')).toBe(4);
  expect(widthOfText('👩‍💻')).toBe(2);
  expect(widthOfText('❤️')).toBe(2);
  expect(widthOfText('한글ｱ')).toBe(5);
});

test('a cut text fits, ends in an ellipsis and splits no character', () => {
  expect(cut('firefox-kiosk', 8)).toBe('firefox…');
  expect(cut('abc', 3)).toBe('abc');
  expect(cut('桌面桌面', 4)).toBe('桌…');
  expect(widthOfText(cut('桌面桌面', 4))).toBeLessThanOrEqual(4);
  expect(cut('abc', 0)).toBe('');
});

test('padding counts cells', () => {
  expect(pad('桌', 4)).toBe('桌  ');
  expect(pad('7', 3, true)).toBe('  7');
  expect(pad('long', 2)).toBe('long');
});

test('what would steer the terminal becomes spaces', () => {
  expect(harmless('a\x1b[31mb\r\nc\x07\u202e')).toBe('a [31mb c  ');
});
