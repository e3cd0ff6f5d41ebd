// What is asked of the daemon that runs: who looks through its gateway, and to end that for one of them. Answered in the daemon
// itself, and for other processes by daemon/control-client.ts.
import { VncctlError } from '../errors.ts';
import type { DesktopId } from './store.ts';
import type { TicketMode } from './tickets.ts';

/** Who looks at a desktop through the gateway. Times are ISO-8601 UTC. */
export interface Viewer {
  /** Random: one from before the daemon was started anew means nobody else. */
  id: string;
  desktop: DesktopId;
  mode: TicketMode;
  /** Where it comes from, as far as the gateway can tell: personal data. */
  address: string;
  since: string;
  /** The last key, pointer or clipboard message; null: none yet, or it may send none. */
  lastInputAt: string | null;
  /** Id of the ticket that it came by. */
  ticket: string;
}

/** One viewer as the command line and the API show it; `client` is null where nobody knows whose desktop it is. */
export type ViewerRow = Viewer & { client: string | null };

/** A row; `client` as it is to be spelled. */
export function viewerRow({ id, desktop, ...rest }: Viewer, client: string | undefined): ViewerRow {
  return { id, desktop, client: client ?? null, ...rest };
}

/** How a viewer is to be ended. */
export interface ViewerEnd {
  /** Takes its ticket back first, with all that it opened: it can't come back by it. */
  revoke?: boolean;
  signal?: AbortSignal;
}

/** The daemon, as the command line asks it. Over its socket, all reject with DAEMON_NOT_RUNNING or DAEMON_FAILED where no right answer comes. */
export interface DaemonControl {
  /** In the order of their coming; only those of one desktop where it is named. */
  viewers(options?: { desktop?: DesktopId; signal?: AbortSignal }): Promise<readonly Viewer[]>;
  /** Ends one, whose page is told that it was meant; returns it as it was. VIEWER_NOT_FOUND when nobody has that id. */
  endViewer(id: string, options?: ViewerEnd): Promise<Viewer>;
}

/** The failure of naming a viewer who isn't there. */
export function viewerNotFound(id: string): VncctlError {
  return new VncctlError('VIEWER_NOT_FOUND', `there is no viewer "${id}"`, { hint: 'see them: vncctl viewers' });
}

/** A daemon without a gateway. */
export const noViewers: DaemonControl = { viewers: async () => [], endViewer: (id) => Promise.reject(viewerNotFound(id)) };
