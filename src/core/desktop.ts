// The read model: what a desktop is, derived from the engine's containers and the store's memory at the moment of reading.
import type { ClientId } from './client-id.ts';
import type { ContainerId, ContainerSummary } from './engine.ts';
import { clientKey, isAsideName, type Naming } from './identity.ts';
import { decodeLabels, LABEL } from './labels.ts';
import type { LeaseChanges } from './lease.ts';
import { clientKeyOf, clientOf, isNobodys, type NameView } from './owner.ts';
import type { Allocation, DesktopId, StoreState } from './store.ts';

export type DesktopStatus = 'starting' | 'ready' | 'paused' | 'stopped' | 'exiting' | 'failed' | 'lost';

/** One desktop as commands show it. Times are ISO-8601 UTC. */
export interface Desktop {
  id: DesktopId;
  /** Absent when names are hashed, or its name was changed by hand, and the store no longer knows whose it is. */
  client?: ClientId;
  /** What stands in the container's name or label for the client; empty where nobody knows. */
  clientKey: string;
  /** Set on one that was made for the pool and then taken for its client. */
  pooled?: true;
  status: DesktopStatus;
  /** Absent for a lost one. */
  container?: { id: ContainerId; name: string; running: boolean; address?: string };
  image: string;
  specHash?: string;
  hostPort?: number;
  /** Name of the network that is this desktop's alone. */
  ownNetwork?: string;
  createdAt: string;
  /** Of an ended one. */
  exitCode?: number;
  /** Absent when nobody remembers: an unknown, not "never". */
  lastUsedAt?: string;
  /** What was asked for its lease: by the `up` that created it, and since then. The whole of it: lease-of.ts. */
  lease: { created: LeaseChanges; changed: LeaseChanges };
}

export interface DesktopView extends NameView {
  naming: Naming;
  endpoint: string;
  now: Date;
  isAlive: (pid: number) => boolean;
}

/** Every desktop of the instance: those with a container, and the lost ones the store remembers; oldest first. */
export function deriveDesktops(containers: readonly ContainerSummary[], state: StoreState, view: DesktopView): Desktop[] {
  const desktops: Desktop[] = [];
  const seen = new Set<string>();
  const replaced = replacedIn(containers, view.instance);
  for (const container of containers) {
    // On its way out: its successor has its name.
    if (replaced.has(container.id) && isAsideName(container.name, container.id)) continue;
    const desktop = deriveDesktop(container, state, view);
    if (!desktop) continue;
    desktops.push(desktop);
    seen.add(desktop.id);
  }
  for (const allocation of Object.values(state.allocations)) {
    if (allocation.replacing !== undefined && replaced.has(allocation.replacing)) continue;
    if (allocation.endpoint === view.endpoint && !seen.has(allocation.desktopId)) desktops.push(lostDesktop(allocation, view));
  }
  return desktops.sort((a, b) => compareText(a.createdAt, b.createdAt) || compareText(a.id, b.id));
}

/** The containers whose place others have taken. */
function replacedIn(containers: readonly ContainerSummary[], instance: string): Set<string> {
  return new Set(
    containers.flatMap(({ labels, name }) => {
      const decoded = labels[LABEL.replaces] === undefined ? undefined : decodeLabels(labels, instance);
      return decoded?.replaces === undefined || isNobodys(decoded, name) ? [] : [decoded.replaces];
    }),
  );
}

