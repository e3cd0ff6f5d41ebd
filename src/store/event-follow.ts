// Following the journal across its change of files: yields each line once, whoever appends it. The files are held open
// (held-files.ts), so that a renamed one is known again and its late lines are still read.
import { watch } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import type { LifeEvent } from '../core/journal.ts';
import { parseEvent } from './event-lines.ts';
import { closeAll, type HeldFile, openAll, readPiece } from './held-files.ts';

/** Calls back when something in a folder changes, until it is closed. Throws when the folder can't be watched. */
export type WatchFolder = (folder: string, onChange: () => void) => { close(): void };

export interface FollowOptions {
  signal: AbortSignal;
  clock: Clock;
  watch: WatchFolder;
}

// For file systems that tell of no changes, and folders that are not there yet.
const LOOK_AGAIN_MS = 2_000;

/** The events that are appended to `files` (older ones first, the last is written to) from this call on, until the signal aborts. */
export function followFiles(files: readonly string[], { signal, clock, watch: watchChanges }: FollowOptions): AsyncIterable<LifeEvent> {
  let held = signal.aborted ? [] : (tryTo(() => openAll(files, [], true)) ?? []);
  const close = (): void => {
    closeAll(held);
    held = [];
  };
  signal.addEventListener('abort', close, { once: true });
  const look = function* (): Generator<string[], void> {
    const before = held;
    // Nobody asks for the next piece once the signal has aborted, and closed them.
    for (const file of before) yield* pieces(file);
    // Those that can't be opened for a moment are looked for again later.
    held = tryTo(() => openAll(files, before, false)) ?? before;
    const now = held;
    const gone = before.filter((file) => !now.includes(file));
    try {
      // Once more: what was written to one of them before a newer file took its place stands before all lines of that one.
      for (const file of before) yield* pieces(file);
    } finally {
      closeAll(gone);
    }
    for (const file of now) if (!before.includes(file)) yield* pieces(file);
  };
  return { [Symbol.asyncIterator]: () => events(files, look, close, { signal, clock, watch: watchChanges }) };
}

async function* events(files: readonly string[], look: () => Iterable<string[]>, close: () => void, { signal, clock, watch: watchChanges }: FollowOptions): AsyncGenerator<LifeEvent, void> {
  const changes = createBell();
  const folder = dirname(files[0] ?? '');
  let watcher: ReturnType<WatchFolder> | undefined;
  try {
    while (!signal.aborted) {
      watcher ??= tryTo(() => watchChanges(folder, changes.ring));
      for (const lines of look()) {
        for (const line of lines) {
          const event = parseEvent(line);
          if (event) yield event;
          if (signal.aborted) return;
        }
        await setImmediate();
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

/** Whole lines behind what was read, a piece at a time. */
function* pieces(file: HeldFile): Generator<string[], void> {
  for (let isMore = true; isMore; ) {
    const piece = readPiece(file);
    isMore = piece.isMore;
    if (piece.lines.length > 0) yield piece.lines;
  }
}

function tryTo<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
