// How core learns whether somebody uses a desktop. The one narrow interface for it: direct access implements it by the
// connections of published ports (engine/presence/), the gateway by its own viewers, and the tests' fake by hand.
import type { CallOptions, ContainerId } from './engine.ts';
import type { DesktopId } from './store.ts';

/** A running or paused desktop that is asked about. */
export interface ActivitySubject {
  id: DesktopId;
  container: ContainerId;
  /** Its own address, where it can be dialled from this host. */
  address?: string;
  /** Ports inside the container that viewers connect to. */
  ports: readonly number[];
}

/** What one look tells of one desktop. What can't be known is `unknown`, with the reason in words: never nought. */
export interface Activity {
  viewers: { known: true; count: number } | { known: false; why: string };
  /** The last key, pointer or clipboard message of somebody who may send them. `at` is ISO-8601 UTC; absent: none since it was watched. */
  input: { known: true; at?: string } | { known: false; why: string };
}

export interface ActivitySource {
  /** One look at all of them at once. Never throws but for an aborted signal: a failed reading is an unknown. Every subject has an answer. */
  look(subjects: readonly ActivitySubject[], options?: CallOptions): Promise<ReadonlyMap<DesktopId, Activity>>;
  /** Drops what it keeps open. */
  close(): void;
}

/** Why input can't be told where no gateway is in between. */
export const INPUT_NEEDS_GATEWAY = 'keys and pointer are seen by the gateway only';
