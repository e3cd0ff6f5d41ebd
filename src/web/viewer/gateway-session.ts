// One tab's time with a desktop behind a gateway: its ticket, looks at the desktop's state, and when the connection may try.
// Requests are gateway-door.ts's, attempts connection.ts's, and the words notice.ts's.

import { retryDelayMs } from './backoff.ts';
import type { Connection } from './connection.ts';
import type { GatewayDoor } from './gateway-door.ts';
import { type DesktopState, nextLookMs, shownState } from './gateway-state.ts';
import type { ViewerState } from './state.ts';

/** What the session needs from outside; tests pass their own. */
export interface SessionSurroundings {
  door: GatewayDoor;
  connection: Connection;
  setTimer(action: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
  /** Milliseconds since 1970. */
  now(): number;
  /** The ticket was given away or refused, and is good for nothing any more. */
  onTicketUsed(): void;
  /** Called after every change and every look. `desktop` is what the latest answered look said. */
  onShow(state: ViewerState, desktop: DesktopState | undefined): void;
}

export interface GatewaySession {
  /** Begins, or begins again; without a ticket it relies on a session that this tab may have. */
  start(ticket: string | undefined): void;
  /** What the connection reports. */
  connectionIs(connected: boolean): void;
  /** Somebody ended it on purpose: nothing follows until `comeBack`. */
  kicked(): void;
  /** Begins again after that, when the person wants to. */
  comeBack(): void;
  /** Looks and tries at once, also after it was not allowed. Nothing once it was taken away or kicked. */
  hurry(): void;
  /** Connects anew, which wakes a desktop that is paused or stopped. */
  wake(): void;
  /** See GatewayDoor. The removal counts as put off until the next look, which follows at once. */
  keep(): Promise<boolean>;
  stop(): void;
}

/** A session that has not been started. */
export function createGatewaySession(around: SessionSurroundings): GatewaySession {
  let desktop: DesktopState | undefined;
  let stage: 'idle' | 'ticket' | 'looking' | 'not-allowed' | 'taken-away' | 'kicked' = 'idle';
  let tryNow: (() => void) | undefined; // Absent while the gateway wants to be left alone.
  let connecting = false;
  let connected = false;
  let everConnected = false;
  let silentLooks = 0;
  let stale = false; // The status is from before the connection was made, which may have woken the desktop.
  let timer: unknown;
  let round = 0; // Answers to what was asked in an earlier round are ignored.

  const shown = (): ViewerState => shownState({ connected, everConnected, status: stale ? undefined : desktop?.status, silentLooks });
  const show = (state = shown()): void => around.onShow(state, desktop);

  function newRound(): () => boolean {
    round += 1;
    if (timer !== undefined) around.clearTimer(timer);
    timer = undefined;
    const mine = round;
    return () => mine === round;
  }

  function after(delayMs: number, action: () => void): void {
    tryNow = action;
    timer = around.setTimer(action, delayMs);
  }

  function afterBusy(delayMs: number, action: () => void): void {
    tryNow = undefined;
    timer = around.setTimer(action, delayMs);
  }

  function end(state: 'not-allowed' | 'taken-away' | 'kicked'): void {
    newRound();
    stage = state;
    disconnect();
    show(state);
  }

  function disconnect(): void {
    connecting = false;
    connected = false;
    around.connection.stop();
  }

  async function exchange(ticket: string, failures: number): Promise<void> {
    const current = newRound();
    const answer = await around.door.exchange(ticket);
    if (!current()) return;
    switch (answer.is) {
      case 'busy':
        show('wait');
        return afterBusy(answer.retryMs, () => void exchange(ticket, failures));
      case 'silent':
        silentLooks = failures + 1;
        show();
        return after(retryDelayMs(silentLooks), () => void exchange(ticket, silentLooks));
      case 'ok':
      case 'denied':
        // A link that was opened a second time in the same tab: its session is still good, as a reload would find.
        around.onTicketUsed();
        silentLooks = 0;
        stage = 'looking';
        return look();
    }
  }

  async function look(): Promise<void> {
    const current = newRound();
    const answer = await around.door.look();
    if (!current()) return;
    switch (answer.is) {
      case 'denied':
        return end('not-allowed');
      case 'busy':
        if (!connected) {
          disconnect();
          show('wait');
        }
        return afterBusy(answer.retryMs, () => void look());
      case 'silent':
        silentLooks += 1;
        break;
      case 'ok': {
        const better = silentLooks > 0 || (answer.desktop.status === 'ready' && desktop?.status !== 'ready');
        desktop = answer.desktop;
        silentLooks = 0;
        stale = false;
        if (desktop.status === 'gone') return end('taken-away');
        if (!connecting) {
          connecting = true;
          around.connection.start(undefined);
        } else if (better) around.connection.hurry();
        break;
      }
    }
    const state = shown();
    show(state);
    after(nextLookMs(state, desktop?.removeAtMs === undefined ? undefined : desktop.removeAtMs - around.now()), () => void look());
  }

  function start(ticket: string | undefined): void {
    disconnect();
    desktop = undefined;
    everConnected = false;
    silentLooks = 0;
    stale = false;
    show();
    stage = ticket === undefined ? 'looking' : 'ticket';
    void (ticket === undefined ? look() : exchange(ticket, 0));
  }

  return {
    start,
    connectionIs(now) {
      if (stage !== 'looking' || now === connected) return;
      connected = now;
      if (now) everConnected = true;
      stale = true;
      show();
      void look();
    },
    kicked() {
      if (stage === 'looking') end('kicked');
    },
    comeBack() {
      if (stage === 'kicked') start(undefined);
    },
    hurry() {
      if (stage === 'not-allowed') return start(undefined);
      if (timer === undefined || (stage !== 'ticket' && stage !== 'looking')) return;
      tryNow?.();
      around.connection.hurry();
    },
    wake() {
      if (stage !== 'looking') return;
      connected = false;
      stale = true;
      show();
      around.connection.start(undefined);
    },
    async keep() {
      const kept = await around.door.keep();
      if (stage !== 'looking') return kept;
      if (kept && desktop) {
        const { removeAtMs: _putOff, ...others } = desktop;
        desktop = others;
        show();
      }
      void look();
      return kept;
    },
    stop() {
      newRound();
      stage = 'idle';
      disconnect();
    },
  };
}
