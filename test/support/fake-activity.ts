// An ActivitySource that knows who looks and types because the test says so.
import { type Activity, type ActivitySource, INPUT_NEEDS_GATEWAY } from '../../src/core/activity.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { DesktopId } from '../../src/core/store.ts';

export interface FakeActivity extends ActivitySource {
  /** Viewers of a desktop from now on; nobody looks at one that was never set. */
  set(id: DesktopId, viewers: number | 'unknown'): void;
  /** The last input as ISO-8601, `none` since it was watched, or unknown as for a desktop that was never set. */
  setInput(id: DesktopId, at: string | 'none' | 'unknown'): void;
  /** How long each look takes from now on; 0 at first. */
  delayMs: number;
  /** Desktops asked about at each look so far. */
  readonly looks: readonly (readonly DesktopId[])[];
  readonly closed: boolean;
}

/** Nobody looks at anything. A delay passes on the clock. */
export function createFakeActivity(clock: Clock): FakeActivity {
  const viewers = new Map<DesktopId, number | 'unknown'>();
  const inputs = new Map<DesktopId, string>();
  const looks: DesktopId[][] = [];
  let closed = false;

  const activityOf = (id: DesktopId): Activity => {
    const count = viewers.get(id) ?? 0;
    const at = inputs.get(id) ?? 'unknown';
    return {
      viewers: count === 'unknown' ? { known: false, why: 'the test does not say' } : { known: true, count },
      input: at === 'unknown' ? { known: false, why: INPUT_NEEDS_GATEWAY } : { known: true, ...(at === 'none' ? {} : { at }) },
    };
  };

  const activity: FakeActivity = {
    set: (id, count) => void viewers.set(id, count),
    setInput: (id, at) => void inputs.set(id, at),
    delayMs: 0,
    looks,
    get closed() {
      return closed;
    },
    async look(subjects, options) {
      options?.signal?.throwIfAborted();
      looks.push(subjects.map(({ id }) => id));
      if (activity.delayMs > 0) await clock.sleep(activity.delayMs, options?.signal);
      return new Map(subjects.map(({ id }) => [id, activityOf(id)]));
    },
    close() {
      closed = true;
    },
  };
  return activity;
}
