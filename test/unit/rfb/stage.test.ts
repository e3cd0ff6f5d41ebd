import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPicture, fill, type Picture } from '../../../src/rfb/picture.ts';
import { judgePicture } from '../../../src/rfb/stage.ts';

const WIDTH = 640;
const HEIGHT = 360;
const WHITE = 0xffffff;

/** "Hi" in a font of 16 pixels, without smoothing. */
const HI = ['##...##.##', '##...##.##', '##...##...', '##...##.##', '#######.##', '#######.##', '##...##.##', '##...##.##', '##...##.##', '##...##.##', '##...##.##'];
/** Four letters with slanted edges, so that most columns have a change of their own. */
const WORD = ['...#...####...###', '..#.#..#...#.#...', '..#.#..#...#.#...', '.#...#.####..#...', '.#####.#...#.#...', '#.....##...#.#...', '#.....#####...###'].map((line) => `${line}..${line}`);

/** An arrow, as X servers draw it. */
const POINTER = Array.from({ length: 18 }, (_, row) => '#'.repeat(Math.min(row + 1, 19 - row)));

function screen(...paint: ((picture: Picture) => void)[]): Picture {
  const picture = createPicture(WIDTH, HEIGHT);
  for (const step of paint) step(picture);
  return picture;
}

const area = (x: number, y: number, width: number, height: number, colour: number) => (picture: Picture) => fill(picture, { x, y, width, height }, colour);
const blank = (colour: number) => area(0, 0, WIDTH, HEIGHT, colour);
const write = (glyphs: string[], x: number, y: number, colour = 0x202020) => (picture: Picture) => {
  for (const [row, line] of glyphs.entries()) {
    for (const [column, cell] of [...line].entries()) if (cell === '#') picture.pixels[(y + row) * WIDTH + x + column] = colour;
  }
};
const gradient = (direction: 'down' | 'across') => (picture: Picture) => {
  for (let at = 0; at < picture.pixels.length; at++) {
    const level = direction === 'down' ? Math.floor(at / WIDTH) >> 2 : (at % WIDTH) >> 2;
    picture.pixels[at] = level * 0x010101 + 0x101010;
  }
};
/** Tab strip, toolbar and separator of a browser, with text in both bars. */
const chrome = (toolbar: number) => (picture: Picture) => {
  area(0, 0, WIDTH, 40, 0xdee1e6)(picture);
  area(0, 40, WIDTH, 40, toolbar)(picture);
  area(0, 80, WIDTH, 1, 0xb0b0b0)(picture);
  for (let x = 8; x < 590; x += 45) {
    write(WORD, x, 12)(picture);
    write(WORD, x, 52)(picture);
  }
};

describe('the stage of a picture', () => {
  test('is root while everything is black', () => {
    expect(judgePicture(screen())).toBe('root');
  });

  test('is root also with a pointer on it', () => {
    expect(judgePicture(screen(write(POINTER, 320, 180, WHITE)))).toBe('root');
  });

  test.each([
    ['a white window over all', [blank(WHITE)]],
    ['a dark window over all', [blank(0x2b2a33)]],
    ['a blank window with borders on the root', [area(40, 40, 500, 250, 0x303030), area(44, 60, 492, 226, WHITE)]],
    ['a window painted halfway', [blank(0xf0f0f4), area(0, 0, WIDTH, 200, WHITE)]],
    ['a window painted halfway across', [blank(0xf0f0f4), area(0, 0, 300, 200, WHITE)]],
    ['browser chrome over a blank page', [blank(WHITE), chrome(0xf9f9fb)]],
    ['browser chrome of the page\'s colour over a blank page', [blank(WHITE), chrome(WHITE)]],
    ['a window title over a blank window', [area(20, 20, 600, 320, WHITE), area(20, 20, 600, 20, 0x4060a0), write(WORD, 300, 26, WHITE)]],
    ['a text caret alone', [blank(WHITE), area(8, 10, 1, 18, 0)]],
    ['a pointer on a blank window', [blank(WHITE), write(POINTER, 320, 180, 0)]],
    ['a pointer on a blank window under chrome', [blank(WHITE), chrome(WHITE), write(POINTER, 320, 180, 0)]],
    ['a few flat bars', Array.from({ length: 9 }, (_, bar) => area(0, bar * 40, WIDTH, 40, 0x101010 * (bar + 1)))],
    ['a bar along the bottom', [blank(WHITE), area(0, HEIGHT - 24, WIDTH, 24, 0x404040)]],
  ])('is window for %s', (_name, paint) => {
    expect(judgePicture(screen(...paint))).toBe('window');
  });

  test.each([
    ['one short word in the corner', [blank(WHITE), write(WORD, 8, 8)]],
    ['light text on a dark page', [blank(0x101010), write(WORD, 8, 8, 0xf0f0f0)]],
    ['text on a page as black as the root', [write(WORD, 8, 8, WHITE)]],
    ['text hardly darker than the page', [blank(WHITE), write(WORD, 8, 8, 0xfefefe)]],
    ['text under browser chrome', [blank(WHITE), chrome(WHITE), write(WORD, 8, 90)]],
    ['text under a banner', [blank(WHITE), area(0, 0, WIDTH, 100, 0x204080), write(WORD, 20, 40, WHITE), write(WORD, 20, 120)]],
    ['text in the last rows', [blank(WHITE), write(WORD, WIDTH - 40, HEIGHT - 8)]],
    ['a gradient from top to bottom', [gradient('down')]],
    ['a gradient from left to right', [gradient('across')]],
  ])('is page for %s', (_name, paint) => {
    expect(judgePicture(screen(...paint))).toBe('page');
  });

  test('two straight letters are still too little: only time tells', () => {
    expect(judgePicture(screen(blank(WHITE), write(HI, 8, 8)))).toBe('window');
  });

  test('is window for any one flat rectangle on any flat colour', () => {
    const colour = fc.integer({ min: 1, max: WHITE });
    const corner = { x: fc.nat(WIDTH - 1), y: fc.nat(HEIGHT - 1), width: fc.nat(WIDTH), height: fc.nat(HEIGHT) };
    fc.assert(
      fc.property(colour, colour, fc.record(corner), (ground, figure, { x, y, width, height }) => {
        const picture = screen(blank(ground), area(x, y, Math.min(width, WIDTH - x), Math.min(height, HEIGHT - y), figure));
        expect(judgePicture(picture)).toBe('window');
      }),
      { numRuns: 60 },
    );
  });
});
