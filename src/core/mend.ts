// Putting right what a replacement left that ended half-way (replace.ts), by a failure or by a kill, and the lock and the marks by which
// such a one is told from one that is under way.
import { VncctlError } from '../errors.ts';
import { type ClientId, formatClientId } from './client-id.ts';
import { type Desktops, nameOf } from './desktops.ts';
import type { ContainerDetails, ContainerId, ContainerSummary } from './engine.ts';
import { isAsideName, isSuccessorName, successorName } from './identity.ts';
import { decodeLabels, ownershipLabels } from './labels.ts';
import type { ReleaseLock } from './member-locks.ts';
import type { Allocation, DesktopId, StoreState } from './store.ts';

/** What a container of another system is called while it gives its name to its successor. */
export const ADOPTED_SUFFIX = '.before-vncctl';

const POLL_MS = 100;

/** Puts right what was left of a replacement: the client has one desktop under their name then, the new one where it can be had. `waited` when another process was at it, which has ended by now. NOT_READY when that takes longer than `timeoutMs`. */
export async function mend(desktops: Desktops, client: ClientId, replaced: ContainerId, { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }): Promise<'mended' | 'waited'> {
  const untilMs = desktops.clock.monotonicMs() + timeoutMs;
  for (let waited = false; ; waited = true) {
    const release = await tryLockReplacement(desktops, replaced);
    if (release) {
      try {
        await mendLocked(desktops, client, replaced);
        return waited ? 'waited' : 'mended';
      } finally {
        await release();
      }
    }
    if (desktops.clock.monotonicMs() >= untilMs) {
      throw new VncctlError('NOT_READY', `the desktop of ${formatClientId(client)} is still being replaced after ${Math.round(timeoutMs / 1000)} s`, { hint: `try again: vncctl up ${formatClientId(client)}` });
    }
    await desktops.clock.sleep(POLL_MS, signal);
  }
}

async function mendLocked(desktops: Desktops, client: ClientId, replaced: ContainerId): Promise<void> {
  const { containers } = desktops.engine;
  const name = nameOf(desktops, client);
  const { successor, old } = await findLeft(desktops, replaced);
  let holder = await containers.find(name);
  if (!holder) {
    // The new one had come up before the old one lost its name.
    const next = successor?.state === 'running' ? successor : (old ?? successor);
    if (next) await containers.rename(next.id, name, { from: next.name });
    holder = next;
  }
  if (successor && successor.id !== holder?.id) await containers.remove(successor.id);
  const isReplaced = holder !== undefined && holder.id !== replaced && replacesIn(desktops, holder) === replaced;
  if (old && isReplaced && isAside(old)) await containers.remove(old.id);
  await (isReplaced ? forgetReplaced(desktops, client, replaced) : unmark(desktops, client, replaced));
}

/** Removes what was left of replacements of a client's desktops that are being removed, and that no live process is at. */
export async function removeLeft(desktops: Desktops, replaced: readonly ContainerId[], signal: AbortSignal): Promise<void> {
  const { containers } = desktops.engine;
  for (const id of replaced) {
    const release = await tryLockReplacement(desktops, id);
    if (!release) continue;
    try {
      const { successor, old } = await findLeft(desktops, id);
      if (successor) await containers.remove(successor.id, { signal });
      if (old && isAsideName(old.name, old.id)) await containers.remove(old.id, { signal });
    } finally {
      await release();
    }
  }
}

/** A container that a replacement left behind. */
export interface Left {
  id: ContainerId;
  /** Whose replacement it was. */
  replaced: ContainerId;
  /** ISO-8601 UTC. */
  createdAt: string;
}

/** Containers that replacements have left behind and no desktop needs: successors of one that has its name still, and old ones whose successor has theirs. With `all`, every one that has no client's name. */
export function leftIn(containers: readonly ContainerSummary[], instance: string, { all = false } = {}): Left[] {
  const rows = containers.flatMap(({ id, name, labels, createdAt }) => {
    const decoded = decodeLabels(labels, instance);
    return decoded ? [{ id, name, createdAt, replaces: decoded.replaces }] : [];
  });
  return rows.flatMap(({ id, name, createdAt, replaces }): Left[] => {
    if (isAsideName(name, id)) return all || rows.some((other) => other.replaces === id && !isSuccessorName(other.name, id)) ? [{ id, replaced: id, createdAt }] : [];
    if (replaces === undefined || !isSuccessorName(name, replaces)) return [];
    return all || rows.some((other) => other.id === replaces && !isAsideName(other.name, other.id)) ? [{ id, replaced: replaces, createdAt }] : [];
  });
}

