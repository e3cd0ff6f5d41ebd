// The way of one warm desktop: made, waited for until its page is painted and nothing in it works any more, then paused; and removed.
// Its lock is held all that time, so that nobody takes half of one, or removes one that is being taken.
import { VncctlError } from '../errors.ts';
import type { Desktops } from './desktops.ts';
import type { ContainerId } from './engine.ts';
import { needsOf } from './admission.ts';
import { memberName, newDesktopId } from './identity.ts';
import type { Member } from './pool-plan.ts';
import { newContainer } from './new-container.ts';
import type { DesktopSpec } from './spec.ts';
import { type Place, releasePlace, tryTakePlace } from './start-place.ts';
import type { DesktopId } from './store.ts';
import { waitForStage } from './up-wait.ts';

/** How the warm desktops of an image are made now. */
export interface Recipe {
  spec: DesktopSpec;
  poolKey: string;
  imageId: string;
  /** The address that each gets a port of its own on; undefined for none. */
  publishedOn: string | undefined;
}

/** Makes one and freezes it when it is ready. NO_MEMORY or NO_FREE_PORT when the host has no room for it beside a client's next desktop. On any failure nothing of it is left, or what is left is found by the next filling. */
export async function makeMember(desktops: Desktops, recipe: Recipe, signal: AbortSignal): Promise<DesktopId> {
  const { installation, warm } = desktops;
  const desktopId = newDesktopId();
  const name = memberName(installation.prefix, installation.instance, desktopId);
  const release = await warm.locks.tryTake({ desktopId, name, imageId: recipe.imageId });
  if (!release) throw new VncctlError('CONFLICT', `somebody holds the lock of ${name}, which is new`);
  let place: Place | undefined;
  try {
    const bytes = needsOf(recipe.spec.entry, recipe.spec.limits.memoryBytes);
    const answer = await tryTakePlace(desktops, { desktop: desktopId, bytes, marginBytes: bytes, ...(recipe.publishedOn === undefined ? {} : { port: { refused: new Set() } }) });
    if (answer.lack) throw answer.lack.failure;
    ({ place } = answer);
    await makeLocked(desktops, recipe, { desktopId, name, hostPort: place.hostPort }, signal);
    return desktopId;
  } finally {
    if (place) await releasePlace(desktops, place).catch(() => {});
    await release();
  }
}

const UNDO_DEADLINE_MS = 3_000;

async function makeLocked(desktops: Desktops, { spec, poolKey }: Recipe, { desktopId, name, hostPort }: { desktopId: DesktopId; name: string; hostPort: number | undefined }, signal: AbortSignal): Promise<void> {
  const { engine } = desktops;
  signal.throwIfAborted();
  try {
    // Without the signal: an aborted request still makes its container, which nobody would then know of.
    const id = await engine.containers.create(name, newContainer(desktops, spec, { desktopId, hostPort, lease: {}, poolKey }));
    await engine.containers.start(id, { signal });
    await waitForStage(desktops, id, {
      stage: spec.entry.ready,
      client: 'the pool',
      imageKey: spec.entry.key,
      timeoutMs: Math.min(spec.entry.readyTimeoutSeconds * 1000, LONGEST_WAIT_MS),
      signal,
      onStage: () => {},
    });
    await desktops.clock.sleep(spec.entry.settleSeconds * 1000, signal);
    await untilCalm(desktops, id, signal);
    await engine.containers.pause(id, { signal });
  } catch (error) {
    await removeByName(desktops, name).catch(() => {});
    throw error;
  }
}

// Well below the life of a lock in the engine.
const LONGEST_WAIT_MS = 3 * 60_000;

async function removeByName({ engine }: Desktops, name: string): Promise<void> {
  const found = await engine.containers.find(name, { deadlineMs: UNDO_DEADLINE_MS });
  if (found) await engine.containers.remove(found.id, { deadlineMs: UNDO_DEADLINE_MS });
}

const CALM_LOOK_MS = 400;
/** Of one processor: what a page with a clock on it takes. */
const CALM_SHARE = 0.05;
const LONGEST_CALMING_MS = 8_000;

/** Resolves once it works no more, or after eight seconds: a page may never come to rest. */
async function untilCalm({ engine, clock }: Desktops, id: ContainerId, signal: AbortSignal): Promise<void> {
  const untilMs = clock.monotonicMs() + LONGEST_CALMING_MS;
  const look = async (): Promise<{ atMs: number; usedMs: number | undefined }> => ({ usedMs: await engine.containers.cpuMs(id, { signal }), atMs: clock.monotonicMs() });
  let last = await look();
  while (clock.monotonicMs() < untilMs) {
    await clock.sleep(CALM_LOOK_MS, signal);
    const now = await look();
    if (now.usedMs === undefined || last.usedMs === undefined) return;
    if (now.usedMs - last.usedMs <= CALM_SHARE * (now.atMs - last.atMs)) return;
    last = now;
  }
}

/** Removes one; returns why it was left alone, undefined when it is gone. */
export async function removeMember({ engine, warm }: Desktops, member: Member, signal: AbortSignal): Promise<string | undefined> {
  const release = await warm.locks.tryTake(member);
  if (!release) return 'somebody takes or makes it right now';
  try {
    const container = await engine.containers.find(member.container, { signal });
    if (!container) return undefined;
    if (container.name !== member.name) return 'somebody has taken it';
    // Nothing in it is worth a clean end.
    await engine.containers.remove(member.container, { signal });
    return undefined;
  } finally {
    await release();
  }
}
