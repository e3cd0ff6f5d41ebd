// Remembering a desktop that was handed out: whose it is, that it was used now, and that it was seen ready.
import type { ClientId } from './client-id.ts';
import { VncctlError } from '../errors.ts';
import { deriveDesktop, isBeingRemoved } from './desktop.ts';
import { type Desktops, viewOf } from './desktops.ts';
import type { ContainerDetails } from './engine.ts';
import type { StoreState } from './store.ts';

// Asking again at once is no news: a write costs the lock.
const COALESCE_MS = 60_000;

/** Records that `client` was handed the desktop in `container` now, and keeps the promise of its port no longer; returns the state that follows. DESKTOP_NOT_FOUND while another process removes it. */
export async function rememberDesktop(desktops: Desktops, container: ContainerDetails, seen: { client: ClientId; seenReady: boolean }): Promise<StoreState> {
  const { store, engine, clock, processes } = desktops;
  const { client } = seen;
  const now = clock.now();
  const before = await store.read();
  const desktop = deriveDesktop(container, before, viewOf(desktops));
  if (!desktop) return before;
  const known = before.allocations[desktop.id];
  const readyBefore = known?.readyAt && known.readyAt >= (container.startedAt ?? '') ? known.readyAt : undefined;
  const readyAt = seen.seenReady ? now.toISOString() : readyBefore;
  const fresh = known && readyBefore && !known.removing && now.getTime() - Date.parse(known.lastUsedAt ?? '') < COALESCE_MS;
  // Whoever promised the port: its container holds it by now, also when the one that created it was killed.
  const reserved = before.reservations.some((reservation) => reservation.port === desktop.hostPort);
  if (fresh && !reserved) return before;
  return store.update((state) => {
    // A removal that began after the look: the mark stays, and whoever asked looks again.
    if (isBeingRemoved(state.allocations[desktop.id], now, (pid) => processes.isAlive(pid))) throw new VncctlError('DESKTOP_NOT_FOUND', 'it is being removed');
    const others = Object.entries(state.allocations).filter(([, allocation]) => allocation.endpoint !== engine.endpoint || allocation.client !== client);
    const allocation = {
      desktopId: desktop.id,
      client,
      endpoint: engine.endpoint,
      image: desktop.image,
      createdAt: container.createdAt,
      lastUsedAt: now.toISOString(),
      ...(readyAt ? { readyAt } : {}),
    };
    const next: StoreState = {
      allocations: { ...Object.fromEntries(others), [desktop.id]: allocation },
      reservations: state.reservations.filter((reservation) => reservation.port !== desktop.hostPort),
    };
    return { state: next, result: next };
  });
}
