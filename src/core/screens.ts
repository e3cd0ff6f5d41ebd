// What the gateway asks about one desktop, by its id: how it stands, to keep it, to have it run, and where its screen is.
import { VncctlError } from '../errors.ts';
import { needsOf } from './admission.ts';
import { type Desktop, deriveDesktop, lostDesktop } from './desktop.ts';
import { type Desktops, probeTarget, viewOf } from './desktops.ts';
import type { CallOptions, ContainerId } from './engine.ts';
import { explain } from './explain.ts';
import type { Journal } from './journal.ts';
import { LABEL, ownershipLabels } from './labels.ts';
import type { LeaseClock } from './lease.ts';
import type { LeaseState } from './lease-state.ts';
import type { ProbeTarget } from './readiness.ts';
import { rememberWoken } from './remember.ts';
import { type Geometry, MAX_SIZE_DEFAULT } from './size.ts';
import { releasePlace } from './start-place.ts';
import { takePlace } from './start-queue.ts';
import type { Allocation, DesktopId, StoreState } from './store.ts';
import type { TicketMode } from './tickets.ts';
import { touchDesktop } from './touch.ts';
import { checkViewOnly, viewOnlyTarget } from './view-only.ts';

/** How a desktop stands, for whoever looks at it. */
export interface ScreenState {
  /** `no-view-only`: it can't be shown to somebody who may only look. `no-room`: it is stopped, and the host had no memory to start it when it was opened last. `gone`: there was one of that id, and something is still known of it. */
  status: 'starting' | 'ready' | 'paused' | 'waking' | 'stopped' | 'no-room' | 'no-view-only' | 'gone';
  /** When it will be removed if nothing is done: ISO-8601 UTC; absent: never, or nobody can tell. */
  removeAt?: string;
  /** Whether keeping it would put that off. */
  canKeep?: boolean;
  /** Why it is gone; names no client. */
  reason?: string;
  /** How long each step of its start took, in the order of the steps. */
  phaseMs?: Readonly<Record<string, number>>;
}

/** How the desktop of that id stands; undefined when there is none and nobody knows of one. */
export async function findScreen(desktops: Desktops, journal: Journal, id: DesktopId, options?: CallOptions): Promise<ScreenState | undefined> {
  const { desktop, state } = await findById(desktops, id, options);
  if (desktop?.container && desktop.status !== 'exiting') return stateOf(desktops, desktop, state);
  // Until it is gone nothing is written down but the intention.
  const cause = desktop && state.allocations[id]?.removing?.cause;
  if (cause !== undefined) return { status: 'gone', reason: cause };
  const last = (await journal.read({ desktop: id })).findLast(({ event }) => event === 'removed');
  if (last) return { status: 'gone', reason: last.cause };
  return desktop ? { status: 'gone' } : undefined;
}

/** Makes it count as used now, as `touch` does; returns how it stands then. */
export async function keepScreen(desktops: Desktops, journal: Journal, id: DesktopId): Promise<ScreenState | undefined> {
  const { desktop } = await findById(desktops, id);
  if (desktop?.container && desktop.client) await touchDesktop(desktops, desktop.client);
  return findScreen(desktops, journal, id);
}

/** Where the screen of a desktop is that runs, and how large a viewer may make it. */
export type OpenedScreen = ProbeTarget & { maxSize: Geometry };

/** Has it run, woken or started if need be, which is told once it is done, and tells where its screen is, with the secret for what the mode allows. VIEW_ONLY_REFUSED before anything is woken for a mode that its image doesn't have, DESKTOP_NOT_FOUND when it is gone or going, NO_MEMORY when there is none to start it, NOT_READY when it can't be dialled from here. */
export async function openScreen(desktops: Desktops, id: DesktopId, mode: TicketMode, signal: AbortSignal, onStep?: (step: 'wake' | 'start') => void): Promise<OpenedScreen> {
  const { containers } = desktops.engine;
  const { desktop } = await findById(desktops, id, { signal });
  if (!desktop?.container || desktop.status === 'exiting') throw new VncctlError('DESKTOP_NOT_FOUND', 'the desktop is gone');
  const { container } = desktop;
  if (mode === 'view-only') checkViewOnly(desktops.catalog.find(desktop.image), desktop.image);
  if (desktop.status === 'paused') {
    await containers.unpause(container.id, { signal });
    onStep?.('wake');
    // A store that is locked just now keeps nobody from their screen.
    await rememberWoken(desktops, id).catch(() => undefined);
  } else if (!container.running) {
    await startAgain(desktops, desktop, container.id, signal);
    onStep?.('start');
  }
  const details = await containers.find(container.id, { signal });
  const target = details && probeTarget(desktops, desktop.image, details);
  if (!target) throw new VncctlError('NOT_READY', 'the desktop has no screen that can be dialled from here');
  const allowed = mode === 'view-only' ? viewOnlyTarget(target) : target;
  return { ...allowed, maxSize: desktops.catalog.find(desktop.image)?.maxSize ?? MAX_SIZE_DEFAULT };
}

