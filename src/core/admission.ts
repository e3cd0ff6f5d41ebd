// Whether the host has memory for one more desktop: what is free, less what stays free, less what is promised to desktops that are about
// to start and to whoever waits before. Pure; taking a place is start-place.ts.
import { VncctlError } from '../errors.ts';
import type { CatalogEntry, CatalogLimits } from './catalog.ts';
import type { LongestIdle } from './longest-idle.ts';
import { formatBytes } from './size.ts';
import type { MemoryPromise, StoreState, Waiter } from './store.ts';

const PROMISE_LIFE_MS = 60_000;

type IsAlive = (pid: number) => boolean;

/** Promises of memory that count: for a minute, and for no longer than the process lives, unless its desktop runs. */
export function livePromises(promises: readonly MemoryPromise[] = [], now: Date, isAlive: IsAlive): MemoryPromise[] {
  return promises.filter(({ pid, at, started }) => now.getTime() - Date.parse(at) < PROMISE_LIFE_MS && (started || isAlive(pid)));
}

/** Who really waits, in their order: neither killed nor long past their time. */
export function liveWaiters(queue: readonly Waiter[] = [], now: Date, isAlive: IsAlive): Waiter[] {
  return queue.filter(({ pid, until }) => now.getTime() < Date.parse(until) && isAlive(pid));
}

/** The state with these promises and this queue; empty ones are left out. */
export function withMarks({ promises: _, queue: __, ...state }: StoreState, { promises, queue }: { promises: readonly MemoryPromise[]; queue: readonly Waiter[] }): StoreState {
  return { ...state, ...(promises.length > 0 ? { promises } : {}), ...(queue.length > 0 ? { queue } : {}) };
}

/** What is known of the host's memory, in bytes. */
export interface MemoryFacts {
  /** Undefined where nobody can tell. */
  availableBytes: number | undefined;
  /** What stays free; `off` where nobody is to look. */
  reserveBytes: number | 'off';
  /** What others will take of it. */
  promisedBytes: number;
}

/** What could still be taken; below nothing when less is free than should be; undefined where that is unknown or not looked at. */
export function spareBytes({ availableBytes, reserveBytes, promisedBytes }: MemoryFacts): number | undefined {
  if (availableBytes === undefined || reserveBytes === 'off') return undefined;
  return availableBytes - reserveBytes - promisedBytes;
}

/** What a desktop takes: as its image says, or all that it may take when that is less (`memoryBytes`, or the image's own limit). */
export function needsOf({ needsBytes, limits }: Pick<CatalogEntry, 'needsBytes'> & { limits: Pick<CatalogLimits, 'memoryBytes'> }, memoryBytes = limits.memoryBytes): number {
  return Math.min(needsBytes, memoryBytes);
}

/** The failure of a host without room for a desktop that needs so much. */
export function noMemory(needsBytes: number, { availableBytes = 0, reserveBytes, promisedBytes }: MemoryFacts, { idle, pooled }: { idle: LongestIdle | undefined; pooled: boolean }): VncctlError {
  const promised = promisedBytes > 0 ? `, ${formatBytes(promisedBytes)} of it promised to others that start or wait` : '';
  const kept = reserveBytes === 'off' || reserveBytes === 0 ? '' : `, and ${formatBytes(reserveBytes)} stay free`;
  const ways = [
    'wait for some: vncctl up … --queue 30s',
    ...(idle ? [`the longest idle is ${idle.name} (${idle.idle}): vncctl rm ${idle.name}`] : []),
    ...(pooled ? ['keep no warm ones: vncctl config set pool off'] : []),
  ];
  return new VncctlError('NO_MEMORY', `too little memory for another desktop: it needs ${formatBytes(needsBytes)}; ${formatBytes(availableBytes)} are free${promised}${kept}`, {
    hint: ways.length === 1 ? ways[0] ?? '' : `${ways[0]}   (or ${ways.slice(1).join('; or ')})`,
  });
}
