// The memory of activity between looks: what a look adds to what is known of a desktop's use, and when that is due to be written
// down. Pure but for the map it keeps. What can't be told never makes a desktop look idle.
import type { Activity } from './activity.ts';
import type { Interval } from './gap.ts';
import type { DesktopId, WatchMemory } from './store.ts';

/** At most one write a minute for each desktop. */
export const WRITE_EVERY_MS = 60_000;

/** One desktop as a look found it. */
export interface Look {
  id: DesktopId;
  createdAt: string;
  /** Runs or is paused: somebody can look at it. */
  visible: boolean;
  /** What the store remembers. */
  stored: WatchMemory | undefined;
  /** Absent where nobody asked or nobody answered: an unknown, for one that is visible. */
  activity: Activity | undefined;
}

export interface LookMoment {
  now: Date;
  interval: Interval;
  /** Of the look before this one, by whomever; absent: there was none. */
  lastLookAt: string | undefined;
  /** Whether all that was known at that look is in the store. */
  complete: boolean;
  /** How long an unknown may last before idle time begins anew. */
  longestWatchedMs: number;
}

interface Entry {
  memory: WatchMemory;
  /** Viewers when they were last known. */
  lastCount: number;
  lastKnownMs: number;
  /** When it was last known whether there was input. */
  inputKnownMs: number;
  writtenMs: number;
  /** What was written, to write only what differs. */
  written: WatchMemory | undefined;
}

export interface WatchMemories {
  /** Takes a look in and returns what is known of each desktop from now on; forgets those that are gone. */
  observe(looks: readonly Look[], moment: LookMoment): ReadonlyMap<DesktopId, WatchMemory>;
  /** Those whose memory is to be written now; all that differ when `all` is set, and those of `also`. */
  due(now: Date, all: boolean, also?: readonly DesktopId[]): ReadonlyMap<DesktopId, WatchMemory>;
  /** These were written. */
  wrote(written: ReadonlyMap<DesktopId, WatchMemory>, now: Date): void;
}

/** An empty memory: what the store holds is taken over at the first look at each desktop. */
export function createWatchMemories(): WatchMemories {
  const entries = new Map<DesktopId, Entry>();

  const observeOne = (look: Look, moment: LookMoment): WatchMemory => {
    const before = entries.get(look.id) ?? takenOver(look, moment);
    const entry = advance(before, look, moment);
    entries.set(look.id, entry);
    return entry.memory;
  };

  return {
    observe(looks, moment) {
      const present = new Set(looks.map(({ id }) => id));
      for (const id of entries.keys()) if (!present.has(id)) entries.delete(id);
      return new Map(looks.map((look) => [look.id, observeOne(look, moment)]));
    },
    due(now, all, also = []) {
      return new Map([...entries].filter(([id, entry]) => differs(entry) && (all || also.includes(id) || isOld(entry, now))).map(([id, { memory }]) => [id, memory]));
    },
    wrote(written, now) {
      for (const [id, memory] of written) {
        const entry = entries.get(id);
        // Written before its time, it puts off no later write: what a kill can lose stays within a minute of what is stored.
        if (entry) entries.set(id, { ...entry, written: memory, writtenMs: isOld(entry, now) ? now.getTime() : entry.writtenMs });
      }
    },
  };
}

/** How a desktop stands that this process sees for the first time. */
function takenOver({ stored, createdAt }: Look, { now, lastLookAt, complete, longestWatchedMs }: LookMoment): Entry {
  const nowMs = now.getTime();
  const entry = { lastCount: 0, lastKnownMs: nowMs, inputKnownMs: nowMs, writtenMs: Number.NEGATIVE_INFINITY, written: stored };
  if (stored) {
    const lastMs = Math.max(...[stored.viewerSeenAt, stored.countsFrom].map((at) => (at === undefined ? Number.NEGATIVE_INFINITY : Date.parse(at))));
    // Who came within a minute of the last write, and left again, may not have been written: it is taken for use.
    const lost = !complete && Number.isFinite(lastMs);
    const countsFrom = lost ? new Date(Math.max(lastMs, Math.min(nowMs, lastMs + WRITE_EVERY_MS + longestWatchedMs))).toISOString() : stored.countsFrom;
    const lastCount = stored.viewers === 'unknown' ? 1 : stored.viewers;
    // Without any input in it, nobody could tell before either.
    const inputKnownMs = stored.inputSeenAt === undefined ? Number.NEGATIVE_INFINITY : nowMs;
    return { ...entry, lastCount, inputKnownMs, memory: { ...stored, ...(countsFrom ? { countsFrom } : {}) } };
  }
  // One that came up since the last look has been watched all its life; of another one nobody remembers anything.
  const watchedAllItsLife = lastLookAt !== undefined && Date.parse(createdAt) >= Date.parse(lastLookAt);
  return { ...entry, memory: { viewers: 0, ...(watchedAllItsLife ? {} : { countsFrom: now.toISOString() }) } };
}

function advance(before: Entry, { visible, activity }: Look, { now, interval, longestWatchedMs }: LookMoment): Entry {
  const nowMs = now.getTime();
  const at = now.toISOString();
  const memory: WatchMemory = { ...before.memory };
  if (interval.gap) {
    memory.countsFrom = at;
    // The clock was set back: what was seen was not seen in the future.
    if (memory.viewerSeenAt !== undefined && memory.viewerSeenAt > at) memory.viewerSeenAt = at;
    if (memory.inputSeenAt !== undefined && memory.inputSeenAt > at) memory.inputSeenAt = at;
  }
  const entry = { ...before, memory, ...(activity?.input.known || !visible ? { inputKnownMs: nowMs } : {}) };
  if (activity?.input.known) {
    if (activity.input.at !== undefined) memory.inputSeenAt = activity.input.at;
    // Whether there was any meanwhile, nobody knows.
    else if (nowMs - before.inputKnownMs > longestWatchedMs) memory.inputSeenAt = at;
  }
  if (!visible) {
    // Whoever looked at it has seen it end.
    if (before.lastCount > 0) memory.viewerSeenAt = at;
    return { ...entry, memory: { ...memory, viewers: 0 }, lastCount: 0, lastKnownMs: nowMs };
  }
  if (!activity?.viewers.known) return { ...entry, memory: { ...memory, viewers: 'unknown' } };
  if (nowMs - before.lastKnownMs > longestWatchedMs) memory.countsFrom = at;
  const { count } = activity.viewers;
  // They left at some moment since the last look: the latest one counts.
  if (count > 0 || before.lastCount > 0) memory.viewerSeenAt = at;
  return { ...entry, memory: { ...memory, viewers: count }, lastCount: count, lastKnownMs: nowMs };
}

/** Whether the last write is a minute ago, or in the future since the clock was set. */
function isOld({ writtenMs }: Entry, now: Date): boolean {
  return now.getTime() - writtenMs >= WRITE_EVERY_MS || now.getTime() < writtenMs;
}

/** Whether the store should hear of it: somebody came or left, a gap, input, or a minute more of being looked at. */
function differs({ memory, written }: Entry): boolean {
  return (
    !written ||
    (memory.viewers === 'unknown' || written.viewers === 'unknown' ? memory.viewers !== written.viewers : memory.viewers > 0 !== written.viewers > 0) ||
    memory.viewerSeenAt !== written.viewerSeenAt ||
    memory.inputSeenAt !== written.inputSeenAt ||
    memory.countsFrom !== written.countsFrom
  );
}
