// Files of lines that other processes append to and rename, held open so that each is known again under another name. Reads on
// from where it stopped, in bounded pieces; notices a file that was emptied or written anew in place.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** One of them. */
export interface HeldFile {
  readonly descriptor: number;
  readonly dev: bigint;
  readonly ino: bigint;
  /** Where the next line begins. */
  offset: number;
}

/** What one piece of a file holds. */
export interface Piece {
  lines: string[];
  /** The file was emptied or written anew: what was read of it before is gone, and these are its first lines. */
  isAnew: boolean;
  /** Whether there may be more behind it already. */
  isMore: boolean;
}

/** A line that is longer is left out: no event is. */
export const MOST_LINE_BYTES = 64 * 1024;
const PIECE_BYTES = MOST_LINE_BYTES;
const NEWLINE = 0x0a;

/** The files that are there, held open, in the given order (the last is the one that is written to): those that were held already keep their place, others begin at their start, or at their end. Throws what opening throws, but for a missing file. */
export function openAll(files: readonly string[], before: readonly HeldFile[], atEnd: boolean): HeldFile[] {
  const found: HeldFile[] = [];
  // The one that is written to first: in the meantime it may take the name of the other, but never the other way round.
  try {
    for (const file of files.toReversed()) {
      const opened = open(file, atEnd);
      if (!opened) continue;
      // A number can't come again while its file is held open.
      const known = [...before, ...found].find(({ dev, ino }) => dev === opened.dev && ino === opened.ino);
      if (known) closeSync(opened.descriptor);
      if (!known || !found.includes(known)) found.unshift(known ?? opened);
    }
    return found;
  } catch (error) {
    closeAll(found.filter((file) => !before.includes(file)));
    throw error;
  }
}

export function closeAll(files: readonly HeldFile[]): void {
  for (const { descriptor } of files) closeSync(descriptor);
}

/** Whole lines behind the offset, which moves behind them: no more than one piece. */
export function readPiece(file: HeldFile): Piece {
  const size = Number(fstatSync(file.descriptor, { bigint: true }).size);
  // From the end of the line before: where there is none any more, another file was written over this one.
  const isAnew = file.offset > 0 && (size < file.offset || !endsLineAt(file, file.offset - 1));
  if (isAnew) file.offset = 0;
  const bytes = Buffer.alloc(Math.min(PIECE_BYTES, size - file.offset));
  const length = readSync(file.descriptor, bytes, 0, bytes.length, file.offset);
  const end = bytes.subarray(0, length).lastIndexOf(NEWLINE) + 1;
  if (end > 0) {
    file.offset += end;
    return { lines: bytes.toString('utf8', 0, end - 1).split('\n'), isAnew, isMore: file.offset < size };
  }
  // Half a line waits for its other half; one that is too long is skipped once it has an end.
  const next = length < PIECE_BYTES ? undefined : endOfLine(file, size);
  if (next !== undefined) file.offset = next;
  return { lines: [], isAnew, isMore: next !== undefined && next < size };
}

function endsLineAt({ descriptor }: HeldFile, place: number): boolean {
  const byte = Buffer.alloc(1);
  return readSync(descriptor, byte, 0, 1, place) === 1 && byte[0] === NEWLINE;
}

/** Behind the line that begins at the offset; undefined where it has no end yet. */
function endOfLine({ descriptor, offset }: HeldFile, size: number): number | undefined {
  const bytes = Buffer.alloc(PIECE_BYTES);
  for (let place = offset; place < size; place += PIECE_BYTES) {
    const length = readSync(descriptor, bytes, 0, PIECE_BYTES, place);
    const end = bytes.subarray(0, length).indexOf(NEWLINE);
    if (end !== -1) return place + end + 1;
  }
  return undefined;
}

/** Behind the last whole line, as far as the last piece tells. */
function endOfLines(descriptor: number, size: number): number {
  const bytes = Buffer.alloc(Math.min(PIECE_BYTES, size));
  const from = size - bytes.length;
  const length = readSync(descriptor, bytes, 0, bytes.length, from);
  return from + bytes.subarray(0, length).lastIndexOf(NEWLINE) + 1;
}

function open(file: string, atEnd: boolean): HeldFile | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  const { dev, ino, size } = fstatSync(descriptor, { bigint: true });
  return { descriptor, dev, ino, offset: atEnd ? endOfLines(descriptor, Number(size)) : 0 };
}
