// A sweep: one look at every desktop of the instance (observe.ts), the plan of what their leases ask for now (reap-plan.ts), and carrying it
// out (reap-steps.ts). Used by the daemon again and again and by `reap` once. What is newer than the look is not in it.
import type { ActivitySource } from './activity.ts';
import type { Desktop } from './desktop.ts';
import type { DiskWatch } from './disk-watch.ts';
import type { Desktops } from './desktops.ts';
import { type BootClock, laterWatch } from './gap.ts';
import { isVisible } from './lease-facts.ts';
import { isIdle, lookAt } from './look.ts';
import { removeLeftIn } from './mend.ts';
import { type Observation, observe } from './observe.ts';
import { planReap, type ReapStep } from './reap-plan.ts';
import { carryOut, type ReapOutcome } from './reap-steps.ts';
import type { Allocation, DesktopId, Warning, Watch } from './store.ts';
import { createWatchMemories, WRITE_EVERY_MS } from './watch-memory.ts';

export interface ReaperParts {
  /** Asked at each sweep: settings may have been read anew. */
  desktops: () => Promise<Desktops>;
  activity: ActivitySource;
  boot: BootClock;
  /** Absent where nobody goes on watching: what is measured is only there for a later sweep. */
  disk?: DiskWatch;
}

export interface SweepOptions {
  /** Breaks off what is under way. */
  signal: AbortSignal;
  /** Lets what is under way end and begins nothing more. */
  stopping?: AbortSignal;
  /** Looks and plans, and writes nothing. */
  dryRun?: boolean;
  /** Called before a step is carried out, and with its outcome. */
  onStep?: (step: ReapStep) => void;
  onOutcome?: (outcome: ReapOutcome) => void;
}

/** What one sweep saw and did. */
export interface Sweep extends Observation {
  tookMs: number;
  plan: readonly ReapStep[];
  outcomes: readonly ReapOutcome[];
}

export interface Reaper {
  /** Throws only what keeps it from looking (ENGINE_UNREACHABLE and the like, a store that can't be read); what goes wrong with a desktop is its outcome. */
  sweep(options: SweepOptions): Promise<Sweep>;
  /** Writes down what is only remembered; to be called before the process ends. */
  flush(): Promise<void>;
}

/** A reaper that remembers nothing yet but what the store holds. */
export function createReaper({ desktops: getDesktops, activity, boot, disk }: ReaperParts): Reaper {
  const memories = createWatchMemories();
  /** Of desktops that the store can hold no record of, since nobody knows whose they are. */
  const unwritten = new Map<DesktopId, Warning>();
  let last: Watch | undefined;
  let writtenMs = Number.NEGATIVE_INFINITY;
  let seen: Pick<Observation, 'observed' | 'state'> | undefined;

  const write = async (desktops: Desktops, announced: readonly ReapStep[], all: boolean): Promise<void> => {
    const now = desktops.clock.now();
    // Of the look that the plan was made with: so a warning names the very moment of the removal.
    const announcedAt = last?.at ?? now.toISOString();
    // With a warning goes what led to it: whoever reads the store then sees the same as this sweep.
    const due = memories.due(now, all, announced.map(({ desktop }) => desktop.id));
    if (due.size === 0 && announced.length === 0 && !all && Math.abs(now.getTime() - writtenMs) < WRITE_EVERY_MS) return;
    await desktops.store.update((state) => {
      const allocations = { ...state.allocations };
      for (const { desktop } of seen?.observed ?? []) {
        const memory = due.get(desktop.id);
        const step = announced.find((other) => other.desktop.id === desktop.id);
        // One whose record went since the look was removed: it must not come back as a lost one.
        const record = allocations[desktop.id] ?? (seen?.state.allocations[desktop.id] ? undefined : newRecord(desktop, desktops));
        if (record && (memory || step)) allocations[desktop.id] = { ...(step ? withWarning(record, step, announcedAt) : record), ...(memory ? { watched: memory } : {}) };
      }
      const watch = laterWatch(last, state.watch);
      return { state: { ...state, allocations, ...(watch ? { watch: watch === last && all ? { ...watch, complete: true } : watch } : {}) }, result: undefined };
    });
    for (const id of unwritten.keys()) if (!seen?.observed.some(({ desktop }) => desktop.id === id)) unwritten.delete(id);
    for (const step of announced) {
      const warned = warningOf(step, announcedAt);
      if (warned && !step.desktop.client) unwritten.set(step.desktop.id, warned);
      else unwritten.delete(step.desktop.id);
    }
    memories.wrote(due, now);
    writtenMs = now.getTime();
  };

  return {
    async sweep({ signal, stopping, dryRun = false, onStep, onOutcome }) {
      const desktops = await getDesktops();
      const startedMs = desktops.clock.monotonicMs();
      const { watch, ...observation } = await observe(desktops, { activity, disk, boot, memories, unwritten, last, dryRun, signal, stopping: stopping ?? signal });
      const plan = planReap(observation.observed, observation.lookedAt);
      const ended = (outcomes: readonly ReapOutcome[]): Sweep => ({ ...observation, plan, outcomes, tookMs: desktops.clock.monotonicMs() - startedMs });
      if (dryRun) return ended([]);
      last = watch;
      seen = observation;
      const announcements = plan.filter(({ do: what }) => what === 'warn' || what === 'keep');
      for (const step of announcements) onStep?.(step);
      // Before anything goes: a warning that isn't written down has not been given.
      // What is said of the disk announces no removal.
      await write(desktops, announcements.filter(({ clock }) => clock !== 'disk'), false);
      const announced = announcements.map((step): ReapOutcome => ({ step, result: 'done' }));
      for (const outcome of announced) {
        if (outcome.step.clock === 'disk') disk?.tell(outcome.step.desktop);
        onOutcome?.(outcome);
      }
      const outcomes = await carryOut(
        desktops,
        plan.filter((step) => !announcements.includes(step)),
        {
          signal,
          stopping,
          seen: observation.state,
          stillIdle: async (doomed) => {
            const now = await lookAt(desktops, doomed, activity, signal);
            return new Set(doomed.filter((desktop) => !isVisible(desktop) || isIdle(now.get(desktop.id))).map(({ id }) => id));
          },
          onStep,
          onOutcome,
        },
      );
      if (!stopping?.aborted) await removeLeftIn(desktops, observation.left);
      return ended([...announced, ...outcomes]);
    },

    async flush() {
      if (last) await write(await getDesktops(), [], true);
    },
  };
}

function withWarning(record: Allocation, step: ReapStep, at: string): Allocation {
  const { warned: _, ...rest } = record;
  const warned = warningOf(step, at);
  return { ...rest, ...(warned ? { warned } : {}) };
}

function warningOf({ clock, removeAt, renews }: ReapStep, at: string): Warning | undefined {
  return removeAt === undefined || clock === 'disk' ? undefined : { at, clock, removeAt, ...(renews ? { renewed: true } : {}) };
}

/** A record for a desktop that the store has forgotten; undefined where nobody knows whose it is. */
function newRecord({ id, client, image, createdAt }: Desktop, { engine }: Desktops): Allocation | undefined {
  return client && { desktopId: id, client, endpoint: engine.endpoint, image, createdAt };
}
