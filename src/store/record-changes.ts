// Changes of a list of records as lines of JSON in a file beside it: `{"put": <record>}` and `{"drop": <id>}`. They are appended
// before the list is written whole, and removed after it. Applying all of them to that list again changes nothing, so a process
// that is killed in between loses and revives nothing.
import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { isObject } from './json-file.ts';

/** How far changes were read, of which file; undefined before the first look and where there is none. */
export type ReadUpTo = { identity: string; bytes: number } | undefined;

const NEWLINE = 0x0a;

/** `…/tickets.json` → `…/tickets.changes.jsonl`. */
export function changesFileOf(file: string): string {
  return file.replace(/(\.[^./]*)?$/, '.changes.jsonl');
}

/** Tells one content of a file from another: number, time of change and size, which is the last of the three. Undefined where there is none. */
export function versionOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found && `${found.ino}:${found.mtimeNs}:${found.size}`;
}

/** Whole lines behind what was read; `isAnew` where it was of another file, and these are all lines of this one. */
export function readChanges(file: string, before: ReadUpTo): { changes: ReadUpTo; lines: string[]; isAnew: boolean } {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (before !== undefined && found && identityOf(found) === before.identity && Number(found.size) === before.bytes) return { changes: before, lines: [], isAnew: false };
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return { changes: undefined, lines: [], isAnew: before !== undefined };
    throw error;
  }
  try {
    const opened = fstatSync(descriptor, { bigint: true });
    const { size } = opened;
    const identity = identityOf(opened);
    const isAnew = before !== undefined && (before.identity !== identity || before.bytes > Number(size));
    const from = before === undefined || isAnew ? 0 : before.bytes;
    const bytes = Buffer.alloc(Number(size) - from);
    const length = readSync(descriptor, bytes, 0, bytes.length, from);
    // Half a line waits for its other half.
    const end = bytes.subarray(0, length).lastIndexOf(NEWLINE) + 1;
    return { changes: { identity, bytes: from + end }, lines: end === 0 ? [] : bytes.toString('utf8', 0, end - 1).split('\n'), isAnew };
  } finally {
    closeSync(descriptor);
  }
}

// The number alone is used again at once.
function identityOf({ ino, birthtimeNs }: { ino: bigint; birthtimeNs: bigint }): string {
  return `${ino}:${birthtimeNs}`;
}

/** Carries out the changes of some lines, in their order. A line that is none of ours changes nothing. */
export function applyChanges<T extends { id: string }>(byId: Map<string, T>, lines: readonly string[], isRecord: (value: unknown) => value is T): void {
  for (const line of lines) {
    const change = parse(line);
    if (!isObject(change)) continue;
    const { put, drop } = change;
    if (isRecord(put)) byId.set(put.id, put);
    else if (typeof drop === 'string') byId.delete(drop);
  }
}

/** What makes the one list of the other, as lines; empty where nothing does. Records that are the same object are the same. */
export function changesBetween<T extends { id: string }>(before: ReadonlyMap<string, T>, after: readonly T[]): string {
  const kept = new Set(after.map(({ id }) => id));
  const dropped = [...before.keys()].filter((id) => !kept.has(id)).map((drop) => ({ drop }));
  const put = after.filter((record) => before.get(record.id) !== record).map((record) => ({ put: record }));
  return [...dropped, ...put].map((change) => `${JSON.stringify(change)}\n`).join('');
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** One write behind the end of a line, for its owner only; it has reached the disk when this returns. What a killed process left torn takes no other line with it. */
export function appendChanges(file: string, lines: string): void {
  const descriptor = openSync(file, 'a+', 0o600);
  try {
    const { size } = fstatSync(descriptor);
    const last = Buffer.alloc(1);
    const isTorn = size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE;
    const bytes = Buffer.from(isTorn ? `\n${lines}` : lines);
    const written = writeSync(descriptor, bytes);
    if (written < bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes could be written to ${file}`);
    fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** They are in the list by now. */
export function forgetChanges(file: string): void {
  rmSync(file, { force: true });
}
