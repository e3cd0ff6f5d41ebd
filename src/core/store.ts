// What vncctl remembers between commands and the engine can't hold. Implemented in store/ and by the tests' fake.
// Losing it loses no desktop: the engine's labels are the truth about which exist.
import type { ClientId } from './client-id.ts';

/** A desktop's opaque id: random, says nothing about its client. Made only by `newDesktopId`. */
export type DesktopId = string & { readonly __brand: 'DesktopId' };

/** What is remembered of one desktop. Times are ISO-8601 UTC. */
export interface Allocation {
  desktopId: DesktopId;
  client: ClientId;
  /** The engine's endpoint it was made on: two engines under one store never mix. */
  endpoint: string;
  image: string;
  createdAt: string;
  /** Absent when nobody remembers. */
  lastUsedAt?: string;
  /** Set once a readiness stage was seen: tells `ready` from `starting` before the first health check. */
  readyAt?: string;
  /** Set while a process removes it, so that others wait instead of handing it out. */
  removing?: ProcessMark;
}

/** Who holds something, so that a mark left by a killed process can be told from a live one. */
export interface ProcessMark {
  pid: number;
  /** ISO-8601 UTC. */
  at: string;
}

/** A host port promised to a container that has not bound it yet. */
export interface PortReservation extends ProcessMark {
  port: number;
}

export interface StoreState {
  allocations: Readonly<Record<string, Allocation>>;
  reservations: readonly PortReservation[];
}

export interface Store {
  /** The present state; an empty one when nothing was stored. Never waits for the lock. */
  read(): Promise<StoreState>;
  /** Reads, changes and writes under the cross-process lock; STORE_LOCKED when it can't be had in time. The change may be async (kept short: others wait). Returning undefined writes nothing. */
  update<T>(change: (state: StoreState) => Promise<{ state?: StoreState; result: T }> | { state?: StoreState; result: T }): Promise<T>;
}

export const EMPTY_STATE: StoreState = { allocations: {}, reservations: [] };
