// From what is known of a desktop to the facts that its clocks depend on.
import type { Activity } from './activity.ts';
import { INPUT_NEEDS_GATEWAY } from './activity.ts';
import type { Desktop } from './desktop.ts';
import type { Desktops } from './desktops.ts';
import type { LeaseFacts, LeasePolicy } from './lease-state.ts';
import type { Allocation, Warning, WatchMemory } from './store.ts';

/** What is known of one desktop. */
export interface Knowledge {
  desktop: Desktop;
  record: Allocation | undefined;
  /** An announced removal that no record holds. */
  warned?: Warning | undefined;
  memory: WatchMemory | undefined;
  /** A look at this very moment; absent: as it was remembered at the last one. */
  activity: Activity | undefined;
}

/** The facts of one desktop. */
export function leaseFacts({ desktop, record, warned, memory, activity }: Knowledge): LeaseFacts {
  return {
    life: lifeOf(desktop),
    // The record's time of creation is moved when somebody sets the clock; the engine's is not.
    createdAt: record?.createdAt ?? desktop.createdAt,
    lastUsedAt: record?.lastUsedAt,
    touchedAt: record?.touchedAt,
    keptUntil: record?.keptUntil,
    viewers: activity?.viewers ?? rememberedViewers(desktop, memory),
    viewerSeenAt: memory?.viewerSeenAt,
    input: inputOf(memory, activity),
    countsFrom: memory?.countsFrom,
    warned: record?.warned ?? warned,
  };
}

/** What the installation and its engine make of a desktop that is idle or doomed. */
export function leasePolicy({ installation, engine, gateway }: Pick<Desktops, 'installation' | 'engine' | 'gateway'>, { hostPort }: Pick<Desktop, 'hostPort'>): LeasePolicy {
  const { warnBeforeMs, pauseDirect } = installation;
  if (!engine.capabilities.canPause) return { warnBeforeMs, wakes: 'this engine can not pause' };
  // Whoever comes to its port meets a frozen program; whoever comes through the gateway, somebody who wakes it first.
  if (hostPort !== undefined) return { warnBeforeMs, wakes: pauseDirect || 'would not wake (pauseDirect)' };
  return { warnBeforeMs, wakes: gateway !== undefined || 'no daemon answers that would wake it' };
}

/** Whether somebody can look at it. */
export function isVisible(desktop: Desktop): boolean {
  return lifeOf(desktop) !== 'ended' && desktop.status !== 'exiting';
}

function lifeOf({ status, container }: Desktop): LeaseFacts['life'] {
  switch (status) {
    case 'paused':
      return 'paused';
    case 'stopped':
    case 'lost':
      return 'ended';
    case 'failed':
      // An unhealthy one runs all the same: somebody may be looking at it.
      return container?.running ? 'running' : 'ended';
    case 'starting':
    case 'ready':
    case 'exiting':
      return 'running';
    default:
      return status satisfies never;
  }
}

function rememberedViewers(desktop: Desktop, memory: WatchMemory | undefined): LeaseFacts['viewers'] {
  // Nobody looked when it was paused, and whoever does wakes it: the memory may be a minute old.
  if (desktop.status === 'paused') return { known: true, count: 0 };
  if (!memory) return { known: false, why: 'nobody has looked yet' };
  return memory.viewers === 'unknown' ? { known: false, why: 'the last look could not tell' } : { known: true, count: memory.viewers };
}

function inputOf(memory: WatchMemory | undefined, activity: Activity | undefined): LeaseFacts['input'] {
  if (activity && !activity.input.known) return activity.input;
  const at = memory?.inputSeenAt;
  if (activity || at !== undefined) return { known: true, ...(at === undefined ? {} : { at }) };
  return { known: false, why: INPUT_NEEDS_GATEWAY };
}
