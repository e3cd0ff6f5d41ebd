// The states a viewer can be in, and which one an ended connection leads to. Pure.

/** What the person is told; `document.documentElement.dataset.state` always holds one of these. */
export const VIEWER_STATES = [
  'no-key',
  'connecting',
  'starting',
  'connected',
  'reconnecting',
  'gone',
  'wrong-key',
  // These a gateway alone can tell.
  'paused',
  'waking',
  'stopped',
  'no-room',
  'no-view-only',
  'taken-away',
  'not-allowed',
  'kicked',
  'wait',
  'unreachable',
] as const;
export type ViewerState = (typeof VIEWER_STATES)[number];

/** Attempts in a row that fail before the desktop is called gone; with the delays of backoff.ts about 25 seconds. */
export const ATTEMPTS_UNTIL_GONE = 8;

/** What is known when a connection ends. `reachable`: the page's own server still answers HTTP. */
export interface Ending {
  failures: number;
  everConnected: boolean;
  refusedKey: boolean;
  reachable: boolean;
}

/**
 * The state to show while the next attempt is awaited. A refused key ends the attempts; a desktop that is
 * gone is still tried, slowly, because somebody may start it again.
 */
export function stateAfter(ending: Ending): ViewerState {
  if (ending.refusedKey) return 'wrong-key';
  if (ending.failures >= ATTEMPTS_UNTIL_GONE && !ending.reachable) return 'gone';
  if (ending.everConnected) return 'reconnecting';
  return ending.reachable ? 'starting' : 'connecting';
}
