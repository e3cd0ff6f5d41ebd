// Pictures from several sources as one kind, and how much two of them differ.
import { writeFileSync } from 'node:fs';
import { PNG } from 'pngjs';
import { createPicture, type Picture, type Rectangle } from '../../src/rfb/picture.ts';

/** A pointer, or a caret that blinks. */
const SAME_PICTURE = 0.005;

/** A PNG file's content as a picture; transparency is ignored. */
export function pictureOfPng(file: Buffer): Picture {
  const { width, height, data } = PNG.sync.read(file);
  const picture = createPicture(width, height);
  for (let at = 0; at < picture.pixels.length; at++) picture.pixels[at] = data.readUInt32BE(at * 4) >>> 8;
  return picture;
}

/** One colour all over. */
export function flatPicture(width: number, height: number, colour: number): Picture {
  const picture = createPicture(width, height);
  picture.pixels.fill(colour);
  return picture;
}

/** For the eyes of whoever debugs a test. */
export function savePicture(picture: Picture, path: string): void {
  const png = new PNG({ width: picture.width, height: picture.height });
  picture.pixels.forEach((pixel, at) => png.data.writeUInt32BE(((pixel << 8) | 0xff) >>> 0, at * 4));
  writeFileSync(path, PNG.sync.write(png));
}

/**
 * Share of the pixels, 0 to 1, that differ in some colour by more than `tolerance` of 255; pictures of different sizes differ in all.
 * Pixels in `ignoring` count as equal.
 */
export function difference(a: Picture, b: Picture, { tolerance = 32, ignoring }: { tolerance?: number; ignoring?: Rectangle } = {}): number {
  if (a.width !== b.width || a.height !== b.height) return 1;
  let different = 0;
  for (let at = 0; at < a.pixels.length; at++) {
    const [one, other] = [a.pixels[at] ?? 0, b.pixels[at] ?? 0];
    if (one === other || (ignoring && isInside(ignoring, at % a.width, Math.floor(at / a.width)))) continue;
    if ([16, 8, 0].some((shift) => Math.abs(((one >> shift) & 255) - ((other >> shift) & 255)) > tolerance)) different++;
  }
  return different / a.pixels.length;
}

/** Whether one picture is somewhere in another, but for a pointer or the like. */
export function isShownIn(part: Picture, whole: Picture): boolean {
  for (let y = 0; y + part.height <= whole.height; y++) {
    for (let x = 0; x + part.width <= whole.width; x++) {
      // The corners tell most places apart without a look at all pixels.
      const corners = [0, part.width - 1].flatMap((column) => [0, part.height - 1].map((row) => [column, row] as const));
      const alike = corners.every(([column, row]) => part.pixels[row * part.width + column] === whole.pixels[(y + row) * whole.width + x + column]);
      if (alike && difference(part, cut(whole, { x, y, width: part.width, height: part.height })) < SAME_PICTURE) return true;
    }
  }
  return false;
}

function cut({ width: stride, pixels }: Picture, { x, y, width, height }: Rectangle): Picture {
  const picture = createPicture(width, height);
  for (let row = 0; row < height; row++) picture.pixels.set(pixels.subarray((y + row) * stride + x, (y + row) * stride + x + width), row * width);
  return picture;
}

function isInside({ x, y, width, height }: Rectangle, column: number, row: number): boolean {
  return column >= x && column < x + width && row >= y && row < y + height;
}