// Longer than anybody replaces a desktop.
const LEFT_MS = 3_600_000;

/** Removes those that no live process is at; its failures are left to the next time. */
export async function removeLeftIn(desktops: Desktops, left: readonly Left[]): Promise<void> {
  const { containers } = desktops.engine;
  for (const { id, replaced, createdAt } of left) {
    // Another machine may be at it, which nobody here can tell.
    if (!desktops.engine.capabilities.local && desktops.clock.now().getTime() - Date.parse(createdAt) < LEFT_MS) continue;
    const release = await tryLockReplacement(desktops, replaced);
    if (!release) continue;
    try {
      // It may have become a client's desktop since the look.
      const now = await containers.find(id);
      if (now && isInReplacement(now.name, id, replacesIn(desktops, now))) await containers.remove(id);
    } catch {
      // The next look finds it again.
    } finally {
      await release();
    }
  }
}

/** Removes all that replacements have left behind in an installation whose desktops are all removed. */
export async function removeAllLeft(desktops: Desktops): Promise<void> {
  const { instance } = desktops.installation;
  await removeLeftIn(desktops, leftIn(await desktops.engine.containers.list({ labels: ownershipLabels(instance) }), instance, { all: true }));
}

/** The containers in whose place others were being made when this state was written, for that client. */
export function replacedOf({ allocations }: StoreState, endpoint: string, client: ClientId | undefined): ContainerId[] {
  return Object.values(allocations).flatMap((allocation) => (allocation.replacing !== undefined && allocation.client === client && allocation.endpoint === endpoint ? [allocation.replacing] : []));
}

async function findLeft(desktops: Desktops, replaced: ContainerId): Promise<{ successor: ContainerDetails | undefined; old: ContainerDetails | undefined }> {
  const { engine, installation } = desktops;
  const [named, old] = await Promise.all([engine.containers.find(successorName(installation.prefix, installation.instance, replaced)), engine.containers.find(replaced)]);
  return { successor: named && replacesIn(desktops, named) === replaced ? named : undefined, old };
}

const replacesIn = ({ installation }: Desktops, { labels }: ContainerDetails): ContainerId | undefined => decodeLabels(labels, installation.instance)?.replaces;

const isAside = ({ id, name }: ContainerDetails): boolean => isAsideName(name, id) || name.endsWith(ADOPTED_SUFFIX);

/** Whether a container is a desktop in the making, or one that has given its name away. */
export function isInReplacement(name: string, id: ContainerId, replaces: ContainerId | undefined): boolean {
  return isAsideName(name, id) || (replaces !== undefined && isSuccessorName(name, replaces));
}

/** Takes the lock of a container's replacement without waiting; undefined while another one has it. On an engine of this machine it ends with its process; on another one, who changes something has the client's lock already. */
export async function tryLockReplacement({ engine, installation, warm }: Desktops, replaced: ContainerId): Promise<ReleaseLock | undefined> {
  if (!engine.capabilities.local) return async () => undefined;
  return warm.locks.tryTake({ desktopId: `next-${replaced.slice(0, 12)}` as DesktopId, name: successorName(installation.prefix, installation.instance, replaced), imageId: '' });
}

/** Forgets that one was being replaced, where it stays. */
export async function unmark(desktops: Desktops, client: ClientId, replaced: ContainerId): Promise<void> {
  await changeMarked(desktops, client, replaced, ({ replacing: _, removing: __, ...record }) => record);
}

/** Forgets one that was replaced. */
export async function forgetReplaced(desktops: Desktops, client: ClientId, replaced: ContainerId): Promise<void> {
  await changeMarked(desktops, client, replaced, () => undefined);
}

async function changeMarked({ store, engine }: Desktops, client: ClientId, replaced: ContainerId, change: (record: Allocation) => Allocation | undefined): Promise<void> {
  await store.update((state) => {
    const isMeant = (record: Allocation): boolean => record.replacing === replaced && record.client === client && record.endpoint === engine.endpoint;
    if (!Object.values(state.allocations).some(isMeant)) return { result: undefined };
    const records = Object.entries(state.allocations).flatMap(([id, record]) => {
      const next = isMeant(record) ? change(record) : record;
      return next ? [[id, next] as const] : [];
    });
    return { state: { ...state, allocations: Object.fromEntries(records) }, result: undefined };
  });
}
