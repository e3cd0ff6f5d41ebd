import { expect, test } from 'vitest';
import { createPicture, fill } from '../../../src/rfb/picture.ts';
import { shrink } from '../../../src/rfb/thumbnail.ts';
import { flatPicture } from '../../support/pictures.ts';

test('a picture that is no wider stays the very same', () => {
  const picture = flatPicture(480, 10, 1);
  expect(shrink(picture, 480)).toBe(picture);
});

test('a wider one keeps its proportions', () => {
  const { width, height } = shrink(flatPicture(1280, 720, 0), 480);
  expect([width, height]).toEqual([480, 270]);
  expect(shrink(flatPicture(1000, 1, 7), 10)).toEqual(flatPicture(10, 1, 7));
});

test('each pixel is the mean of those that it stands for, colour by colour', () => {
  const picture = createPicture(4, 2);
  fill(picture, { x: 0, y: 0, width: 1, height: 2 }, 0xff0000);
  fill(picture, { x: 1, y: 0, width: 1, height: 2 }, 0x0000ff);
  fill(picture, { x: 2, y: 0, width: 2, height: 2 }, 0x204060);
  expect([...shrink(picture, 2).pixels]).toEqual([0x800080, 0x204060]);
});

test('where the widths are no multiple of each other, every pixel counts once and one colour stays that colour', () => {
  expect(shrink(flatPicture(101, 67, 0x123456), 30)).toEqual(flatPicture(30, 20, 0x123456));
});
