import { describe, expect, it } from 'vitest';
import { keysForChange, keysymOf } from '../../../../src/web/viewer/touch-keys.ts';

const BACKSPACE = 0xff08;

describe('text from a phone keyboard', () => {
  it('becomes X11 key symbols: Latin-1 as it is, others by their Unicode number', () => {
    expect(keysymOf('a')).toBe(0x61);
    expect(keysymOf('ç')).toBe(0xe7);
    expect(keysymOf('€')).toBe(0x010020ac);
    expect(keysymOf('😀')).toBe(0x0101f600);
    expect(keysymOf('\n')).toBe(0xff0d);
  });

  it('sends what was added and one backspace for each character that went', () => {
    expect(keysForChange('ol', 'olá')).toEqual([0xe1]);
    expect(keysForChange('olá', 'ol')).toEqual([BACKSPACE]);
    expect(keysForChange('teh', 'the')).toEqual([BACKSPACE, BACKSPACE, 0x68, 0x65]);
    expect(keysForChange('😀', '')).toEqual([BACKSPACE]);
    expect(keysForChange('same', 'same')).toEqual([]);
  });
});
