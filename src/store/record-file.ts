// A list of records in a file of its own, changed only under its lock by any number of processes, and read without it. What a
// record is, and which are over, is whose they are: ticket-file.ts, token-file.ts.
import { rename } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { VncctlError } from '../errors.ts';
import { withFileFailures } from './file-failure.ts';
import { jsonFileWriter, readJsonFile } from './json-file.ts';
import { type HeldLock, lockFileOf, withLock } from './lock.ts';

export interface RecordFileOptions {
  file: string;
  now: () => Date;
  /** Gets one line when a file was set aside. */
  warn: (message: string) => void;
  /** How long an update waits for others; 20 s when absent. */
  lockWaitMs?: number;
}

/** What the records of a file are. */
export interface RecordKind<T> {
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

const ATTEMPTS = 5;

/** Records in `file`, which is made by the first change, for its owner only. */
export function createRecordFile<T>({ file, now, warn, lockWaitMs }: RecordFileOptions, { name, isRecord, stillGood, loss }: RecordKind<T>): RecordFile<T> {
  let queue: Promise<unknown> = Promise.resolve();
  let known: { version: string; records: readonly T[] } | undefined;
  const recordsIn = (values: Readonly<Record<string, unknown>>): T[] => (Array.isArray(values[name]) ? values[name].filter(isRecord) : []);

  const changeOnce = async <R>(change: (records: readonly T[]) => { records?: readonly T[] | undefined; result: R }, lock: HeldLock): Promise<{ result: R } | undefined> => {
    const content = readJsonFile(file);
    if (content.kind === 'corrupt') {
      const aside = `${file}.corrupt-${now().toISOString().replaceAll(':', '-')}`;
      await rename(file, aside);
      warn(`${file} could not be read (${content.why}); set aside as ${aside}: ${loss}`);
    }
    const { records, result } = change(content.kind === 'object' ? recordsIn(content.values) : []);
    if (records === undefined) return { result };
    const write = await jsonFileWriter(file);
    if (!lock.isStillOurs()) return undefined;
    write({ [name]: [...stillGood(records, now())] });
    return { result };
  };

  return {
    read: () =>
      withFileFailures(`read ${file}`, async () => {
        // Asked for with each request: read only when it was written. Each writing makes a new file of it.
        const version = versionOf(file);
        if (version === undefined) return [];
        if (known?.version === version) return known.records;
        const content = readJsonFile(file);
        const records = content.kind === 'object' ? recordsIn(content.values) : [];
        known = { version, records };
        return records;
      }),

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

function versionOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found && `${found.ino}:${found.mtimeNs}:${found.size}`;
}

/** Whether a value is a moment as records hold it. */
export function isTime(value: unknown): value is string {
  return typeof value === 'string' && Number.isFinite(Date.parse(value));
}

/** Whether a value is the SHA-256 of something, hexadecimal. */
export function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
