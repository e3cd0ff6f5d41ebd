// The store in a file: one JSON file for each instance, changed only under a cross-process lock. A file that can't be read as
// JSON is set aside, never overwritten.
import { rename } from 'node:fs/promises';
import { NEW_STATE, type Store, type StoreState } from '../core/store.ts';
import { isVncctlError, VncctlError } from '../errors.ts';
import { withFileFailures } from './file-failure.ts';
import { type JsonFileContent, jsonFileWriter, readJsonFile } from './json-file.ts';
import { type HeldLock, lockFileOf, withLock } from './lock.ts';
import { checkState } from './state-shape.ts';

/** What a store needs from outside. `warn` gets one line for each thing that was set aside or dropped. */
export interface FileStoreOptions {
  file: string;
  warn: (message: string) => void;
  now: () => Date;
  /** How long an update waits for others; 20 s when absent. */
  lockWaitMs?: number;
}

type Change<T> = (state: StoreState) => Promise<{ state?: StoreState; result: T }> | { state?: StoreState; result: T };

const ATTEMPTS = 5;

/** A store over `file`; the file and its folder are made by the first change. */
export function createFileStore({ file, warn, now, lockWaitMs }: FileStoreOptions): Store {
  let queue: Promise<unknown> = Promise.resolve();

  const load = (content: JsonFileContent): StoreState => (content.kind === 'object' ? checkState(content.values, warn) : NEW_STATE);

  const setAside = async (why: string): Promise<void> => {
    const aside = `${file}.corrupt-${now().toISOString().replaceAll(':', '-')}`;
    await rename(file, aside);
    warn(`${file} could not be read (${why}); set aside as ${aside}, starting from what the engine knows`);
  };

  const loadUnderLock = async (): Promise<StoreState> => {
    const content = readJsonFile(file);
    if (content.kind === 'corrupt') await setAside(content.why);
    return load(content);
  };

  const changeOnce = async <T>(change: Change<T>, lock: HeldLock): Promise<{ result: T } | undefined> => {
    const { naming, ...before } = await loadUnderLock();
    const { state, result } = await change(before);
    if (state === undefined) return { result };
    const write = await jsonFileWriter(file);
    if (!lock.isStillOurs()) return undefined;
    write({ ...state, ...(naming === undefined ? {} : { naming }) });
    return { result };
  };

  return {
    read: () =>
      withFileFailures(`read ${file}`, async () => {
        const content = readJsonFile(file);
        if (content.kind !== 'corrupt') return load(content);
        try {
          return await withLock(file, loadUnderLock, 0);
        } catch (error) {
          if (!isVncctlError(error, 'STORE_LOCKED')) throw error;
          // Whoever holds the lock sets it aside; a reader doesn't wait for that.
          warn(`${file} could not be read (${content.why}); going by what the engine knows`);
          return NEW_STATE;
        }
      }),

    update<T>(change: Change<T>): Promise<T> {
      const turn = queue.then(async () => {
        for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
          const done = await withFileFailures(`change ${file}`, () =>
            withLock(file, (lock) => changeOnce(change, lock), lockWaitMs),
          );
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
