import { expect, test } from 'vitest';
import { createPicture } from '../../../src/rfb/picture.ts';
import { encodePng } from '../../../src/rfb/png.ts';
import { flatPicture, pictureOfPng } from '../../support/pictures.ts';

test('a decoder of somebody else reads the very picture out of the file', async () => {
  const picture = createPicture(37, 23);
  for (let at = 0; at < picture.pixels.length; at++) picture.pixels[at] = (at * 2_654_435_761) & 0xffffff;
  expect(pictureOfPng(await encodePng(picture))).toEqual(picture);
});

test('one pixel is a picture too', async () => {
  expect(pictureOfPng(await encodePng(flatPicture(1, 1, 0xaabbcc)))).toEqual(flatPicture(1, 1, 0xaabbcc));
});

test('a screen of one colour takes next to nothing', async () => {
  expect((await encodePng(flatPicture(1280, 720, 0x336699))).length).toBeLessThan(16_000);
});
