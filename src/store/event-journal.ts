// The journal of life events as a file of JSON lines, for several processes at once. A file is appended to in single writes
// without any lock; turning to a new file is done by one process under a lock, so that no line is lost. Reading is
// event-index.ts, following event-follow.ts.
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { Journal, LifeEvent } from '../core/journal.ts';
import { isVncctlError } from '../errors.ts';
import { followFiles, type WatchFolder, watchFolder } from './event-follow.ts';
import { createEventIndex } from './event-index.ts';
import { parseEvent, spellEvent } from './event-lines.ts';
import { withFileFailures } from './file-failure.ts';
import { withLock } from './lock.ts';

export interface EventJournalOptions {
  file: string;
  clock: Clock;
  /** Gets one line when events can't be kept; the next after a success. */
  warn: (message: string) => void;
  /** Half of what both files take at most; 4 MiB when absent. */
  maxBytes?: number;
  /** Told of changes by the system; `follow` also looks by itself. */
  watch?: WatchFolder;
}

const MAX_BYTES = 4 * 1024 ** 2;
const KEPT_MS = 7 * 24 * 3600_000;
// More than any line takes.
const LINE_BYTES = 4096;

/** A journal in `file` and the older one beside it (`events.jsonl`, `events.1.jsonl`), both made by the first event, readable by their owner only. */
export function createEventJournal({ file, clock, warn, maxBytes = MAX_BYTES, watch = watchFolder }: EventJournalOptions): Journal {
  const older = file.replace(/(\.[^./]*)?$/, '.1$1');
  let queue: Promise<unknown> = Promise.resolve();
  const index = createEventIndex([older, file]);
  let told = false;

  const isTooOld = (event: LifeEvent | undefined): boolean => event !== undefined && clock.now().getTime() - Date.parse(event.at) > KEPT_MS;

  const isDue = (): boolean => {
    const found = endsOf(file);
    return found !== undefined && (found.size > maxBytes || isTooOld(found.first));
  };

  const turnOver = async (): Promise<void> => {
    if (isTooOld(endsOf(older)?.last)) remove(older);
    if (!isDue()) return;
    try {
      await withLock(
        file,
        async (lock) => {
          // Somebody else may have done it between the look and the lock.
          if (isDue() && lock.isStillOurs()) renameSync(file, older);
        },
        0,
      );
    } catch (error) {
      // Whoever holds the lock is doing it.
      if (!isVncctlError(error, 'STORE_LOCKED')) throw error;
    }
  };

  const keep = async (events: readonly LifeEvent[]): Promise<void> => {
    try {
      await turnOver();
      appendLines(file, events.map(spellEvent).join(''));
      told = false;
    } catch (error) {
      if (!told) warn(`what happens is not kept in ${file}: ${(error as Error).message}`);
      told = true;
    }
  };

  return {
    append(events) {
      if (events.length === 0) return Promise.resolve();
      const turn = queue.then(() => keep(events));
      queue = turn;
      return turn;
    },
    read: (filter = {}) => withFileFailures(`read ${file}`, () => index.read(filter, clock.now().getTime() - KEPT_MS)),
    follow: (signal) => followFiles([older, file], { signal, clock, watch }),
  };
}

/** One write, behind the end of a line: what a killed process left torn must not take the next line with it. */
function appendLines(file: string, text: string): void {
  const descriptor = openToAppend(file);
  try {
    const { size } = fstatSync(descriptor);
    const last = Buffer.alloc(1);
    const torn = size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last.toString() !== '\n';
    const bytes = Buffer.from(torn ? `\n${text}` : text);
    const written = writeSync(descriptor, bytes);
    if (written < bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes could be written`);
  } finally {
    closeSync(descriptor);
  }
}

// The folder is made when it turns out to be missing: asking for it each time cost more than the write.
function openToAppend(file: string): number {
  try {
    return openSync(file, 'a+', 0o600);
  } catch (error) {
    if (!isMissing(error)) throw error;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return openSync(file, 'a+', 0o600);
  }
}

/** Size, first and last line; undefined when there is no file. */
function endsOf(file: string): { size: number; first: LifeEvent | undefined; last: LifeEvent | undefined } | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(descriptor);
    const piece = (from: number): string[] => {
      const bytes = Buffer.alloc(Math.min(LINE_BYTES, size));
      return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, from)).trimEnd().split('\n');
    };
    return { size, first: parseEvent(piece(0)[0] ?? ''), last: parseEvent(piece(Math.max(0, size - LINE_BYTES)).at(-1) ?? '') };
  } finally {
    closeSync(descriptor);
  }
}

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}
