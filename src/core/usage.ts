// What desktops use of the machine: readings of their containers, taken only when somebody asks and not more often than they are
// worth, and the share of a processor that follows from two of them.
import type { Clock } from './clock.ts';
import type { Desktop } from './desktop.ts';
import type { CallOptions, Containers, ContainerUsage } from './engine.ts';
import { inParallel } from './parallel.ts';
import type { DesktopId } from './store.ts';

/** Null where it isn't known (yet). */
export interface DesktopUsage {
  /** Of one processor since the reading before: 0.5 is half of one. */
  cpus: number | null;
  memoryBytes: number;
  memoryLimitBytes: number | null;
}

export interface UsageReadings {
  /** Of those that run or are paused; a desktop whose reading failed is left out. */
  read(desktops: readonly Desktop[], containers: Containers, options?: CallOptions): Promise<ReadonlyMap<DesktopId, DesktopUsage>>;
}

interface Reading extends ContainerUsage {
  atMs: number;
}

const EVERY_MS = 4_000;
/** An engine takes some milliseconds for each: of its time this much is left to others. */
const COST_FACTOR = 10;
const AT_ONCE = 4;

/** None so far. */
export function createUsageReadings({ clock }: { clock: Pick<Clock, 'monotonicMs'> }): UsageReadings {
  let readings = new Map<DesktopId, Reading>();
  let known: ReadonlyMap<DesktopId, DesktopUsage> = new Map();
  let nextMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const readAll = async (desktops: readonly Desktop[], containers: Containers, options?: CallOptions): Promise<void> => {
    const startMs = clock.monotonicMs();
    const next = new Map<DesktopId, Reading>();
    const usages = new Map<DesktopId, DesktopUsage>();
    await inParallel(desktops, AT_ONCE, async ({ id, container, status }) => {
      if (!container || (!container.running && status !== 'paused')) return;
      // One that ended meanwhile, or an engine that can't tell, takes nobody else's figures away.
      const usage = await containers.usage(container.id, options).catch(() => undefined);
      if (!usage) return;
      const now = { ...usage, atMs: clock.monotonicMs() };
      next.set(id, now);
      usages.set(id, { cpus: cpusBetween(readings.get(id), now), memoryBytes: usage.memoryBytes, memoryLimitBytes: usage.memoryLimitBytes ?? null });
    });
    [readings, known] = [next, usages];
    const endMs = clock.monotonicMs();
    nextMs = Math.max(startMs + EVERY_MS, endMs + COST_FACTOR * (endMs - startMs));
  };

  return {
    async read(desktops, containers, options) {
      if (reading === undefined && clock.monotonicMs() >= nextMs) reading = readAll(desktops, containers, options).finally(() => (reading = undefined));
      await reading;
      return known;
    },
  };
}

/** Null for the first reading, and for one that was started again since. */
function cpusBetween(before: Reading | undefined, now: Reading): number | null {
  if (!before || now.atMs <= before.atMs || now.cpuNanoseconds < before.cpuNanoseconds) return null;
  return (now.cpuNanoseconds - before.cpuNanoseconds) / 1e6 / (now.atMs - before.atMs);
}
