// A list of records in a file of its own, changed only under its lock by any number of processes, and read without it. A change is
// appended to a file beside it (record-changes.ts); the list itself is written whole only now and then. What a record is, and
// which are over, is whose they are: ticket-file.ts, token-file.ts.
import { rename } from 'node:fs/promises';
import { VncctlError } from '../errors.ts';
import { withFileFailures } from './file-failure.ts';
import { jsonFileWriter, readJsonFile } from './json-file.ts';
import { type HeldLock, lockFileOf, withLock } from './lock.ts';
import { appendChanges, applyChanges, changesBetween, changesFileOf, forgetChanges, type ReadUpTo, readChanges, versionOf } from './record-changes.ts';

export interface RecordFileOptions {
  file: string;
  now: () => Date;
  /** Gets one line when a file was set aside. */
  warn: (message: string) => void;
  /** How long an update waits for others; 20 s when absent. */
  lockWaitMs?: number;
}

/** What the records of a file are. */
export interface RecordKind<T extends { id: string }> {
  /** The name of the list in the file. */
  name: string;
  /** Whether a value is one: what isn't is left out. */
  isRecord: (value: unknown) => value is T;
  /** Those that are still good for anything: the others leave the file with the next change. */
  stillGood: (records: readonly T[], now: Date) => readonly T[];
  /** What the loss of a corrupt file means, to complete its warning. */
  loss: string;
}

export interface RecordFile<T> {
  /** The present records; none when nothing was stored. Never waits for the lock. */
  read(): Promise<readonly T[]>;
  /** Reads, changes and writes under the cross-process lock; STORE_LOCKED when it can't be had in time. Returning no records writes nothing. */
  update<R>(change: (records: readonly T[]) => { records?: readonly T[] | undefined; result: R }): Promise<R>;
}

/** What was read, and of which files. */
interface Known<T> {
  version: string | undefined;
  isCorrupt: boolean;
  /** Of the list alone. */
  bytes: number;
  byId: Map<string, T>;
  records: readonly T[];
  changes: ReadUpTo;
}

const ATTEMPTS = 5;
/** Changes are appended until they take more than the list, and at least so much. */
const MOST_CHANGES_BYTES = 32 * 1024;

/** Records in `file`, which is made by the first change, for its owner only. */
export function createRecordFile<T extends { id: string }>({ file, now, warn, lockWaitMs }: RecordFileOptions, { name, isRecord, stillGood, loss }: RecordKind<T>): RecordFile<T> {
  let queue: Promise<unknown> = Promise.resolve();
  let known: Known<T> | undefined;

  const readList = (version: string | undefined): Known<T> => {
    const content = readJsonFile(file);
    const values = content.kind === 'object' ? content.values[name] : undefined;
    const records = Array.isArray(values) ? values.filter(isRecord) : [];
    return { version, isCorrupt: content.kind === 'corrupt', bytes: Number(version?.split(':')[2] ?? 0), byId: new Map(records.map((record) => [record.id, record])), records, changes: undefined };
  };

  /** Asked for with each request: reads the list only when it was written anew, and of the changes those that came since. */
  const look = (): Known<T> => {
    for (let attempt = 0; ; attempt++) {
      const version = versionOf(file);
      // Each writing makes a new file of it.
      if (known === undefined || known.version !== version) known = readList(version);
      const { changes, lines, isAnew } = readChanges(changesFileOf(file), known.changes);
      // What was read of changes that are gone may be in the list by now, or not: it is read with them anew.
      if (isAnew) known = { ...readList(version), changes };
      if (lines.length > 0) {
        applyChanges(known.byId, lines, isRecord);
        known.records = [...known.byId.values()];
      }
      known.changes = changes;
      // The list is put in place before its changes go: a list that is still the same was read with all of them.
      if (versionOf(file) === version || attempt >= ATTEMPTS) return known;
    }
  };

  const changeOnce = async <R>(change: (records: readonly T[]) => { records?: readonly T[] | undefined; result: R }, lock: HeldLock): Promise<{ result: R } | undefined> => {
    const present = look();
    if (present.isCorrupt) await setAside();
    const { records, result } = change(present.records);
    if (records === undefined) return { result };
    const next = stillGood(records, now());
    const changes = changesBetween(present.byId, next);
    if (changes === '') return { result };
    const isLong = (present.changes?.bytes ?? 0) + changes.length > Math.max(MOST_CHANGES_BYTES, present.bytes);
    const isWhole = isLong || present.version === undefined || present.isCorrupt;
    const write = isWhole ? await jsonFileWriter(file) : undefined;
    if (!lock.isStillOurs()) return undefined;
    appendChanges(changesFileOf(file), changes);
    if (write) {
      write({ [name]: [...next] });
      forgetChanges(changesFileOf(file));
    }
    return { result };
  };

  const setAside = async (): Promise<void> => {
    const content = readJsonFile(file);
    if (content.kind !== 'corrupt') return;
    const aside = `${file}.corrupt-${now().toISOString().replaceAll(':', '-')}`;
    await rename(file, aside);
    warn(`${file} could not be read (${content.why}); set aside as ${aside}: ${loss}`);
  };

  return {
    read: () => withFileFailures(`read ${file}`, async () => look().records),

    update(change) {
      const turn = queue.then(async () => {
        for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
          const done = await withFileFailures(`change ${file}`, () => withLock(file, (lock) => changeOnce(change, lock), lockWaitMs));
          if (done) return done.result;
        }
        throw new VncctlError('STORE_LOCKED', `the lock of ${file} was lost ${ATTEMPTS} times while changing it`, {
          hint: `is the machine overloaded, or ${lockFileOf(file)} on a drive that forgets? try again`,
        });
      });
      // Own updates wait for each other here rather than by polling the lock.
      queue = turn.catch(() => {});
      return turn;
    },
  };
}

/** Whether a value is a moment as records hold it. */
export function isTime(value: unknown): value is string {
  return typeof value === 'string' && Number.isFinite(Date.parse(value));
}

/** Whether a value is the SHA-256 of something, hexadecimal. */
export function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