/** Starts one that has ended where the host has memory for it, as `up` would: a click must not make it swap. */
async function startAgain(desktops: Desktops, { id, image }: Desktop, container: ContainerId, signal: AbortSignal): Promise<void> {
  const { containers } = desktops.engine;
  const details = await containers.find(container, { signal });
  if (!details) throw new VncctlError('DESKTOP_NOT_FOUND', 'the desktop is gone');
  const { memoryBytes } = details.limits;
  const entry = desktops.catalog.find(image);
  // What it has not taken yet stays promised to it for a while.
  const place = await takePlace(desktops, { desktop: id, bytes: entry ? needsOf(entry, memoryBytes) : memoryBytes }, { signal });
  try {
    await containers.start(container, { signal });
  } catch (error) {
    await releasePlace(desktops, place).catch(() => undefined);
    throw error;
  }
}

/** Where the screen of a desktop is that runs already: nothing is woken or started. Undefined for one that does not run, or can't be dialled from here; DESKTOP_NOT_FOUND when it is gone or going. */
export async function findRunningScreen(desktops: Desktops, id: DesktopId, options?: CallOptions): Promise<ProbeTarget | undefined> {
  const { desktop } = await findById(desktops, id, options);
  if (!desktop?.container || desktop.status === 'exiting') throw new VncctlError('DESKTOP_NOT_FOUND', 'the desktop is gone');
  if (!desktop.container.running) return undefined;
  const details = await desktops.engine.containers.find(desktop.container.id, options);
  return details && probeTarget(desktops, desktop.image, details);
}

async function findById(desktops: Desktops, id: DesktopId, options?: CallOptions): Promise<{ desktop: Desktop | undefined; state: StoreState }> {
  const labels = { ...ownershipLabels(desktops.installation.instance), [LABEL.desktop]: id };
  const [[container], state] = await Promise.all([desktops.engine.containers.list({ labels }, options), desktops.store.read()]);
  if (container) return { desktop: deriveDesktop(container, state, viewOf(desktops)), state };
  const record = state.allocations[id];
  return { desktop: record?.endpoint === desktops.engine.endpoint ? lostDesktop(record, desktops.installation) : undefined, state };
}

function stateOf(desktops: Desktops, desktop: Desktop, state: StoreState): ScreenState {
  const { state: lease, watch } = explain(desktops, desktop, state);
  const removal = watch.watched ? (announcedRemoval(lease, state.allocations[desktop.id]) ?? lease.removal) : undefined;
  return { status: statusOf(desktop), ...(removal ? { removeAt: removal.at, canKeep: removal.clock !== 'max-age' } : {}) };
}

/** Whoever watches knows of input that is not remembered: what a clock announced that can't be told here holds, unless the desktop was used since or another clock is due before. */
function announcedRemoval({ clocks, removal }: LeaseState, record: Allocation | undefined): { at: string; clock: LeaseClock } | undefined {
  const warned = record?.warned;
  if (!warned || !clocks.some(({ clock, state }) => clock === warned.clock && state === 'unknown')) return undefined;
  if (record.lastUsedAt !== undefined && Date.parse(record.lastUsedAt) > Date.parse(warned.at)) return undefined;
  if (removal && Date.parse(removal.at) < Date.parse(warned.removeAt)) return undefined;
  return { at: warned.removeAt, clock: warned.clock };
}

function statusOf({ status, container }: Desktop): ScreenState['status'] {
  switch (status) {
    case 'starting':
    case 'ready':
    case 'paused':
      return status;
    case 'failed':
      // An unhealthy one may be looked at all the same.
      return container?.running ? 'ready' : 'stopped';
    case 'stopped':
      return 'stopped';
    case 'exiting':
    case 'lost':
      return 'gone';
    default:
      return status satisfies never;
  }
}
