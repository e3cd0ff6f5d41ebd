// Text in the cells of a terminal: how wide it is, made harmless, cut and padded. East Asian characters and emoji take two cells.

const WIDE = /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})/u;
const NARROW_ONLY = /^[\x20-\x7e]*$/;
const ELLIPSIS = '…';

// Made when a text first needs it: 20 ms that a table of plain letters does without.
let segmenter: Intl.Segmenter | undefined;

/** Cells that `text` takes on a terminal. */
export function widthOfText(text: string): number {
  if (NARROW_ONLY.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemesOf(text)) width += widthOfGrapheme(segment);
  return width;
}

/** `text` with a space in place of every control character and invisible mark: what comes from a container must not steer the terminal. */
export function harmless(text: string): string {
  return text.replace(/\r?\n|\p{Cc}|[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]/gu, ' ');
}

/** `text` cut to `width` cells, the last of them an ellipsis. */
export function cut(text: string, width: number): string {
  if (widthOfText(text) <= width) return text;
  let kept = '';
  let left = width - 1;
  for (const { segment } of graphemesOf(text)) {
    left -= widthOfGrapheme(segment);
    if (left < 0) break;
    kept += segment;
  }
  return width > 0 ? kept + ELLIPSIS : '';
}

/** `text` filled with spaces to `width` cells, on its left if `right` is set. */
export function pad(text: string, width: number, right = false): string {
  const spaces = ' '.repeat(Math.max(0, width - widthOfText(text)));
  return right ? spaces + text : text + spaces;
}

function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter.segment(text);
}

function widthOfGrapheme(segment: string): number {
  if (WIDE.test(segment)) return 2;
  // An emoji made of a narrow base by the variation selector.
  if (segment.includes('\ufe0f')) return 2;
  return /^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(segment) ? 0 : 1;
}
