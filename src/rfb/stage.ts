// How far a starting desktop is, judged by one picture. Pure: no protocol, no time.
import type { Picture } from './picture.ts';

/**
 * `root`: little or nothing but the X server's black background; `window`: something is mapped (part of the screen is not black), but what it shows is flat;
 * `page`: it shows something, that is, below any browser chrome there is text, an image or a gradient.
 */
export type PictureStage = 'root' | 'window' | 'page';

/** Browser chrome (and a title bar over it) ends in the upper 40 % of the screen, with an edge over at least half of its width. */
const CHROME_MAX_SHARE = 0.4;
const CHROME_EDGE_SHARE = 0.5;
/** 0.5 %: 68 pixels squared at 1280x720. A pointer, which some servers draw into the picture, is far smaller. */
const WINDOW_MIN_SHARE = 0.005;
/** A line of five smoothed letters of 16 px has about 30 columns and ten rows with changes; borders, carets and a pointer up to 18 columns. */
const CONTENT_MIN_COLUMNS = 24;
const CONTENT_MIN_ROWS = 6;
/** Steps between rows that are each flat in themselves: a vertical gradient. Borders and bars make fewer. */
const GRADIENT_MIN_ROWS = 24;

/**
 * The stage a picture shows. Content is counted by changes of colour between neighbours, not by colours, so that a blank window of
 * any colour, two flat areas side by side or one painted halfway are all no content. A page that is truly uniform can't be told from
 * one that is not painted yet; that is left to whoever has a clock. Limits: a root that the session colours counts as a window, one with
 * a wallpaper as a page; so does the title of a blank window narrower than half of the screen.
 */
export function judgePicture(picture: Picture): PictureStage {
  if (hasContent(picture, findChromeEnd(picture))) return 'page';
  return showsWindow(picture) ? 'window' : 'root';
}

/** A plain loop: it is run on every update, and array methods take ten times as long on a million pixels. */
function showsWindow({ pixels }: Picture): boolean {
  let left = Math.ceil(pixels.length * WINDOW_MIN_SHARE);
  for (let at = 0; at < pixels.length && left > 0; at++) if (pixels[at] !== 0) left--;
  return left === 0;
}

/** The first row below the lowest wide edge in the upper part, 0 when there is none: an edge is where chrome meets page. */
function findChromeEnd({ width, height, pixels }: Picture): number {
  for (let row = Math.floor(height * CHROME_MAX_SHARE); row > 0; row--) {
    let changes = 0;
    const start = row * width;
    for (let at = start; at < start + width; at++) if (pixels[at] !== pixels[at - width]) changes++;
    if (changes >= width * CHROME_EDGE_SHARE) return row;
  }
  return 0;
}

function hasContent({ width, height, pixels }: Picture, firstRow: number): boolean {
  const columnsSeen = new Uint8Array(width);
  let columns = 0;
  let rows = 0;
  let steps = 0;
  for (let row = firstRow; row < height; row++) {
    const start = row * width;
    let changed = false;
    for (let x = 1; x < width; x++) {
      if (pixels[start + x] === pixels[start + x - 1]) continue;
      changed = true;
      if (columnsSeen[x] === 0) {
        columnsSeen[x] = 1;
        columns++;
      }
    }
    if (changed) rows++;
    else if (row > firstRow && pixels[start] !== pixels[start - width]) steps++;
    if ((columns >= CONTENT_MIN_COLUMNS && rows >= CONTENT_MIN_ROWS) || steps >= GRADIENT_MIN_ROWS) return true;
  }
  return false;
}
