// A bell that wakes whoever waits: rung any number of times before somebody waits, it counts once.

export interface Bell {
  ring(): void;
  /** Resolves at the next ring, at once when it was rung since the last wait; with the signal's abort too. */
  wait(signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    wait: (signal) =>
      new Promise((resolve) => {
        const end = (): void => {
          signal.removeEventListener('abort', end);
          wake = undefined;
          rung = false;
          resolve();
        };
        if (rung || signal.aborted) return end();
        wake = end;
        signal.addEventListener('abort', end, { once: true });
      }),
  };
}
