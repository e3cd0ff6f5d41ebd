import { describe, expect, test } from 'vitest';
import type { Activity } from '../../../src/core/activity.ts';
import type { DesktopId, WatchMemory } from '../../../src/core/store.ts';
import { createWatchMemories, type Look, type LookMoment, type WatchMemories } from '../../../src/core/watch-memory.ts';

const D1 = 'd1' as DesktopId;
const START = Date.parse('2030-01-01T12:00:00.000Z');
/** `at(90)`: a minute and a half after the start. */
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();
const seen = (viewers: number | 'unknown', input?: string | 'none'): Activity => ({
  viewers: viewers === 'unknown' ? { known: false, why: 'test' } : { known: true, count: viewers },
  input: input === undefined ? { known: false, why: 'test' } : { known: true, ...(input === 'none' ? {} : { at: input }) },
});

interface At extends Partial<Omit<Look, 'activity'>>, Partial<Omit<LookMoment, 'now' | 'interval'>> {
  gap?: boolean;
}

/** A look at the one desktop after so many seconds; by default it was created while it was watched. */
function look(memories: WatchMemories, seconds: number, activity: Activity | undefined, { gap = false, stored, createdAt = at(0), visible = true, lastLookAt = at(-30), complete = false }: At = {}): WatchMemory | undefined {
  const moment = { now: new Date(START + seconds * 1000), interval: { gap, shiftMs: 0 }, lastLookAt, complete, longestWatchedMs: 120_000 };
  return memories.observe([{ id: D1, createdAt, visible, stored, activity }], moment).get(D1);
}
/** What is to be written after so many seconds, taken as written. */
function write(memories: WatchMemories, seconds: number, all = false): WatchMemory | undefined {
  const now = new Date(START + seconds * 1000);
  const due = memories.due(now, all);
  memories.wrote(due, now);
  return due.get(D1);
}

describe('what a look adds', () => {
  test('a viewer is seen as long as somebody looks, and leaves at the look that finds nobody', () => {
    const memories = createWatchMemories();
    expect(look(memories, 0, seen(0))).toEqual({ viewers: 0 });
    expect(look(memories, 30, seen(2))).toEqual({ viewers: 2, viewerSeenAt: at(30) });
    expect(look(memories, 60, seen(1))).toEqual({ viewers: 1, viewerSeenAt: at(60) });
    expect(look(memories, 90, seen(0))).toEqual({ viewers: 0, viewerSeenAt: at(90) });
    expect(look(memories, 120, seen(0))).toEqual({ viewers: 0, viewerSeenAt: at(90) });
  });

  test('one that ends while somebody looks has been seen until then', () => {
    const memories = createWatchMemories();
    look(memories, 0, seen(1));
    expect(look(memories, 30, undefined, { visible: false })).toEqual({ viewers: 0, viewerSeenAt: at(30) });
    expect(look(memories, 60, undefined, { visible: false })).toEqual({ viewers: 0, viewerSeenAt: at(30) });
  });

  test('a visible one without an answer is unknown, never unused', () => {
    expect(look(createWatchMemories(), 0, undefined)).toMatchObject({ viewers: 'unknown' });
  });

  test('idle time goes on through a short unknown', () => {
    const memories = createWatchMemories();
    look(memories, 0, seen(0));
    expect(look(memories, 30, seen('unknown'))).toEqual({ viewers: 'unknown' });
    expect(look(memories, 120, seen(0))).toEqual({ viewers: 0 });
  });

  test('idle time begins anew after an unknown that lasted longer than what is taken to be watched', () => {
    const memories = createWatchMemories();
    look(memories, 0, seen(0));
    for (let seconds = 30; seconds <= 120; seconds += 30) look(memories, seconds, seen('unknown'));
    expect(look(memories, 121, seen(0))).toEqual({ viewers: 0, countsFrom: at(121) });
  });

  test('whoever looked before an unknown is taken to have left at its end', () => {
    const memories = createWatchMemories();
    look(memories, 0, seen(1));
    look(memories, 30, seen('unknown'));
    expect(look(memories, 60, seen(0))).toMatchObject({ viewers: 0, viewerSeenAt: at(60) });
  });

  test('what nobody could watch counts for nothing', () => {
    const memories = createWatchMemories();
    look(memories, 0, seen(0));
    expect(look(memories, 9000, seen(0), { gap: true })).toEqual({ viewers: 0, countsFrom: at(9000) });
  });

  test('when the clock was set back, nobody was seen in the future', () => {
    const memories = createWatchMemories();
    look(memories, 9000, seen(1, at(9000)));
    expect(look(memories, 30, seen(0, 'none'), { gap: true })).toMatchObject({ viewerSeenAt: at(30), inputSeenAt: at(30), countsFrom: at(30) });
  });

  test('input is remembered; after a time in which nobody could tell, it counts as just now', () => {
    const memories = createWatchMemories();
    look(memories, 0, seen(1, 'none'));
    expect(look(memories, 30, seen(1, at(20)))).toMatchObject({ inputSeenAt: at(20) });
    expect(look(memories, 60, seen(1, 'none'))).toMatchObject({ inputSeenAt: at(20) });
    for (let seconds = 90; seconds <= 180; seconds += 30) look(memories, seconds, seen(1));
    expect(look(memories, 210, seen(1, 'none'))).toMatchObject({ inputSeenAt: at(210) });
  });

  test('one that is gone is forgotten', () => {
    const memories = createWatchMemories();
    look(memories, 0, seen(1));
    memories.observe([], { now: new Date(START), interval: { gap: false, shiftMs: 0 }, lastLookAt: at(0), complete: false, longestWatchedMs: 120_000 });
    expect(write(memories, 0, true)).toBeUndefined();
  });
});

