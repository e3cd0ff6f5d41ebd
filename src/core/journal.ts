// What happened to which desktop, and why: the life events, where they are kept, and who else is told. No CPF is ever part
// of one; whose desktop it was is a keyed hash that only this installation can make again.
import type { ClientId } from './client-id.ts';
import type { DesktopId } from './store.ts';

/** `created`, `ready`, `warned`, `paused`, `woken` and `removed` also go to hooks. */
export const LIFE_EVENTS = ['created', 'ready', 'warned', 'kept', 'paused', 'woken', 'stopped', 'died', 'started', 'renamed', 'removed'] as const;
export type LifeEventKind = (typeof LIFE_EVENTS)[number];
export const HOOKED_EVENTS: readonly LifeEventKind[] = ['created', 'ready', 'warned', 'paused', 'woken', 'removed'];

/** One thing that happened to one desktop. */
export interface LifeEvent {
  /** ISO-8601 UTC. */
  at: string;
  event: LifeEventKind;
  desktop: DesktopId;
  /** In words, without the client: `no viewer for 8h`. */
  cause: string;
  image?: string;
  /** Keyed hash of the client id (see `clientHash`); absent where the client is unknown. */
  client?: string;
  /** When it will be removed, on `warned`: ISO-8601 UTC. */
  removeAt?: string;
}

export interface Journal {
  /** Keeps the event; a journal that can't be written is told to whoever made it, never thrown. */
  append(events: readonly LifeEvent[]): Promise<void>;
  /** What is kept, oldest first, at least of the last seven days as far as its bounded size allows. An unreadable line is left out. */
  read(filter?: JournalFilter): Promise<readonly LifeEvent[]>;
  /** Yields what is appended from now on, by any process, until the signal aborts. */
  follow(signal: AbortSignal): AsyncIterable<LifeEvent>;
}

/** The journal of an installation, with what tells its clients. */
export interface InstanceJournal extends Journal {
  /** What stands for a client in it (see `clientHash`). */
  hashOf(client: ClientId): string;
}

export interface JournalFilter {
  /** ISO-8601 UTC; only what happened since. */
  since?: string;
  desktop?: DesktopId;
  /** Keyed hash of the client id. */
  client?: string;
}
