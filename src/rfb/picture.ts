// A picture of a desktop in memory. Owns the pixel operations that RFB rectangles need; it knows no protocol.

/** Pixels row by row, each 0x00RRGGBB. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;
}

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** An all-black picture. */
export function createPicture(width: number, height: number): Picture {
  return { width, height, pixels: new Uint32Array(width * height) };
}

/** Whether every pixel of the rectangle lies in the picture. */
export function contains(picture: Picture, { x, y, width, height }: Rectangle): boolean {
  return x + width <= picture.width && y + height <= picture.height;
}

/** Paints a rectangle that the picture contains in one colour. */
export function fill(picture: Picture, { x, y, width, height }: Rectangle, colour: number): void {
  for (let row = y; row < y + height; row++) picture.pixels.fill(colour, row * picture.width + x, row * picture.width + x + width);
}

/** Copies from (fromX, fromY) into a rectangle; the picture contains both, and they may overlap. */
export function copyWithin(picture: Picture, { x, y, width, height }: Rectangle, fromX: number, fromY: number): void {
  for (let step = 0; step < height; step++) {
    // Downwards moves start at the bottom, so that no row is overwritten before it was copied.
    const row = fromY < y ? height - 1 - step : step;
    const from = (fromY + row) * picture.width + fromX;
    picture.pixels.copyWithin((y + row) * picture.width + x, from, from + width);
  }
}

/** The picture as three bytes a pixel, red first. */
export function toRgb({ pixels }: Picture): Buffer {
  const rgb = Buffer.allocUnsafe(pixels.length * 3);
  let at = 0;
  for (const pixel of pixels) {
    rgb[at++] = pixel >> 16;
    rgb[at++] = pixel >> 8;
    rgb[at++] = pixel;
  }
  return rgb;
}
