// Desktops that are being woken or started because somebody opened their link: what the page is told while it waits.
import type { Clock } from '../core/clock.ts';
import type { ScreenState } from '../core/screens.ts';
import type { DesktopId } from '../core/store.ts';
import type { TicketMode } from '../core/tickets.ts';
import { isVncctlError } from '../errors.ts';

/** Tells that a step is done; its time is counted from the beginning of the opening. */
export type TellStep = (step: 'wake' | 'start') => void;

export interface Openings {
  /** Counts a desktop as being opened as long as `work` takes. One for which there was no memory is remembered until it is started, one that can't be shown view-only until it was. */
  during<T>(id: DesktopId, mode: TicketMode, work: (tell: TellStep) => Promise<T>): Promise<T>;
  /** How a desktop stands for somebody let in by this mode, with what is known of its opening. */
  addedTo(id: DesktopId, mode: TicketMode, found: ScreenState): ScreenState;
}

interface Opening {
  sinceMs: number;
  phaseMs: Record<string, number>;
}

/** None yet. */
export function createOpenings(clock: Pick<Clock, 'monotonicMs'>): Openings {
  // Several viewers may wait for the same desktop.
  const openings = new Map<DesktopId, Set<Opening>>();
  const withoutRoom = new Set<DesktopId>();
  const notViewOnly = new Set<DesktopId>();
  return {
    async during(id, mode, work) {
      const opening: Opening = { sinceMs: clock.monotonicMs(), phaseMs: {} };
      const ofDesktop = openings.get(id) ?? new Set();
      openings.set(id, ofDesktop.add(opening));
      try {
        const done = await work((step) => {
          withoutRoom.delete(id);
          opening.phaseMs[step] = Math.round(clock.monotonicMs() - opening.sinceMs);
        });
        if (mode === 'view-only') notViewOnly.delete(id);
        return done;
      } catch (error) {
        if (isVncctlError(error, 'NO_MEMORY')) withoutRoom.add(id);
        if (isVncctlError(error, 'VIEW_ONLY_REFUSED')) notViewOnly.add(id);
        throw error;
      } finally {
        ofDesktop.delete(opening);
        if (ofDesktop.size === 0) openings.delete(id);
      }
    },
    addedTo(id, mode, found) {
      if (found.status === 'gone') notViewOnly.delete(id);
      else if (mode === 'view-only' && notViewOnly.has(id)) return { ...found, status: 'no-view-only' };
      // The page tries again and again: that is no start to be told of before it is one.
      if (found.status === 'stopped' && withoutRoom.has(id)) return { ...found, status: 'no-room' };
      withoutRoom.delete(id);
      const [first] = openings.get(id) ?? [];
      if (!first) return found;
      const told = found.status === 'paused' ? ('waking' as const) : found.status === 'stopped' ? ('starting' as const) : found.status;
      return { ...found, status: told, phaseMs: { ...found.phaseMs, ...first.phaseMs } };
    },
  };
}
