// A daemon's viewers in memory, as the command line and the routes of the socket ask for them.
import { type DaemonControl, type Viewer, viewerNotFound } from '../../src/core/control.ts';
import type { DesktopId } from '../../src/core/store.ts';

export interface FakeControl extends DaemonControl {
  /** Who looks now. */
  present: Viewer[];
  /** Each end so far, as `a1b2c3d4`, or `a1b2c3d4 and its link`. */
  readonly ended: string[];
  /** Ids whose end fails, with what. */
  readonly failing: Map<string, Error>;
}

/** Nobody looks yet. */
export function createFakeControl(): FakeControl {
  const ended: string[] = [];
  const failing = new Map<string, Error>();
  const control: FakeControl = {
    present: [],
    ended,
    failing,
    viewers: async ({ desktop } = {}) => control.present.filter((viewer) => desktop === undefined || viewer.desktop === desktop),
    async endViewer(id, { revoke = false } = {}) {
      const failure = failing.get(id);
      if (failure) throw failure;
      const viewer = control.present.find((one) => one.id === id);
      if (!viewer) throw viewerNotFound(id);
      control.present = control.present.filter((one) => one !== viewer && !(revoke && one.ticket === viewer.ticket));
      ended.push(revoke ? `${id} and its link` : id);
      return viewer;
    },
  };
  return control;
}

/** A viewer who may do everything, came a minute after noon and has typed nothing. */
export function exampleViewer(over: Partial<Viewer> = {}): Viewer {
  return { id: 'a1b2c3d4', desktop: 'bcdfghjkmnpq' as DesktopId, mode: 'full', address: '192.0.2.7', since: '2030-01-01T12:01:00.000Z', lastInputAt: null, ticket: '5f0c9a1d22', ...over };
}
