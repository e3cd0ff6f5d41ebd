// Who changes a client's desktop, where several machines drive one engine and share no store: `up` and `rm` hold the client's lock
// meanwhile, a container that is never started. Its holder changes its limits every few seconds; one that no longer does was killed.
// Each waiter measures that by its own clock alone, so that no two clocks are compared. On an engine of this host there is none.
import { createHash } from 'node:crypto';
import { isVncctlError, VncctlError } from '../errors.ts';
import type { Clock } from './clock.ts';
import type { Desktops } from './desktops.ts';
import type { ContainerDetails, ContainerId, ContainerSpec, Engine } from './engine.ts';
import { containerName } from './identity.ts';
import { LABEL, ownershipLabels } from './labels.ts';

/** What is to be locked. */
export interface LockWish {
  /** Whose desktop it is: the client, which all machines call alike, whatever they call containers; or the container's name where the client isn't known. */
  whose: string;
  /** An image that the engine has, by reference or id. */
  image: string;
  signal: AbortSignal;
}

const BEAT_MS = 5_000;
/** Without a sign of life for so long, a lock has no holder. */
export const BEAT_LIFE_MS = 20_000;
/** The same where the engine can't change limits, and so no sign can be given: longer than any `up` takes. */
const SILENT_LIFE_MS = 15 * 60_000;
const POLL_MS = 500;
const LONGEST_WAIT_MS = 20 * 60_000;
const RELEASE_DEADLINE_MS = 5_000;

const CPUS = 0.01;
const MEMORY_BYTES = 16 * 1024 ** 2;
const BEAT_BYTES = 4096;

/** Runs `work` while no other machine changes that client's desktop. Its signal is the caller's, and ends with CONFLICT when the lock is lost. CONFLICT when the lock can't be had in twenty minutes. */
export async function withClientLock<T>(desktops: Desktops, wish: LockWish, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { engine, clock } = desktops;
  if (engine.capabilities.local) return work(wish.signal);
  const { marker, beats } = await take(desktops, wish);
  const ended = new AbortController();
  const lost = new AbortController();
  if (beats) void keepAlive(engine, clock, marker, ended.signal, lost);
  try {
    return await work(AbortSignal.any([wish.signal, lost.signal]));
  } finally {
    ended.abort();
    await engine.containers.remove(marker, { deadlineMs: RELEASE_DEADLINE_MS }).catch(() => undefined);
  }
}

async function take({ engine, clock, installation }: Desktops, { whose, image, signal }: LockWish): Promise<{ marker: ContainerId; beats: boolean }> {
  const { prefix, instance } = installation;
  const lockName = lockNameOf(prefix, instance, whose);
  const untilMs = clock.monotonicMs() + LONGEST_WAIT_MS;
  let seen: { id: ContainerId; memoryBytes: number; sinceMs: number } | undefined;
  for (;;) {
    signal.throwIfAborted();
    const marker = await tryCreate(engine, lockName, image, instance, BEAT_LIFE_MS);
    if (marker !== undefined) return begin(engine, marker, { lockName, image, instance, signal });
    const other = await engine.containers.find(lockName, { signal });
    const nowMs = clock.monotonicMs();
    if (other && (seen?.id !== other.id || seen.memoryBytes !== other.limits.memoryBytes)) seen = { id: other.id, memoryBytes: other.limits.memoryBytes, sinceMs: nowMs };
    // By its id: what another one has taken meanwhile has the name, but not the id.
    if (other && seen && nowMs - seen.sinceMs >= lifeMsOf(other)) await engine.containers.remove(other.id, { signal });
    if (nowMs >= untilMs) throw new VncctlError('CONFLICT', 'another machine has been changing this desktop for twenty minutes', { hint: `see who holds the lock on the engine: docker inspect ${lockName}` });
    if (other) await clock.sleep(POLL_MS, signal);
  }
}

/** The first sign of life; where the engine can't give one, the lock is made to last longer without. */
async function begin(engine: Engine, marker: ContainerId, { lockName, image, instance, signal }: { lockName: string; image: string; instance: string; signal: AbortSignal }): Promise<{ marker: ContainerId; beats: boolean }> {
  try {
    signal.throwIfAborted();
    await beat(engine, marker, 1);
    return { marker, beats: true };
  } catch (error) {
    await engine.containers.remove(marker, { deadlineMs: RELEASE_DEADLINE_MS });
    if (!isVncctlError(error, 'ENGINE_FAILED', 'USAGE')) throw error;
    const silent = await tryCreate(engine, lockName, image, instance, SILENT_LIFE_MS);
    if (silent === undefined) throw new VncctlError('CONFLICT', 'another machine changes this desktop', { hint: 'try again in a moment' });
    return { marker: silent, beats: false };
  }
}

async function keepAlive(engine: Engine, clock: Clock, marker: ContainerId, ended: AbortSignal, lost: AbortController): Promise<void> {
  for (let count = 2; !ended.aborted; count++) {
    try {
      await clock.sleep(BEAT_MS, ended);
      await beat(engine, marker, count, ended);
    } catch (error) {
      if (ended.aborted) return;
      // An engine that can't be reached now is asked again; a lock that is gone was taken for a killed one's.
      if (isVncctlError(error, 'DESKTOP_NOT_FOUND')) return lost.abort(new VncctlError('CONFLICT', 'another machine has taken over this desktop', { hint: 'try again' }));
    }
  }
}

async function beat({ containers }: Engine, marker: ContainerId, count: number, signal?: AbortSignal): Promise<void> {
  await containers.updateLimits(marker, { cpus: CPUS, memoryBytes: MEMORY_BYTES + (count % 256) * BEAT_BYTES }, { signal, deadlineMs: BEAT_MS });
}

/** Undefined while another one has it. Without a signal: an aborted request makes it all the same. */
async function tryCreate(engine: Engine, name: string, image: string, instance: string, lifeMs: number): Promise<ContainerId | undefined> {
  try {
    return await engine.containers.create(name, markerSpec(image, { ...ownershipLabels(instance), [LABEL.clientLock]: String(lifeMs) }));
  } catch (error) {
    if (isVncctlError(error, 'NAME_TAKEN')) return undefined;
    throw error;
  }
}

function lifeMsOf({ labels }: ContainerDetails): number {
  const lifeMs = Number(labels[LABEL.clientLock]);
  return Number.isFinite(lifeMs) && lifeMs >= BEAT_LIFE_MS ? lifeMs : SILENT_LIFE_MS;
}

/** Name of the lock. It is never started, and so no desktop can ask for it. */
export function lockNameOf(prefix: string, instance: string, whose: string): string {
  return containerName(prefix, instance, `lock_${createHash('sha256').update(whose).digest('hex').slice(0, 20)}`);
}

function markerSpec(image: string, labels: Readonly<Record<string, string>>): ContainerSpec {
  const limits = { cpus: CPUS, memoryBytes: MEMORY_BYTES, pids: 16, shmSizeBytes: 64 * 1024 };
  return { image, env: {}, labels, network: 'none', limits, user: 'image', capabilities: [], tmpfs: {}, stopGraceSeconds: 1, logMaxBytes: 1024 ** 2, init: 'engine' };
}
