// A store in memory. Updates queue up one behind another as they do behind the real one's lock; several "processes" of a
// test share it by being given the same object.
import { EMPTY_STATE, type Store, type StoreState } from '../../src/core/store.ts';

export interface FakeStore extends Store {
  /** What is stored now. */
  readonly state: StoreState;
  /** Puts a state there, as if an earlier command had left it. */
  put(state: Partial<StoreState>): void;
  /** Forgets everything, as if the file had been deleted. */
  lose(): void;
  /** Takes the lock from a process that was killed with it; what that one was about to write is never written. */
  breakLock(): void;
  /** Called at the start of each update, inside the lock. Throwing fails the update; hanging keeps the lock. */
  beforeUpdate: ((state: StoreState) => void | Promise<void>) | undefined;
}

/** Starts empty. */
export function createFakeStore(): FakeStore {
  let state: StoreState = EMPTY_STATE;
  let last: Promise<unknown> = Promise.resolve();
  const store: FakeStore = {
    beforeUpdate: undefined,
    get state() {
      return state;
    },
    put(part) {
      state = structuredClone({ ...state, ...part });
    },
    lose() {
      state = EMPTY_STATE;
    },
    breakLock() {
      last = Promise.resolve();
    },
    async read() {
      return structuredClone(state);
    },
    update(change) {
      const turn = last.then(async () => {
        await store.beforeUpdate?.(state);
        const answer = await change(structuredClone(state));
        if (answer.state) state = structuredClone(answer.state);
        return answer.result;
      });
      last = turn.catch(() => {});
      return turn;
    },
  };
  return store;
}
