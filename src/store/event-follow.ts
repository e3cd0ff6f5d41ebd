// Following the journal across its change of files: yields each line once, whoever appends it. The files are held open, so that
// a renamed one is known again and its late lines are still read.
import { closeSync, fstatSync, openSync, readSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { LifeEvent } from '../core/journal.ts';
import { parseEvent } from './event-lines.ts';

/** Calls back when something in a folder changes, until it is closed. Throws when the folder can't be watched. */
export type WatchFolder = (folder: string, onChange: () => void) => { close(): void };

export interface FollowOptions {
  signal: AbortSignal;
  clock: Clock;
  watch: WatchFolder;
}

// For file systems that tell of no changes, and folders that are not there yet.
const LOOK_AGAIN_MS = 2_000;

interface HeldFile {
  descriptor: number;
  dev: bigint;
  ino: bigint;
  /** Where the next line begins. */
  offset: number;
}

/** The events that are appended to `files` (older ones first, the last is written to) from this call on, until the signal aborts. */
export function followFiles(files: readonly string[], { signal, clock, watch: watchChanges }: FollowOptions): AsyncIterable<LifeEvent> {
  let held = signal.aborted ? [] : openAll(files, [], true);
  const close = (): void => {
    for (const { descriptor } of held) closeSync(descriptor);
    held = [];
  };
  signal.addEventListener('abort', close, { once: true });
  const look = (): LifeEvent[] => {
    const before = held;
    const lines = before.flatMap(readLines);
    held = openAll(files, before, false);
    // Once more: what was written to one of them before a newer file took its place stands before all lines of that one.
    lines.push(...before.flatMap(readLines));
    for (const gone of before) if (!held.includes(gone)) closeSync(gone.descriptor);
    lines.push(...held.filter((file) => !before.includes(file)).flatMap(readLines));
    return lines.flatMap((line) => parseEvent(line) ?? []);
  };
  return { [Symbol.asyncIterator]: () => events(files, look, close, { signal, clock, watch: watchChanges }) };
}

async function* events(files: readonly string[], look: () => LifeEvent[], close: () => void, { signal, clock, watch: watchChanges }: FollowOptions): AsyncGenerator<LifeEvent, void> {
  const changes = createBell();
  const folder = dirname(files[0] ?? '');
  let watcher: ReturnType<WatchFolder> | undefined;
  try {
    while (!signal.aborted) {
      watcher ??= tryTo(() => watchChanges(folder, changes.ring));
      for (const event of look()) {
        yield event;
        if (signal.aborted) return;
      }
      await changes.wait(clock, signal);
    }
  } finally {
    watcher?.close();
    close();
  }
}

/** The real one. */
export const watchFolder: WatchFolder = (folder, onChange) => {
  const watcher = watch(folder, { persistent: false }, onChange);
  // Looking again by time is enough.
  watcher.on('error', () => {});
  return watcher;
};

/** What rings while nobody waits is heard by the next who does. */
function createBell(): { ring(): void; wait(clock: Clock, signal: AbortSignal): Promise<void> } {
  let rung = false;
  let wake = (): void => {};
  return {
    ring() {
      rung = true;
      wake();
    },
    async wait(clock, signal) {
      const over = new AbortController();
      wake = () => over.abort();
      signal.addEventListener('abort', wake, { once: true });
      if (!rung && !signal.aborted) await clock.sleep(LOOK_AGAIN_MS, over.signal).catch(() => {});
      signal.removeEventListener('abort', wake);
      rung = false;
    },
  };
}

/** The files that are there, held open, in the given order: those that were held already keep their place, others begin at their start, or at their end. */
function openAll(files: readonly string[], before: readonly HeldFile[], atEnd: boolean): HeldFile[] {
  const found: HeldFile[] = [];
  // The one that is written to first: in the meantime it may take the name of the other, but never the other way round.
  for (const file of files.toReversed()) {
    const opened = tryTo(() => open(file, atEnd));
    if (!opened) continue;
    // A number can't come again while its file is held open.
    const known = [...before, ...found].find(({ dev, ino }) => dev === opened.dev && ino === opened.ino);
    if (known) closeSync(opened.descriptor);
    if (!known || !found.includes(known)) found.unshift(known ?? opened);
  }
  return found;
}

function open(file: string, atEnd: boolean): HeldFile {
  const descriptor = openSync(file, 'r');
  const { dev, ino, size } = fstatSync(descriptor, { bigint: true });
  return { descriptor, dev, ino, offset: atEnd ? Number(size) : 0 };
}

/** Whole lines behind the offset, which moves behind them. */
function readLines(file: HeldFile): string[] {
  const size = Number(fstatSync(file.descriptor, { bigint: true }).size);
  // Somebody emptied it.
  if (size < file.offset) file.offset = 0;
  const bytes = Buffer.alloc(size - file.offset);
  const length = readSync(file.descriptor, bytes, 0, bytes.length, file.offset);
  const end = bytes.subarray(0, length).lastIndexOf(0x0a) + 1;
  file.offset += end;
  return end === 0 ? [] : bytes.toString('utf8', 0, end - 1).split('\n');
}

function tryTo<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
