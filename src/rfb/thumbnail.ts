// A picture made smaller: each pixel is the mean of those that it stands for.
import { createPicture, type Picture } from './picture.ts';

/** The picture at most `width` wide, in its proportions; one that is no wider is returned as it is. */
export function shrink(picture: Picture, width: number): Picture {
  if (picture.width <= width) return picture;
  const small = createPicture(width, Math.max(1, Math.round((picture.height * width) / picture.width)));
  const columns = edges(picture.width, small.width);
  const rows = edges(picture.height, small.height);
  const sums = new Uint32Array(small.width * 3);
  for (let y = 0; y < small.height; y++) {
    const [top, bottom] = [rows[y] ?? 0, rows[y + 1] ?? 0];
    sums.fill(0);
    for (let row = top; row < bottom; row++) addRow(sums, picture.pixels.subarray(row * picture.width, (row + 1) * picture.width), columns);
    for (let x = 0; x < small.width; x++) {
      const count = ((columns[x + 1] ?? 0) - (columns[x] ?? 0)) * (bottom - top);
      const mean = (channel: number): number => Math.round((sums[x * 3 + channel] ?? 0) / count);
      small.pixels[y * small.width + x] = (mean(0) << 16) | (mean(1) << 8) | mean(2);
    }
  }
  return small;
}

/** Where each of `count` equal parts of a length begins, and where the last one ends. */
function edges(length: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count + 1 }, (_, index) => Math.floor((index * length) / count));
}

function addRow(sums: Uint32Array, row: Uint32Array, columns: Uint32Array): void {
  let at = 0;
  for (let part = 1; part < columns.length; part++) {
    let [red, green, blue] = [0, 0, 0];
    for (const end = columns[part] ?? 0; at < end; at++) {
      const pixel = row[at] ?? 0;
      red += pixel >> 16;
      green += (pixel >> 8) & 0xff;
      blue += pixel & 0xff;
    }
    const place = (part - 1) * 3;
    sums[place] = (sums[place] ?? 0) + red;
    sums[place + 1] = (sums[place + 1] ?? 0) + green;
    sums[place + 2] = (sums[place + 2] ?? 0) + blue;
  }
}
