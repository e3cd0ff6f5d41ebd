// What vncctl remembers between commands and the engine can't hold. Implemented in store/ and by the tests' fake.
// Losing it loses no desktop: the engine's labels are the truth about which exist.
import type { ClientId } from './client-id.ts';
import type { ContainerId } from './engine.ts';
import type { LeaseChanges, LeaseClock } from './lease.ts';

/** A desktop's opaque id: random, says nothing about its client. Made only by `newDesktopId`. */
export type DesktopId = string & { readonly __brand: 'DesktopId' };

/** What is remembered of one desktop. Times are ISO-8601 UTC. */
export interface Allocation {
  desktopId: DesktopId;
  client: ClientId;
  /** The engine's endpoint it was made on: two engines under one store never mix. */
  endpoint: string;
  image: string;
  /** Of one from the pool: when it got its client. */
  createdAt: string;
  /** Set on one that was taken from the pool, once it was made ready for its client. */
  claimed?: Claimed;
  /** Absent when nobody remembers. */
  lastUsedAt?: string;
  /** Set once a readiness stage was seen: tells `ready` from `starting` before the first health check. */
  readyAt?: string;
  /** Set while a process removes it, so that others wait instead of handing it out; with the cause in words. */
  removing?: ProcessMark & { cause?: string };
  /** Set while another is made to take its place: its own container. One that is left was left by a killed process. */
  replacing?: ContainerId;
  /** Why it was paused, in words, where somebody asked for that; until it runs again. */
  pauseCause?: string;
  /** Lengths of its lease that were asked for after its creation. */
  lease?: LeaseChanges;
  /** The last `touch`, which moves the ttl too. */
  touchedAt?: string;
  /** `touch --for`: no clock but max-age takes it before this moment. */
  keptUntil?: string;
  /** What whoever watches it remembers of its use. */
  watched?: WatchMemory;
  /** Set once its removal was announced; cleared when it is put off. */
  warned?: Warning;
  /** What the client that asked for it said of it, in words of its own. */
  notes?: Readonly<Record<string, string>>;
}

/** That a desktop was taken from the pool. */
export interface Claimed {
  /** ISO-8601 UTC. */
  at: string;
  /** What it was given then in place of what its container's environment says; absent when nobody knows. */
  fitted?: Readonly<Record<string, string>>;
}

/** What is remembered of a desktop's use between two looks. Times are ISO-8601 UTC. */
export interface WatchMemory {
  /** Viewers at the last look: how many, or that nobody could tell. */
  viewers: number | 'unknown';
  /** When a viewer was last seen; absent: never since it is watched. */
  viewerSeenAt?: string;
  /** The last real input; absent: none, or nobody could tell. */
  inputSeenAt?: string;
  /** Idle time before this moment was not watched, and counts for nothing. */
  countsFrom?: string;
}

/** An announced removal. */
export interface Warning {
  at: string;
  clock: LeaseClock;
  /** When it is due: ISO-8601 UTC. */
  removeAt: string;
  /** It was given a second time, after a time that nobody watched. */
  renewed?: true;
}

/** The last look of whoever watches the instance, and the clocks it was taken by. */
export interface Watch {
  /** ISO-8601 UTC. */
  at: string;
  pid: number;
  /** Milliseconds since this machine was booted, its sleep included, and which boot that was: tells time that passed from a clock that was set. */
  bootMs: number;
  bootId: string;
  /** Set where all that was known at that look is written down: whoever took it ended in good order. */
  complete?: true;
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

/** Memory promised to a desktop that is about to start, which its programs haven't taken yet. */
export interface MemoryPromise extends ProcessMark {
  desktop: DesktopId;
  bytes: number;
  /** It runs: its programs go on taking memory when this process has ended. */
  started?: true;
}

/** Somebody who waits until there is room for a desktop. */
export interface Waiter extends ProcessMark {
  /** Of the desktop that there is to be. */
  desktop: DesktopId;
  /** Memory that it needs. */
  bytes: number;
  /** It needs a host port too. */
  port?: true;
  /** When they give up: ISO-8601 UTC. */
  until: string;
}

export interface StoreState {
  allocations: Readonly<Record<string, Allocation>>;
  reservations: readonly PortReservation[];
  /** Absent: none. */
  promises?: readonly MemoryPromise[];
  /** In the order in which they came; absent: nobody waits. */
  queue?: readonly Waiter[];
  /** Absent until somebody has watched. */
  watch?: Watch;
  /** How containers are named where the setting says nothing; absent: plain, as this installation began with a version that knew no other way. */
  naming?: 'labelled';
}

export interface Store {
  /** The present state; an empty one when nothing was stored. Never waits for the lock. */
  read(): Promise<StoreState>;
  /** Reads, changes and writes under the cross-process lock; STORE_LOCKED when it can't be had in time. The change may be async (kept short: others wait). Returning undefined writes nothing. */
  update<T>(change: (state: StoreState) => Promise<{ state?: StoreState; result: T }> | { state?: StoreState; result: T }): Promise<T>;
}

export const EMPTY_STATE: StoreState = { allocations: {}, reservations: [] };

/** Of an installation that begins, or has to begin again since what was stored is lost. */
export const NEW_STATE: StoreState = { ...EMPTY_STATE, naming: 'labelled' };
