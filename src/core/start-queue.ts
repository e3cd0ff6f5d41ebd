// Getting a place on the host for a desktop that is about to start: warm ones give way first, then whoever may waits in the queue that all
// processes of the instance share, first come, first served.
import { liveWaiters, withMarks } from './admission.ts';
import type { Desktops } from './desktops.ts';
import { formatDuration } from './duration.ts';
import type { ProgressListener } from './engine.ts';
import { type Lack, type Place, type PlaceWish, tryTakePlace } from './start-place.ts';
import type { DesktopId } from './store.ts';

export interface QueueOptions {
  /** How long it may be waited for, in milliseconds; absent: not at all. */
  queueMs?: number;
  signal: AbortSignal;
  /** Told at which place it waits, as often as that changes. */
  onProgress?: ProgressListener;
}

const LOOK_MS = 250;
/** Who waits looks a last time when their time is over, and is to be there still. */
const LAST_LOOK_MS = 5_000;

/** Takes a place, waiting for one where asked to. NO_MEMORY or NO_FREE_PORT when there is none in time. */
export async function takePlace(desktops: Desktops, wish: PlaceWish, options: QueueOptions): Promise<Place> {
  const { clock } = desktops;
  const { queueMs, signal } = options;
  const untilMs = queueMs === undefined ? undefined : clock.monotonicMs() + queueMs;
  const queueUntil = queueMs === undefined ? undefined : new Date(clock.now().getTime() + queueMs + LAST_LOOK_MS);
  let isWaiting = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const { place, lack, ahead = 0 } = await tryTakePlace(desktops, wish, queueUntil);
      isWaiting = !place && queueUntil !== undefined;
      if (place) return place;
      // Those before have had warm ones give way to them.
      if (ahead === 0 && (await makeWay(desktops, lack, signal))) continue;
      if (untilMs === undefined || clock.monotonicMs() >= untilMs) throw lack.failure;
      await untilFirst(desktops, { desktop: wish.desktop, lack, untilMs }, options);
    }
  } finally {
    if (isWaiting) await leaveQueue(desktops, wish.desktop).catch(() => undefined);
  }
}

async function makeWay(desktops: Desktops, lack: Lack, signal: AbortSignal): Promise<boolean> {
  return (await import('./giving-way.ts')).giveWay(desktops, lack, signal);
}

/** Sleeps for a moment, and on while others are before it and there is time. */
async function untilFirst({ clock, store, processes }: Desktops, { desktop, lack, untilMs }: { desktop: DesktopId; lack: Lack; untilMs: number }, { queueMs = 0, signal, onProgress }: QueueOptions): Promise<void> {
  for (;;) {
    const queue = liveWaiters((await store.read()).queue, clock.now(), (pid) => processes.isAlive(pid));
    const place = queue.findIndex((waiter) => waiter.desktop === desktop);
    const leftMs = untilMs - clock.monotonicMs();
    // Not in it any more where the state was lost: asked for again, it is at its end.
    if (place >= 0) onProgress?.(`waiting for ${lack.of === 'memory' ? 'memory' : 'a port'} for ${formatDuration(queueMs)} at most, at place ${place + 1} of ${queue.length}`);
    await clock.sleep(Math.max(1, Math.min(LOOK_MS, leftMs)), signal);
    if (place <= 0 || clock.monotonicMs() >= untilMs) return;
  }
}

async function leaveQueue({ store }: Desktops, desktop: DesktopId): Promise<void> {
  await store.update((state) => ({
    state: withMarks(state, { promises: state.promises ?? [], queue: (state.queue ?? []).filter((waiter) => waiter.desktop !== desktop) }),
    result: undefined,
  }));
}
