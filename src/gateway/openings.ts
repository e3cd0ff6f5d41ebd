// Desktops that are being woken or started because somebody opened their link: what the page is told while it waits.
import type { Clock } from '../core/clock.ts';
import type { ScreenState } from '../core/screens.ts';
import type { DesktopId } from '../core/store.ts';
import { isVncctlError } from '../errors.ts';

/** Tells that a step is done; its time is counted from the beginning of the opening. */
export type TellStep = (step: 'wake' | 'start') => void;

export interface Openings {
  /** Counts a desktop as being opened as long as `work` takes; one for which there was no memory is remembered until it is started. */
  during<T>(id: DesktopId, work: (tell: TellStep) => Promise<T>): Promise<T>;
  /** How a desktop stands, with what is known of its opening. */
  addedTo(id: DesktopId, found: ScreenState): ScreenState;
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
  return {
    async during(id, work) {
      const opening: Opening = { sinceMs: clock.monotonicMs(), phaseMs: {} };
      const ofDesktop = openings.get(id) ?? new Set();
      openings.set(id, ofDesktop.add(opening));
      try {
        return await work((step) => {
          withoutRoom.delete(id);
          opening.phaseMs[step] = Math.round(clock.monotonicMs() - opening.sinceMs);
        });
      } catch (error) {
        if (isVncctlError(error, 'NO_MEMORY')) withoutRoom.add(id);
        throw error;
      } finally {
        ofDesktop.delete(opening);
        if (ofDesktop.size === 0) openings.delete(id);
      }
    },
    addedTo(id, found) {
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
