// Who waits for a desktop of their own now, whichever door of the daemon they came by: the machine is theirs first.

export interface Waiting {
  /** Whether anybody does. */
  isAnybody(): boolean;
  /** Counts somebody for as long as `work` takes to give them theirs. */
  during<T>(work: () => Promise<T>): Promise<T>;
}

/** Nobody waits yet. */
export function createWaiting(): Waiting {
  let count = 0;
  return {
    isAnybody: () => count > 0,
    async during(work) {
      count++;
      try {
        return await work();
      } finally {
        count--;
      }
    },
  };
}