// Both are plain ASCII, and localeCompare would load the collation rules of a language first: 20 ms and more.
function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** The desktop in a container, or undefined when the container is no desktop of this instance: one that waits in the pool, or is to take another's place, is none yet. */
export function deriveDesktop(container: ContainerSummary, state: StoreState, view: DesktopView): Desktop | undefined {
  const labels = decodeLabels(container.labels, view.instance);
  if (!labels || isNobodys(labels, container.name)) return undefined;
  const allocation = state.allocations[labels.desktopId];
  // Such a name tells of no client.
  const name = isAsideName(container.name, container.id) ? '' : container.name;
  const client = clientOf(labels, name, allocation, view);
  const pooled = labels.poolKey !== undefined;
  const hostPort = container.ports[0]?.hostPort ?? labels.hostPort;
  return {
    id: labels.desktopId,
    clientKey: clientKeyOf(labels, name, allocation, view),
    ...(pooled ? { pooled } : {}),
    status: statusOf(container, allocation, view),
    container: { id: container.id, name: container.name, running: container.state === 'running', ...(container.address ? { address: container.address } : {}) },
    image: labels.imageKey,
    specHash: labels.specHash,
    // Of a warm one: when it got its client.
    createdAt: (pooled && allocation?.createdAt) || container.createdAt,
    ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
    lease: { created: labels.lease ?? {}, changed: allocation?.lease ?? {} },
    ...(client ? { client } : {}),
    ...(hostPort === undefined ? {} : { hostPort }),
    ...(labels.ownNetwork === undefined ? {} : { ownNetwork: labels.ownNetwork }),
    ...(allocation?.lastUsedAt ? { lastUsedAt: allocation.lastUsedAt } : {}),
  };
}

/** A desktop that the store remembers and no container is left of. */
export function lostDesktop(allocation: Allocation, { naming }: Pick<DesktopView, 'naming'>): Desktop {
  return {
    id: allocation.desktopId,
    client: allocation.client,
    clientKey: clientKey(allocation.client, naming),
    status: 'lost',
    image: allocation.image,
    createdAt: allocation.createdAt,
    lease: { created: {}, changed: allocation.lease ?? {} },
    ...(allocation.lastUsedAt ? { lastUsedAt: allocation.lastUsedAt } : {}),
  };
}

// Exit codes of an end that was asked for: clean, SIGINT, SIGKILL after the grace, SIGTERM.
const ASKED_TO_END = new Set([0, 130, 137, 143]);

/** Whether an exit code tells of an end that somebody asked for; an unknown one does not. */
export function wasAskedToEnd(exitCode: number | undefined): boolean {
  return exitCode !== undefined && ASKED_TO_END.has(exitCode);
}

const CREATE_TO_START_MS = 60_000;
const REMOVAL_LIFE_MS = 120_000;

/** Whether a live process is removing this desktop right now. */
export function isBeingRemoved(allocation: Allocation | undefined, now: Date, isAlive: (pid: number) => boolean): boolean {
  const mark = allocation?.removing;
  return mark !== undefined && now.getTime() - Date.parse(mark.at) < REMOVAL_LIFE_MS && isAlive(mark.pid);
}

// Docker calls a woken one unhealthy until its next health check, a minute later at most.
const SEEN_LATELY_MS = 90_000;

/** Whether a process of ours has just seen it run with its own eyes. */
function wasSeenLately(allocation: Allocation | undefined, now: Date): boolean {
  return allocation?.readyAt !== undefined && now.getTime() - Date.parse(allocation.readyAt) < SEEN_LATELY_MS;
}

function statusOf(container: ContainerSummary, allocation: Allocation | undefined, view: DesktopView): DesktopStatus {
  if (container.state === 'removing' || isBeingRemoved(allocation, view.now, view.isAlive)) return 'exiting';
  switch (container.state) {
    case 'created':
      return view.now.getTime() - Date.parse(container.createdAt) < CREATE_TO_START_MS ? 'starting' : 'stopped';
    case 'paused':
      return 'paused';
    case 'dead':
      return 'failed';
    case 'exited':
      return wasAskedToEnd(container.exitCode ?? 0) ? 'stopped' : 'failed';
    case 'restarting':
      return 'starting';
    case 'running':
      if (container.health === 'unhealthy' && !wasSeenLately(allocation, view.now)) return 'failed';
      // A health check runs late and seldom; a stage that `up` saw with its own eyes counts at once.
      return container.health === 'starting' && !allocation?.readyAt ? 'starting' : 'ready';
    default:
      return container.state satisfies never;
  }
}
