// `rm`: takes desktops away. Marks them in the store first, so that an `up` at the same moment waits instead of handing one
// out; asks the session to end before the container does; leaves no container, record, label or network of its own behind.
import { isVncctlError } from '../errors.ts';
import type { CatalogEntry } from './catalog.ts';
import { livePromises, withMarks } from './admission.ts';
import type { ClientId } from './client-id.ts';
import { withClientLock } from './client-lock.ts';
import type { Desktop } from './desktop.ts';
import { type Desktops, nameOf } from './desktops.ts';
import type { CallOptions, ContainerId, Containers, Engine } from './engine.ts';
import { ownNetworkName } from './identity.ts';
import { ownershipLabels } from './labels.ts';
import { inParallel } from './parallel.ts';
import { liveReservations } from './ports.ts';
import { removeAllLeft, removeLeft, replacedOf } from './mend.ts';
import type { Allocation, StoreState } from './store.ts';

export interface Removal {
  desktop: Desktop;
  /** Absent when it is gone or was kept. */
  error?: unknown;
  /** Why it was left alone. */
  kept?: string;
}

export interface RemoveOptions {
  signal: AbortSignal;
  /** Why they go, in words, for whoever sees them go. */
  cause: string | ((desktop: Desktop) => string);
  /** Asked with its record under the store's lock, as the last moment to leave it alone: a reason keeps it. */
  unless?: (desktop: Desktop, record: Allocation | undefined) => string | undefined;
  /** Called as each one is done, in the order of ending. */
  onRemoved?: (removal: Removal) => void;
}

const DEFAULT_GRACE_SECONDS = 5;

/** Removes each desktop, several at once; tries all and reports each, in the order given. */
export async function removeDesktops(desktops: Desktops, targets: readonly Desktop[], options: RemoveOptions): Promise<Removal[]> {
  const { kept, state } = await mark(desktops, targets, options);
  const removals = await inParallel(targets, desktops.installation.parallel, async (desktop): Promise<Removal> => {
    const reason = kept.get(desktop);
    const removal = reason === undefined ? await removeOne(desktops, desktop, replacedOf(state, desktops.engine.endpoint, desktop.client), options.signal) : { desktop, kept: reason };
    options.onRemoved?.(removal);
    return removal;
  });
  await forget(desktops, removals);
  return removals;
}

/** Says in the store that this process takes the desktop of a client away: nobody hands it out, and whoever sees it go knows why. */
export async function announceRemoval({ store, engine, clock, processes }: Desktops, client: ClientId, cause: string): Promise<void> {
  await store.update((state) => {
    const removing = { pid: processes.pid, at: clock.now().toISOString(), cause };
    const marked = Object.entries(state.allocations).map(([id, allocation]) => [id, allocation.client === client && allocation.endpoint === engine.endpoint ? { ...allocation, removing } : allocation]);
    return { state: { ...state, allocations: Object.fromEntries(marked) }, result: undefined };
  });
}

/** Removes what replacements have left behind where all desktops are gone, then the networks of the instance that no desktop is left on; returns the names of those that went. */
export async function removeUnusedNetworks(desktops: Desktops): Promise<string[]> {
  const { engine, installation } = desktops;
  await removeAllLeft(desktops);
  const networks = await engine.networks.list({ labels: ownershipLabels(installation.instance) });
  const removed: string[] = [];
  for (const { name } of networks) if (await removeUnused(engine, name)) removed.push(name);
  return removed;
}

async function removeUnused(engine: Engine, network: string, options?: CallOptions): Promise<boolean> {
  try {
    await engine.networks.remove(network, options);
    return true;
  } catch (error) {
    // Somebody's desktop came up in between, or another instance shares it: it is in use, which is fine.
    if (isVncctlError(error, 'NETWORK_CONFLICT')) return false;
    throw error;
  }
}

async function removeOne(desktops: Desktops, desktop: Desktop, replaced: readonly ContainerId[], signal: AbortSignal): Promise<Removal> {
  try {
    signal.throwIfAborted();
    await (desktop.container && !desktops.engine.capabilities.local ? removeAlone(desktops, desktop, desktop.container, replaced, signal) : removeContainers(desktops, desktop, replaced, signal));
    await removeOwnNetwork(desktops, desktop, signal);
    return { desktop };
  } catch (error) {
    return { desktop, error };
  }
}

/** Once no other machine changes that client's desktop. */
async function removeAlone(desktops: Desktops, desktop: Desktop, { id, name }: NonNullable<Desktop['container']>, replaced: readonly ContainerId[], signal: AbortSignal): Promise<void> {
  // The lock is a container: it is made of the image of the one that goes.
  const image = (await desktops.engine.containers.find(id, { signal }))?.imageId;
  if (image === undefined) return removeContainers(desktops, desktop, replaced, signal);
  await withClientLock(desktops, { whose: desktop.client ?? name, image, signal }, (until) => removeContainers(desktops, desktop, replaced, until));
}

