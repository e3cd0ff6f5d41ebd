// `rm`: takes desktops away. Marks them in the store first, so that an `up` at the same moment waits instead of handing one
// out; asks the session to end before the container does; leaves no container, record, label or network of its own behind.
import { isVncctlError } from '../errors.ts';
import type { Desktop } from './desktop.ts';
import { type Desktops, nameOf } from './desktops.ts';
import type { CallOptions, ContainerId, Engine } from './engine.ts';
import { ownNetworkName } from './identity.ts';
import { ownershipLabels } from './labels.ts';
import { liveReservations } from './ports.ts';
import type { StoreState } from './store.ts';

export interface Removal {
  desktop: Desktop;
  /** Absent when it is gone. */
  error?: unknown;
}

export interface RemoveOptions {
  signal: AbortSignal;
  /** Called as each one is done, in the order of ending. */
  onRemoved?: (removal: Removal) => void;
}

const DEFAULT_GRACE_SECONDS = 5;

/** Removes each desktop, several at once; tries all and reports each, in the order given. */
export async function removeDesktops(desktops: Desktops, targets: readonly Desktop[], options: RemoveOptions): Promise<Removal[]> {
  await mark(desktops, targets);
  const removals = new Map<Desktop, Removal>();
  const waiting = [...targets];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const removal = await removeOne(desktops, next, options.signal);
      removals.set(next, removal);
      options.onRemoved?.(removal);
    }
  };
  await Promise.all(Array.from({ length: Math.min(desktops.installation.parallel, targets.length) }, worker));
  const done = targets.map((desktop) => removals.get(desktop) ?? { desktop });
  await forget(desktops, done);
  return done;
}

/** Removes the networks of the instance that no desktop is left on; returns the names of those that went. */
export async function removeUnusedNetworks({ engine, installation }: Desktops): Promise<string[]> {
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

async function removeOne(desktops: Desktops, desktop: Desktop, signal: AbortSignal): Promise<Removal> {
  try {
    signal.throwIfAborted();
    if (desktop.container) await endContainer(desktops, desktop, desktop.container.id, signal);
    await removeOwnNetwork(desktops, desktop, signal);
    return { desktop };
  } catch (error) {
    return { desktop, error };
  }
}

async function endContainer({ engine, catalog }: Desktops, desktop: Desktop, id: ContainerId, signal: AbortSignal): Promise<void> {
  const { containers } = engine;
  const running = desktop.status === 'ready' || desktop.status === 'starting' || desktop.status === 'failed' || desktop.status === 'exiting';
  if (running || desktop.status === 'paused') {
    if (desktop.status === 'paused') await containers.unpause(id, { signal });
    // The container's own stop signal is what asks the browser to quit, so that its profile is whole.
    await containers.stop(id, catalog.find(desktop.image)?.stopGraceSeconds ?? DEFAULT_GRACE_SECONDS, { signal });
  }
  await containers.remove(id, { signal });
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

async function mark({ store, engine, clock, processes }: Desktops, targets: readonly Desktop[]): Promise<void> {
  const removing = { pid: processes.pid, at: clock.now().toISOString() };
  await store.update((state) => {
    const allocations = { ...state.allocations };
    for (const { id, client, image, createdAt } of targets) {
      const allocation = allocations[id];
      if (allocation) allocations[id] = { ...allocation, removing };
      // One that was forgotten is remembered for the mark's sake: an `up` must not hand it out now.
      else if (client) allocations[id] = { desktopId: id, client, endpoint: engine.endpoint, image, createdAt, removing };
    }
    return { state: { ...state, allocations }, result: undefined };
  });
}

async function forget({ store, clock, processes }: Desktops, removals: readonly Removal[]): Promise<void> {
  await store.update((state) => {
    const allocations: Record<string, StoreState['allocations'][string]> = { ...state.allocations };
    for (const { desktop, error } of removals) {
      const allocation = allocations[desktop.id];
      if (!allocation) continue;
      const { removing: _, ...kept } = allocation;
      if (error === undefined) delete allocations[desktop.id];
      else allocations[desktop.id] = kept;
    }
    const reservations = liveReservations(state.reservations, clock.now(), (pid) => processes.isAlive(pid));
    return { state: { ...state, allocations, reservations }, result: undefined };
  });
}
