// How often a stranger may try tickets: so many in a minute, for each address and desktop. What is remembered is bounded, and no
// address makes the others' tries forgotten.
import { ownerOf } from '../core/address-owner.ts';
import type { Clock } from '../core/clock.ts';
import type { DesktopId } from '../core/store.ts';

/** Counts tries that failed. One that is taken is to be followed by how it went. */
export interface Attempts {
  /** Returns after how many seconds a try is taken, or undefined when this one is. */
  take(address: string, desktopId: DesktopId): number | undefined;
  /** It was a guess. */
  miss(address: string, desktopId: DesktopId): void;
  /** It was none, and doesn't count. */
  forgive(address: string, desktopId: DesktopId): void;
}

interface Window {
  owner: string;
  endsAtMs: number;
  missed: number;
  /** Taken, and not yet told how they went. */
  open: number;
}

const IN_A_WINDOW = 10;
// A whole class opens one link at the same moment, behind one address.
const OPEN_AT_ONCE = 100;
const WINDOW_MS = 60_000;
const MOST_WINDOWS = 4096;
// Of one address: links to so many desktops that open nothing are no class's mistake.
const MOST_OF_ADDRESS = 256;

/** Ten a minute. */
export function createAttempts(clock: Pick<Clock, 'monotonicMs'>): Attempts {
  // In the order in which they end.
  const windows = new Map<string, Window>();
  const held = new Map<string, number>();
  const forget = (key: string, { owner }: Window): void => {
    windows.delete(key);
    const left = (held.get(owner) ?? 0) - 1;
    if (left > 0) held.set(owner, left);
    else held.delete(owner);
  };
  const end = (address: string, desktopId: DesktopId, missed: number): void => {
    const key = keyOf(ownerOf(address), desktopId);
    const window = windows.get(key);
    if (!window || window.open === 0) return;
    window.open--;
    window.missed += missed;
    if (window.open === 0 && window.missed === 0) forget(key, window);
  };
  return {
    take(address, desktopId) {
      const nowMs = clock.monotonicMs();
      for (const [key, window] of windows) {
        if (window.endsAtMs > nowMs && windows.size < MOST_WINDOWS) break;
        forget(key, window);
      }
      const owner = ownerOf(address);
      const key = keyOf(owner, desktopId);
      const known = windows.get(key);
      if (!known && (held.get(owner) ?? 0) >= MOST_OF_ADDRESS) return Math.ceil(WINDOW_MS / 1000);
      const window = known ?? { owner, endsAtMs: nowMs + WINDOW_MS, missed: 0, open: 0 };
      if (!known) {
        windows.set(key, window);
        held.set(owner, (held.get(owner) ?? 0) + 1);
      }
      if (window.missed >= IN_A_WINDOW) return Math.max(1, Math.ceil((window.endsAtMs - nowMs) / 1000));
      if (window.open >= OPEN_AT_ONCE) return 1;
      window.open++;
      return undefined;
    },
    miss: (address, desktopId) => end(address, desktopId, 1),
    forgive: (address, desktopId) => end(address, desktopId, 0),
  };
}

function keyOf(owner: string, desktopId: DesktopId): string {
  return `${owner} ${desktopId}`;
}