async function removeContainers(desktops: Desktops, desktop: Desktop, replaced: readonly ContainerId[], signal: AbortSignal): Promise<void> {
  if (desktop.container) {
    await endContainer(desktops, desktop, desktop.container.id, signal).catch((error: unknown) => {
      // Somebody else was sooner.
      if (!isVncctlError(error, 'DESKTOP_NOT_FOUND')) throw error;
    });
  }
  await removeLeft(desktops, replaced, signal);
}

async function endContainer({ engine, catalog }: Desktops, desktop: Desktop, id: ContainerId, signal: AbortSignal): Promise<void> {
  const { containers } = engine;
  const running = desktop.status === 'ready' || desktop.status === 'starting' || desktop.status === 'failed' || desktop.status === 'exiting';
  if (running || desktop.status === 'paused') {
    if (desktop.status === 'paused') await containers.unpause(id, { signal });
    await endSession(containers, id, catalog.find(desktop.image), signal);
  }
  await containers.remove(id, { signal });
}

/** Has the session of a container end that is removed next: its pages are left first, as they may have something to say. */
export async function endSession(containers: Containers, id: ContainerId, entry: CatalogEntry | undefined, signal: AbortSignal): Promise<void> {
  const stopSignal = entry?.removeSignal;
  await containers.stop(id, entry?.stopGraceSeconds ?? DEFAULT_GRACE_SECONDS, { signal, ...(stopSignal === undefined ? {} : { stopSignal }) });
}

// What a lost desktop was on is known by its name alone, so it has to be looked at before it is taken for ours.
async function removeOwnNetwork(desktops: Desktops, desktop: Desktop, signal: AbortSignal): Promise<void> {
  const { engine, installation } = desktops;
  if (desktop.ownNetwork !== undefined) await removeUnused(engine, desktop.ownNetwork, { signal });
  if (desktop.container || !desktop.client) return;
  const name = ownNetworkName(installation.network, nameOf(desktops, desktop.client));
  const labels = (await engine.networks.find(name, { signal }))?.labels;
  const ours = Object.entries(ownershipLabels(installation.instance)).every(([key, value]) => labels?.[key] === value);
  if (ours) await removeUnused(engine, name, { signal });
}

/** Marks those that are to go; returns the others with the reason that keeps each. */
async function mark({ store, engine, clock, processes }: Desktops, targets: readonly Desktop[], { cause, unless }: RemoveOptions): Promise<{ kept: ReadonlyMap<Desktop, string>; state: StoreState }> {
  return store.update((state) => {
    const kept = new Map<Desktop, string>();
    const allocations = { ...state.allocations };
    for (const desktop of targets) {
      const { id, client, image, createdAt } = desktop;
      const allocation = allocations[id];
      const reason = unless?.(desktop, allocation);
      if (reason !== undefined) {
        kept.set(desktop, reason);
        continue;
      }
      const removing = { pid: processes.pid, at: clock.now().toISOString(), cause: typeof cause === 'string' ? cause : cause(desktop) };
      if (allocation) allocations[id] = { ...allocation, removing };
      // One that was forgotten is remembered for the mark's sake: an `up` must not hand it out now.
      else if (client) allocations[id] = { desktopId: id, client, endpoint: engine.endpoint, image, createdAt, removing };
    }
    return { state: { ...state, allocations }, result: { kept, state } };
  });
}

async function forget({ store, clock, processes }: Desktops, removals: readonly Removal[]): Promise<void> {
  await store.update((state) => {
    const allocations: Record<string, StoreState['allocations'][string]> = { ...state.allocations };
    for (const { desktop, error, kept: reason } of removals) {
      const allocation = allocations[desktop.id];
      if (!allocation || reason !== undefined) continue;
      const { removing: _, ...kept } = allocation;
      if (error === undefined) {
        delete allocations[desktop.id];
        // What was left of its replacement went with it.
        for (const [id, { client, replacing }] of Object.entries(allocations)) if (replacing !== undefined && client === desktop.client) delete allocations[id];
      }
      else allocations[desktop.id] = kept;
    }
    const [now, isAlive] = [clock.now(), (pid: number) => processes.isAlive(pid)];
    const gone = new Set(removals.flatMap(({ desktop, error, kept: reason }) => (error === undefined && reason === undefined ? [desktop.id] : [])));
    const promises = livePromises(state.promises, now, isAlive).filter(({ desktop }) => !gone.has(desktop));
    const reservations = liveReservations(state.reservations, now, isAlive);
    return { state: withMarks({ ...state, allocations, reservations }, { promises, queue: state.queue ?? [] }), result: undefined };
  });
}