describe('what a new process takes over', () => {
  test('one that came up since the last look was watched all its life, of an older one nobody remembers anything', () => {
    expect(look(createWatchMemories(), 10, seen(0), { createdAt: at(0), lastLookAt: at(0) })).toEqual({ viewers: 0 });
    expect(look(createWatchMemories(), 10, seen(0), { createdAt: at(-60), lastLookAt: at(0) })).toEqual({ viewers: 0, countsFrom: at(10) });
  });

  test('what the last process wrote down as it ended is taken as it is, however often', () => {
    const stored = { viewers: 0, viewerSeenAt: at(-3600) };
    for (const seconds of [0, 60, 120]) expect(look(createWatchMemories(), seconds, seen(0), { stored, complete: true })).toEqual(stored);
  });

  test('after a kill, whoever may have come after the last write counts, but never later than now', () => {
    const stored = { viewers: 0, viewerSeenAt: at(-3600) };
    expect(look(createWatchMemories(), 0, seen(0), { stored })).toEqual({ ...stored, countsFrom: at(-3600 + 180) });
    expect(look(createWatchMemories(), 0, seen(0), { stored: { viewers: 0, viewerSeenAt: at(-10) } })).toMatchObject({ countsFrom: at(0) });
  });

  test.each([[1], ['unknown' as const]])('whoever looked at the last write (%s) has left only now', (viewers) => {
    expect(look(createWatchMemories(), 0, seen(0), { stored: { viewers, viewerSeenAt: at(-30) }, complete: true })).toMatchObject({ viewers: 0, viewerSeenAt: at(0) });
  });

  test('input that nobody could tell before counts from now', () => {
    expect(look(createWatchMemories(), 0, seen(0, 'none'), { stored: { viewers: 0 }, complete: true })).toMatchObject({ inputSeenAt: at(0) });
    expect(look(createWatchMemories(), 0, seen(0, 'none'), { stored: { viewers: 0, inputSeenAt: at(-900) }, complete: true })).toMatchObject({ inputSeenAt: at(-900) });
  });
});

describe('what is written', () => {
  test('at most once a minute, and nothing while nothing differs', () => {
    const memories = createWatchMemories();
    const written: number[] = [];
    for (let seconds = 0; seconds <= 600; seconds += 10) {
      look(memories, seconds, seen(seconds < 300 ? 1 : 0));
      if (write(memories, seconds)) written.push(seconds);
    }
    expect(written).toEqual([0, 60, 120, 180, 240, 300]);
  });

  test('the rest when all is asked for, and only once', () => {
    const memories = createWatchMemories();
    look(memories, 0, seen(0));
    write(memories, 0);
    look(memories, 10, seen(1));
    expect(write(memories, 10)).toBeUndefined();
    expect(write(memories, 11, true)).toEqual({ viewers: 1, viewerSeenAt: at(10) });
    expect(write(memories, 12, true)).toBeUndefined();
  });

  test('what could not be written stays due', () => {
    const memories = createWatchMemories();
    look(memories, 0, seen(1));
    expect(memories.due(new Date(START), false).size).toBe(1);
    expect(memories.due(new Date(START), false).size).toBe(1);
  });

  test('a clock that went back keeps nothing from being written', () => {
    const memories = createWatchMemories();
    look(memories, 3600, seen(1));
    write(memories, 3600);
    look(memories, 0, seen(1), { gap: true });
    expect(write(memories, 0)).toMatchObject({ countsFrom: at(0) });
  });
});
