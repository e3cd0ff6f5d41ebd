// One look of a sweep: the containers and the store at one moment, who uses which desktop, what lies between this look and the
// last one, and the facts that follow for each desktop's lease.
import type { ActivitySource } from './activity.ts';
import { shiftTimes } from './clock-shift.ts';
import { deriveDesktops } from './desktop.ts';
import type { DiskWatch } from './disk-watch.ts';
import { type Desktops, viewOf } from './desktops.ts';
import { type Left, leftIn } from './mend.ts';
import { type BootClock, type Interval, intervalBetween, laterWatch, longestWatchedMs } from './gap.ts';
import { ownershipLabels } from './labels.ts';
import { isVisible, leaseFacts, leasePolicy } from './lease-facts.ts';
import { leaseOf } from './lease-of.ts';
import { lookAt } from './look.ts';
import type { ObservedDesktop } from './reap-plan.ts';
import type { DesktopId, StoreState, Warning, Watch } from './store.ts';
import type { WatchMemories } from './watch-memory.ts';

/** What one look saw. */
export interface Observation {
  lookedAt: Date;
  /** Time before this look was not watched. */
  gap: boolean;
  /** By how much somebody has set the clock since the last look, in milliseconds. */
  clockShiftMs: number;
  observed: readonly ObservedDesktop[];
  state: StoreState;
  /** What replacements have left behind. */
  left: readonly Left[];
}

export interface ObservationTools {
  activity: ActivitySource;
  disk: DiskWatch | undefined;
  /** Ends a measuring of the disk, which goes on after the look. */
  stopping: AbortSignal;
  boot: BootClock;
  memories: WatchMemories;
  /** Warnings of desktops that the store can hold no record of. */
  unwritten: ReadonlyMap<DesktopId, Warning>;
  /** The look before this one, by this process. */
  last: Watch | undefined;
  /** Whether the store is to stay as it is. */
  dryRun: boolean;
  signal: AbortSignal;
}

/** Looks. Throws what keeps it from looking: the engine's failures and the store's. */
export async function observe(desktops: Desktops, { activity, disk, boot, memories, unwritten, last, dryRun, signal, stopping }: ObservationTools): Promise<Observation & { watch: Watch }> {
  const { clock, store, engine, installation } = desktops;
  // In this order: what is remembered has a container by then, and one without a record yet is simply new.
  const before = await store.read();
  const containers = await engine.containers.list({ labels: ownershipLabels(installation.instance) }, { signal });
  const lookedAt = clock.now();
  const watch: Watch = { at: lookedAt.toISOString(), pid: desktops.processes.pid, bootMs: boot.ms(), bootId: boot.id };
  const previous = last ?? before.watch;
  const intervalSince = (watched: Watch | undefined): Interval => intervalBetween(watched, lookedAt, { id: boot.id, ms: watch.bootMs }, installation.sweepIntervalMs);
  const interval = intervalSince(previous);
  // Another process may have moved what is stored already.
  const shiftOf = (state: StoreState): number => intervalSince(laterWatch(last, state.watch)).shiftMs;
  const shiftMs = shiftOf(before);
  const state = shiftMs === 0 ? before : dryRun ? shiftTimes(before, shiftMs) : await shiftStore(desktops, shiftOf, watch);
  const known = deriveDesktops(containers, state, viewOf(desktops));
  const activities = await lookAt(desktops, known, activity, signal);
  const remembered = memories.observe(
    known.map((desktop) => ({
      id: desktop.id,
      createdAt: desktop.createdAt,
      visible: isVisible(desktop),
      stored: state.allocations[desktop.id]?.watched,
      activity: activities.get(desktop.id),
    })),
    { now: lookedAt, interval, lastLookAt: previous?.at, complete: previous?.complete === true, longestWatchedMs: longestWatchedMs(installation.sweepIntervalMs) },
  );
  const diskUses = disk?.look(desktops, known, stopping);
  const observed = known.map((desktop) => ({
    desktop,
    lease: leaseOf(desktops, desktop),
    facts: leaseFacts({
      desktop,
      record: state.allocations[desktop.id],
      warned: unwritten.get(desktop.id),
      memory: remembered.get(desktop.id),
      activity: activities.get(desktop.id),
    }),
    policy: leasePolicy(desktops, desktop),
    disk: diskUses?.get(desktop.id),
  }));
  return { lookedAt, gap: interval.gap, clockShiftMs: interval.shiftMs, observed, state, watch, left: leftIn(containers, installation.instance) };
}

// In one write with the look that found it, so that nobody who looks after a kill moves them a second time.
function shiftStore({ store }: Desktops, shiftOf: (state: StoreState) => number, watch: Watch): Promise<StoreState> {
  return store.update((state) => {
    const shifted = { ...shiftTimes(state, shiftOf(state)), watch };
    return { state: shifted, result: shifted };
  });
}
