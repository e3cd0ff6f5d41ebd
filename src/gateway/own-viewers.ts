// What the gateway knows of the use of desktops, put together with what another source tells: it sees the keys and the pointer of
// its own viewers, so input is known wherever nobody comes another way.
import type { Activity, ActivitySource } from '../core/activity.ts';
import type { DesktopId } from '../core/store.ts';

export interface OwnViewers {
  /** Somebody typed, pointed or pasted, and may. */
  sawInput(desktop: DesktopId, at: Date): void;
  /** The other source, with the gateway's own knowledge added. */
  addedTo(source: ActivitySource): ActivitySource;
}

/** `list` tells the desktop of each viewer there is now, and whether it has sent what can't be read. */
export function createOwnViewers(list: () => readonly { desktop: string; unread: boolean }[]): OwnViewers {
  const inputs = new Map<DesktopId, Date>();
  return {
    sawInput: (desktop, at) => void inputs.set(desktop, at),
    addedTo: (source) => ({
      async look(subjects, options) {
        const seen = await source.look(subjects, options);
        for (const id of inputs.keys()) if (!seen.has(id)) inputs.delete(id);
        const own = new Map<string, number>();
        const unread = new Set<string>();
        for (const viewer of list()) {
          own.set(viewer.desktop, (own.get(viewer.desktop) ?? 0) + 1);
          if (viewer.unread) unread.add(viewer.desktop);
        }
        const inputOf = (id: DesktopId): Activity['input'] => (unread.has(id) ? { known: false, why: UNREAD } : inputAt(inputs.get(id)));
        return new Map([...seen].map(([id, activity]) => [id, withOwn(activity, own.get(id) ?? 0, inputOf(id))]));
      },
      close: () => source.close(),
    }),
  };
}

const UNREAD = 'a viewer sends messages of a kind that is not known here';

function inputAt(at: Date | undefined): Activity['input'] {
  return { known: true, ...(at === undefined ? {} : { at: at.toISOString() }) };
}

function withOwn(activity: Activity, own: number, input: Activity['input']): Activity {
  const { viewers } = activity;
  if (!viewers.known) return own > 0 ? { ...activity, viewers: { known: true, count: own } } : activity;
  // Somebody comes another way, and nobody sees what they type.
  if (viewers.count > own) return activity;
  // Those that are still on their way in count too: for one of them a paused desktop may just have been woken.
  return { viewers: { known: true, count: own }, input };
}
