// One desktop's connection over time: attempts, their delays, and the state that follows from each.
// Knows noVNC only through `connect`; the page's looks belong to main.ts.

import { retryDelayMs } from './backoff.ts';
import { stateAfter, type ViewerState } from './state.ts';

/** Reports of one attempt; after `ended` nothing more comes. */
export interface AttemptEvents {
  connected(): void;
  /** The server wants a password and the attempt had none. */
  keyRequired(): void;
  refused(): void;
  /** Somebody ended it on purpose: no other attempt follows until it is started again. */
  kicked(): void;
  ended(): void;
}

/** What the connection needs from outside; tests pass their own. */
export interface ConnectionSurroundings {
  /** Starts an attempt with the present key and returns what ends it. */
  connect(key: string | undefined, events: AttemptEvents): { close(): void };
  /** Whether the server of the page still answers for this desktop. Never rejects. */
  reachable(): Promise<boolean>;
  setTimer(action: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
  onState(state: ViewerState): void;
}

export interface Connection {
  /** Begins, or begins again with another key. */
  start(key: string | undefined): void;
  /** Tries at once where an attempt is being waited for; otherwise nothing. */
  hurry(): void;
  stop(): void;
}

/** A connection that has not been started. */
export function createConnection(around: ConnectionSurroundings): Connection {
  let key: string | undefined;
  let failures = 0;
  let everConnected = false;
  let timer: unknown;
  let attempt: { close(): void } | undefined;
  let round = 0; // Reports of an attempt that was given up carry an old number and are ignored.

  function stop(): void {
    round += 1;
    if (timer !== undefined) around.clearTimer(timer);
    timer = undefined;
    const old = attempt;
    attempt = undefined;
    old?.close();
  }

  function tryNow(): void {
    stop();
    const mine = round;
    const current = () => mine === round;
    let refusedKey = false;
    attempt = around.connect(key, {
      connected: () => {
        if (!current()) return;
        failures = 0;
        everConnected = true;
        around.onState('connected');
      },
      keyRequired: () => {
        if (!current()) return;
        stop();
        around.onState('no-key');
      },
      refused: () => {
        refusedKey = true;
      },
      kicked: () => {
        if (!current()) return;
        stop();
        around.onState('kicked');
      },
      ended: () => {
        if (current()) void ended(refusedKey, mine);
      },
    });
  }

  async function ended(refusedKey: boolean, mine: number): Promise<void> {
    attempt = undefined;
    failures += 1;
    if (!refusedKey) {
      timer = around.setTimer(tryNow, retryDelayMs(failures));
      if (everConnected && failures === 1) around.onState('reconnecting');
    }
    const reachable = refusedKey || (await around.reachable());
    // The next attempt may have begun, or even succeeded, while the server was asked.
    if (mine === round) around.onState(stateAfter({ failures, everConnected, refusedKey, reachable }));
  }

  return {
    start(newKey) {
      key = newKey;
      failures = 0;
      everConnected = false;
      around.onState('connecting');
      tryNow();
    },
    hurry() {
      if (timer !== undefined) tryNow();
    },
    stop,
  };
}
