// Looks whether the host has memory for a desktop, and says how much is missing and what would help.
import type { VncctlError } from '../errors.ts';
import { livePromises, liveWaiters, type MemoryFacts, noMemory, spareBytes } from './admission.ts';
import { deriveDesktops } from './desktop.ts';
import { type Desktops, viewOf } from './desktops.ts';
import type { ContainerSummary } from './engine.ts';
import { decodeLabels, ownershipLabels } from './labels.ts';
import { longestIdle } from './longest-idle.ts';
import { inParallel } from './parallel.ts';
import type { MemoryPromise, StoreState, Waiter } from './store.ts';

/** Who else takes memory before one that asks. */
export interface Rivals {
  promises: readonly MemoryPromise[];
  /** Who waits before it. */
  ahead: readonly Waiter[];
}

/** What is missing for one that needs so much beside a margin; undefined where there is enough, or nobody can tell. */
export async function memoryLack(desktops: Desktops, { bytes, marginBytes = 0 }: { bytes: number; marginBytes?: number }, { promises, ahead, state }: Rivals & { state: StoreState }): Promise<{ bytes: number; failure: VncctlError } | undefined> {
  const { installation, engine, clock } = desktops;
  let facts = await memoryFacts(desktops, { promises, ahead });
  const missing = (): number => bytes + marginBytes - (spareBytes(facts) ?? Number.POSITIVE_INFINITY);
  if (missing() <= 0) return undefined;
  const containers = await engine.containers.list({ labels: ownershipLabels(installation.instance) });
  if (promises.length > 0) {
    // Part of what was promised to them they have taken by now, so it isn't free any more: not to be counted twice.
    const promisedBytes = sum(ahead) + (await stillToCome(desktops, promises, containers));
    // How much is free is read after that: what they take in between must rather count twice than not at all.
    facts = { ...(await memoryFacts(desktops, { promises, ahead })), promisedBytes };
    if (missing() <= 0) return undefined;
  }
  const running = deriveDesktops(containers, state, viewOf(desktops)).filter(({ container }) => container?.running);
  return { bytes: missing(), failure: noMemory(bytes, facts, { idle: longestIdle(running, clock.now()), pooled: installation.pool.length > 0 }) };
}

/** What could be taken now beside all that is promised and waited for, in bytes; undefined where nobody can tell. */
export async function spareMemory(desktops: Desktops, state: StoreState): Promise<number | undefined> {
  const now = desktops.clock.now();
  const isAlive = (pid: number): boolean => desktops.processes.isAlive(pid);
  return spareBytes(await memoryFacts(desktops, { promises: livePromises(state.promises, now, isAlive), ahead: liveWaiters(state.queue, now, isAlive) }));
}

async function memoryFacts({ memory, installation, engine }: Desktops, { promises, ahead }: Rivals): Promise<MemoryFacts> {
  return {
    availableBytes: engine.capabilities.local ? await memory.availableBytes() : undefined,
    reserveBytes: installation.reserveMemory,
    promisedBytes: sum(promises) + sum(ahead),
  };
}

async function stillToCome({ engine, installation }: Desktops, promises: readonly MemoryPromise[], containers: readonly ContainerSummary[]): Promise<number> {
  const left = await inParallel(promises, installation.parallel, async ({ desktop, bytes, started }) => {
    const container = containers.find(({ labels }) => decodeLabels(labels, installation.instance)?.desktopId === desktop);
    if (!container) return started ? 0 : bytes;
    // Unknown: nothing is taken off.
    return Math.max(0, bytes - ((await engine.containers.memoryBytes(container.id).catch(() => undefined)) ?? 0));
  });
  return left.reduce((total, bytes) => total + bytes, 0);
}

const sum = (marks: readonly { bytes: number }[]): number => marks.reduce((total, { bytes }) => total + bytes, 0);
