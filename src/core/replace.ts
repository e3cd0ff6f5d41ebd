// Putting a new desktop in the place of a container: the new one is made under a name of its own, takes the other's name once it can be
// seen, and the other goes last. What ended half-way is put right by mend.ts.
import { VncctlError } from '../errors.ts';
import type { ClientId } from './client-id.ts';
import type { Desktops } from './desktops.ts';
import type { ContainerId } from './engine.ts';
import { asideName, successorName } from './identity.ts';
import type { ReleaseLock } from './member-locks.ts';
import { ADOPTED_SUFFIX, forgetReplaced, tryLockReplacement, unmark } from './mend.ts';
import { announceRemoval, endSession } from './remove.ts';
import type { Allocation, DesktopId } from './store.ts';

/** The container that is to go. */
export interface Old {
  id: ContainerId;
  /** Its desktop; absent for a container of another system. */
  desktop?: DesktopId;
  /** Key of its image in the catalog; empty for a container of another system. */
  image: string;
  /** It runs or is paused, and leaves its memory to the new one where there is too little for both. A container of another system is not stopped for that: nobody knows how much it has. */
  holdsMemory: boolean;
  hostPort?: number;
}

/** How far one attempt has come. */
export interface Replacement {
  old: Old;
  release: ReleaseLock;
  /** The old one was ended, because there is room for one only. */
  stopped?: true;
  /** The old one may have lost its name. */
  aside?: string;
  /** The new one may have taken it: from then on the new one is the client's desktop. */
  swapping?: true;
}

/** Locks the place and says in the store that it is being taken. NAME_TAKEN when another process is at it. */
export async function beginReplacement(desktops: Desktops, client: ClientId, old: Old): Promise<Replacement> {
  const release = await tryLockReplacement(desktops, old.id);
  if (!release) throw new VncctlError('NAME_TAKEN', 'another process is replacing it');
  try {
    await markReplacing(desktops, client, old);
    return { old, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Ends the old one where there is room for one only. */
export async function stopOld(desktops: Desktops, client: ClientId, replacement: Replacement, cause: string, signal: AbortSignal): Promise<void> {
  const { containers } = desktops.engine;
  const { id, image } = replacement.old;
  await announceRemoval(desktops, client, cause);
  replacement.stopped = true;
  await containers.unpause(id, { signal });
  await endSession(containers, id, desktops.catalog.find(image), signal);
}

/** Gives the name of the old one to the new one. DESKTOP_NOT_FOUND when the old one has gone or has another name by now. */
export async function swap(desktops: Desktops, client: ClientId, replacement: Replacement, { successor, name, cause }: { successor: ContainerId; name: string; cause: string }): Promise<void> {
  const { engine, installation } = desktops;
  const { id, desktop } = replacement.old;
  const aside = desktop === undefined ? `${name}${ADOPTED_SUFFIX}` : asideName(installation.prefix, installation.instance, id);
  // First: whoever sees it go knows why.
  await announceRemoval(desktops, client, cause);
  replacement.aside = aside;
  // Without the signal: an aborted request renames all the same.
  await engine.containers.rename(id, aside, { from: name });
  replacement.swapping = true;
  await engine.containers.rename(successor, name, { from: successorName(installation.prefix, installation.instance, id) });
}

/** Takes back what an attempt has done to the old one; the new one is gone by now, or has taken its place. */
export async function undoReplacement(desktops: Desktops, client: ClientId, replacement: Replacement, name: string, deadlineMs: number): Promise<void> {
  const { containers } = desktops.engine;
  const { old, aside, stopped } = replacement;
  if (aside !== undefined) await containers.rename(old.id, name, { from: aside, deadlineMs }).catch(unlessItHasItsName(desktops, old.id, name));
  if (stopped) await containers.start(old.id, { deadlineMs });
  await unmark(desktops, client, old.id);
}

function unlessItHasItsName(desktops: Desktops, id: ContainerId, name: string): (error: unknown) => Promise<void> {
  return async (error) => {
    if ((await desktops.engine.containers.find(id))?.name !== name) throw error;
  };
}

/** Whether the new one has taken the name: it is the client's desktop, whatever failed. */
export async function hasSwapped(desktops: Desktops, { swapping }: Replacement, successor: ContainerId | undefined, name: string, deadlineMs: number): Promise<boolean> {
  if (!swapping || successor === undefined) return false;
  return (await desktops.engine.containers.find(successor, { deadlineMs }))?.name === name;
}

/** Ends one that has gone so far that the new one has the name. */
export async function endReplacement(desktops: Desktops, client: ClientId, { old }: Replacement, deadlineMs: number): Promise<void> {
  await desktops.engine.containers.remove(old.id, { deadlineMs });
  await forgetReplaced(desktops, client, old.id);
}

async function markReplacing({ store, engine, clock }: Desktops, client: ClientId, { id, desktop, image }: Old): Promise<void> {
  if (desktop === undefined) return;
  await store.update((state) => {
    // One that was forgotten is remembered for the mark's sake.
    const known: Allocation = state.allocations[desktop] ?? { desktopId: desktop, client, endpoint: engine.endpoint, image, createdAt: clock.now().toISOString() };
    return { state: { ...state, allocations: { ...state.allocations, [desktop]: { ...known, replacing: id } } }, result: undefined };
  });
}
