import { describe, expect, test } from 'vitest';
import { contains, copyWithin, createPicture, fill, toRgb, type Picture } from '../../../src/rfb/picture.ts';

/** A picture from rows of one digit a pixel. */
function drawn(...rows: string[]): Picture {
  const picture = createPicture(rows[0]?.length ?? 0, rows.length);
  picture.pixels.set([...rows.join('')].map(Number));
  return picture;
}

const rowsOf = ({ width, pixels }: Picture): string[] => [...pixels].join('').match(new RegExp(`.{${width}}`, 'g')) ?? [];

describe('a picture', () => {
  test('is filled within the rectangle only', () => {
    const picture = createPicture(4, 3);
    fill(picture, { x: 1, y: 1, width: 2, height: 2 }, 7);
    expect(rowsOf(picture)).toEqual(['0000', '0770', '0770']);
  });

  test.each([
    [0, 0, 1, 1, ['123', '412', '745']],
    [1, 1, 0, 0, ['563', '896', '789']],
    [0, 1, 1, 1, ['123', '445', '778']],
    [1, 0, 0, 0, ['233', '566', '789']],
  ])('copies an overlapping part from (%i,%i) to (%i,%i) as it was', (fromX, fromY, x, y, rows) => {
    const picture = drawn('123', '456', '789');
    copyWithin(picture, { x, y, width: 2, height: 2 }, fromX, fromY);
    expect(rowsOf(picture)).toEqual(rows);
  });

  test('knows which rectangles lie in it', () => {
    const picture = createPicture(4, 3);
    expect(contains(picture, { x: 0, y: 0, width: 4, height: 3 })).toBe(true);
    expect(contains(picture, { x: 1, y: 0, width: 4, height: 3 })).toBe(false);
    expect(contains(picture, { x: 0, y: 1, width: 4, height: 3 })).toBe(false);
  });

  test('is given as RGB bytes', () => {
    const picture = createPicture(2, 1);
    picture.pixels.set([0x0a0b0c, 0xff8001]);
    expect(toRgb(picture).toString('hex')).toBe('0a0b0cff8001');
  });
});
