// Why a desktop is here and when it goes: its clocks at a moment, for `why` and, shorter, for `ls`.
import type { Activity } from './activity.ts';
import type { Desktop } from './desktop.ts';
import type { Desktops } from './desktops.ts';
import { longestWatchedMs } from './gap.ts';
import type { Lease, LeaseClock } from './lease.ts';
import { leaseFacts, leasePolicy } from './lease-facts.ts';
import { leaseOf } from './lease-of.ts';
import { type LeaseFacts, type LeaseState, leaseState } from './lease-state.ts';
import type { StoreState } from './store.ts';

export interface Explanation {
  desktop: Desktop;
  lease: Lease;
  facts: LeaseFacts;
  state: LeaseState;
  watch: WatchState;
}

/** Whether anybody carries out what the clocks say. */
export interface WatchState {
  watched: boolean;
  /** The last look of whoever watches or watched: ISO-8601 UTC; absent: there was none. */
  lastLookAt?: string;
}

/** Explains one desktop as the store remembers it, and as a look finds it where one was taken just now. */
export function explain(desktops: Desktops, desktop: Desktop, state: StoreState, activity?: Activity): Explanation {
  const now = desktops.clock.now();
  const record = state.allocations[desktop.id];
  const lease = leaseOf(desktops, desktop);
  const facts = leaseFacts({ desktop, record, memory: withLook(record?.watched, activity, now), activity });
  return { desktop, lease, facts, state: leaseState(lease, facts, leasePolicy(desktops, desktop), now), watch: watchState(desktops, state) };
}

/** Whether somebody has looked lately enough for the clocks to run. */
export function watchState({ clock, installation }: Pick<Desktops, 'clock' | 'installation'>, { watch }: StoreState): WatchState {
  if (!watch) return { watched: false };
  const agoMs = clock.now().getTime() - Date.parse(watch.at);
  return { watched: Math.abs(agoMs) <= longestWatchedMs(installation.sweepIntervalMs), lastLookAt: watch.at };
}

/** In a word or two, for a column: when it goes and why, or why it stays. */
export function shortly({ state, facts, watch }: Explanation): { expiresAt?: string; why: string } {
  if (!watch.watched) return { why: 'not watched' };
  const { removal, clocks } = state;
  if (removal) return { expiresAt: removal.at, why: facts.warned ? `warned: ${REASONS[removal.clock]}` : REASONS[removal.clock] };
  const removing = clocks.filter(({ action }) => action === 'remove');
  if (removing.some((clock) => clock.state === 'held')) return { why: 'in use' };
  return { why: removing.some((clock) => clock.state === 'unknown') ? 'unknown' : 'never' };
}

const REASONS: Readonly<Record<LeaseClock, string>> = { 'no-client': 'no viewer', 'no-input': 'no input', ttl: 'ttl', 'max-age': 'max-age' };

/** Whoever looked at it at the last look that was written down has left since then. */
function withLook(memory: NonNullable<StoreState['allocations'][string]>['watched'], activity: Activity | undefined, now: Date): typeof memory {
  const left = activity?.viewers.known && activity.viewers.count === 0 && memory !== undefined && memory.viewers !== 0;
  return left ? { ...memory, viewerSeenAt: now.toISOString() } : memory;
}
