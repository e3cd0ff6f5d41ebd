// What a gateway says about a desktop, and what the person is told because of it. Pure.

import type { ViewerState } from './state.ts';

const STATUSES = ['starting', 'ready', 'paused', 'waking', 'stopped', 'no-room', 'no-view-only', 'gone'] as const;
/** How the gateway calls what a desktop is doing. */
export type DesktopStatus = (typeof STATUSES)[number];

/** A desktop as the gateway tells it. */
export interface DesktopState {
  status: DesktopStatus;
  /** When it will be removed, in milliseconds of this browser's clock; absent when nothing is planned. */
  removeAtMs?: number;
  /** Why it was removed, in the gateway's words. */
  reason?: string;
  /** Whether the removal can be put off by asking for it. */
  canKeep: boolean;
  viewOnly: boolean;
  /** How long each step of its start took, in the order of the steps. */
  phaseMs: readonly (readonly [name: string, ms: number])[];
}

/** Server clocks that differ by less are taken as the browser's own: the Date header counts whole seconds. */
const SAME_CLOCK_MS = 2500;

/**
 * Reads the gateway's JSON; undefined when it is something else, such as a proxy's page. `serverDate` is the Date header of the
 * answer and `nowMs` the time here: the browser's clock may be wrong.
 */
export function parseDesktopState(body: unknown, serverDate: string | null, nowMs: number): DesktopState | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const fields = body as Readonly<Record<string, unknown>>;
  const status = STATUSES.find((known) => known === fields['status']);
  if (status === undefined) return undefined;
  const removeAtMs = typeof fields['removeAt'] === 'string' ? Date.parse(fields['removeAt']) : Number.NaN;
  const ahead = nowMs - Date.parse(serverDate ?? '');
  const reason = fields['reason'];
  const phases = fields['phaseMs'];
  return {
    status,
    ...(Number.isFinite(removeAtMs) ? { removeAtMs: removeAtMs + (Math.abs(ahead) > SAME_CLOCK_MS ? ahead : 0) } : {}),
    ...(typeof reason === 'string' && reason !== '' ? { reason } : {}),
    canKeep: fields['canKeep'] !== false,
    viewOnly: fields['viewOnly'] === true,
    phaseMs: typeof phases === 'object' && phases !== null ? Object.entries(phases).filter((phase): phase is [string, number] => typeof phase[1] === 'number') : [],
  };
}

/** Looks in a row without an answer before the person is told that there is none; about five seconds. */
export const LOOKS_UNTIL_UNREACHABLE = 5;

/** What is known of a desktop behind a gateway that still answers for it, or is expected to. */
export interface GatewayView {
  connected: boolean;
  everConnected: boolean;
  /** By the latest look that was answered. */
  status: DesktopStatus | undefined;
  /** Looks in a row that were not answered. */
  silentLooks: number;
}

/** The state to show. A picture that is there stays to be seen, unless the desktop behind it does not run. */
export function shownState({ connected, everConnected, status, silentLooks }: GatewayView): ViewerState {
  if (silentLooks === 0 && status !== undefined) {
    switch (status) {
      case 'gone':
        return 'taken-away';
      case 'paused':
      case 'waking':
      case 'stopped':
      case 'no-room':
      case 'no-view-only':
        return status;
      case 'starting':
        if (!connected) return 'starting';
        break;
      case 'ready':
        break;
    }
  }
  if (connected) return 'connected';
  if (silentLooks >= LOOKS_UNTIL_UNREACHABLE) return 'unreachable';
  return everConnected ? 'reconnecting' : 'connecting';
}

const LOOK_EVERY_MS = 1000;
// What happens to a desktop that comes takes less than a second, and is worth telling.
const LOOK_EVERY_COMING_MS = 250;
const COMING: readonly ViewerState[] = ['starting', 'paused', 'waking', 'stopped'];
const LOOK_EVERY_CONNECTED_MS = 20_000;

/** When to look again, in milliseconds: often while the desktop comes, seldom while all is well, and at the moment when a removal is due. */
export function nextLookMs(state: ViewerState, leftMs: number | undefined): number {
  if (COMING.includes(state)) return LOOK_EVERY_COMING_MS;
  if (state !== 'connected') return LOOK_EVERY_MS;
  return Math.max(LOOK_EVERY_MS, Math.min(LOOK_EVERY_CONNECTED_MS, leftMs ?? LOOK_EVERY_CONNECTED_MS));
}
