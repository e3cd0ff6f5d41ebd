// Remembering a desktop that was handed out: whose it is, that it was used now, and that it was seen ready.
import { withMarks } from './admission.ts';
import type { ClientId } from './client-id.ts';
import { VncctlError } from '../errors.ts';
import { type Desktop, deriveDesktop, isBeingRemoved } from './desktop.ts';
import { type Desktops, viewOf } from './desktops.ts';
import type { ContainerDetails } from './engine.ts';
import type { LeaseChanges } from './lease.ts';
import { leaseOf } from './lease-of.ts';
import type { Allocation, Claimed, DesktopId, MemoryPromise, StoreState } from './store.ts';

// Asking again at once is no news: a write costs the lock.
const COALESCE_MS = 60_000;

/** What is to be remembered of a desktop that was handed out. */
export interface HandedOut {
  client: ClientId;
  seenReady: boolean;
  /** Its page is painted: it has taken the memory that it needs. */
  seenPainted: boolean;
  /** Lengths of its lease that are new. */
  lease?: LeaseChanges | undefined;
  /** It was taken from the pool: now, or (not `isNew`) by an `up` that did not come to remember it. `fitted` is what it was given. */
  claim?: { isNew: boolean; fitted?: Readonly<Record<string, string>> };
}

/** Records that `client` was handed the desktop in `container` now, and keeps the promises of its port and its memory no longer; returns the state that follows. DESKTOP_NOT_FOUND while another process removes it. */
export async function rememberDesktop(desktops: Desktops, container: ContainerDetails, seen: HandedOut): Promise<StoreState> {
  const { store, engine, clock, processes } = desktops;
  const { client } = seen;
  const now = clock.now();
  const before = await store.read();
  const desktop = deriveDesktop(container, before, viewOf(desktops));
  if (!desktop) return before;
  const known = before.allocations[desktop.id];
  const readyBefore = known?.readyAt && known.readyAt >= (container.startedAt ?? '') ? known.readyAt : undefined;
  const readyAt = seen.seenReady ? now.toISOString() : readyBefore;
  const fresh = known && readyBefore && !known.removing && !known.pauseCause && !seen.lease && !seen.claim && now.getTime() - Date.parse(known.lastUsedAt ?? '') < coalesceMs(desktops, desktop);
  // Whoever promised the port: its container holds it by now, also when the one that created it was killed.
  const reserved = before.reservations.some((reservation) => reservation.port === desktop.hostPort);
  const promised = before.promises?.some((promise) => promise.desktop === desktop.id) ?? false;
  if (fresh && !reserved && !promised) return before;
  return store.update((state) => {
    // A removal that began after the look: the mark stays, and whoever asked looks again.
    if (isBeingRemoved(state.allocations[desktop.id], now, (pid) => processes.isAlive(pid))) throw new VncctlError('DESKTOP_NOT_FOUND', 'it is being removed');
    // A removal that has ended since the look.
    if (known && !state.allocations[desktop.id]) throw new VncctlError('DESKTOP_NOT_FOUND', 'it was removed by somebody else');
    const others = Object.entries(state.allocations).filter(([, allocation]) => allocation.endpoint !== engine.endpoint || allocation.client !== client);
    // All that others remember of it stays; what was seen of an earlier start, why it was paused and a killed process's mark do not.
    const { readyAt: _, removing: __, pauseCause: ___, ...kept }: Partial<Allocation> = state.allocations[desktop.id] ?? {};
    const allocation: Allocation = {
      ...kept,
      desktopId: desktop.id,
      client,
      endpoint: engine.endpoint,
      image: desktop.image,
      // Moved along when the clock was set: not the engine's.
      createdAt: seen.claim?.isNew ? now.toISOString() : (kept.createdAt ?? container.createdAt),
      ...(seen.claim ? { claimed: claimedNow(seen.claim, kept.claimed, now) } : {}),
      lastUsedAt: now.toISOString(),
      ...(readyAt ? { readyAt } : {}),
      ...(seen.lease ? { lease: { ...kept.lease, ...seen.lease } } : {}),
    };
    const next: StoreState = {
      ...keepPromises(state, desktop.id, seen),
      allocations: { ...Object.fromEntries(others), [desktop.id]: allocation },
      reservations: state.reservations.filter((reservation) => reservation.port !== desktop.hostPort),
    };
    return { state: next, result: next };
  });
}

/** What one has not taken yet stays promised to it when this process ends. */
function keepPromises(state: StoreState, id: DesktopId, { seenPainted }: HandedOut): StoreState {
  const promises = (state.promises ?? []).flatMap((promise): MemoryPromise[] => (promise.desktop !== id ? [promise] : seenPainted ? [] : [{ ...promise, started: true }]));
  return withMarks(state, { promises, queue: state.queue ?? [] });
}

/** Two `up` of one client may end the same claim: what one of them knows is kept. */
function claimedNow({ fitted }: NonNullable<HandedOut['claim']>, before: Claimed | undefined, now: Date): Claimed {
  return fitted ? { at: now.toISOString(), fitted } : (before ?? { at: now.toISOString() });
}

/** Records why a desktop is about to be paused, for whoever sees that happen; nothing where it is not remembered. */
export async function rememberPause(desktops: Pick<Desktops, 'store'>, id: DesktopId, cause: string): Promise<void> {
  await changeRecord(desktops, id, (record) => ({ ...record, pauseCause: cause }));
}

/** Forgets that, where it was not paused after all. */
export async function forgetPause(desktops: Pick<Desktops, 'store'>, id: DesktopId): Promise<void> {
  await changeRecord(desktops, id, ({ pauseCause: _, ...record }) => record);
}

/** Records that a paused desktop runs again: it was ready before, which its health check doesn't know yet. */
export async function rememberWoken(desktops: Pick<Desktops, 'store' | 'clock'>, id: DesktopId): Promise<void> {
  const readyAt = desktops.clock.now().toISOString();
  await changeRecord(desktops, id, ({ pauseCause: _, ...record }) => ({ ...record, readyAt }));
}

/** Records what the client that asked for a desktop said of it; nothing where it is not remembered. */
export async function rememberNotes(desktops: Pick<Desktops, 'store'>, id: DesktopId, notes: Readonly<Record<string, string>>): Promise<void> {
  await changeRecord(desktops, id, (record) => ({ ...record, notes }));
}

async function changeRecord({ store }: Pick<Desktops, 'store'>, id: DesktopId, change: (record: Allocation) => Allocation): Promise<void> {
  await store.update((state) => {
    const record = state.allocations[id];
    if (!record) return { result: undefined };
    return { state: { ...state, allocations: { ...state.allocations, [id]: change(record) } }, result: undefined };
  });
}

// A clock must not fire while its desktop is being asked for: a short one is written down oftener.
function coalesceMs(desktops: Desktops, desktop: Desktop): number {
  const { idle, removeAfter } = leaseOf(desktops, desktop);
  const quarters = [idle.length, removeAfter.length].map((length) => (length === 'never' ? COALESCE_MS : length / 4));
  return Math.min(COALESCE_MS, ...quarters);
}
