// The waits of `up`: for a desktop on its way out to be gone, and for a starting one to be seen while it lives.
import type { ReadyStage } from './catalog.ts';
import { deriveDesktop } from './desktop.ts';
import { type Desktops, probeTarget, viewOf } from './desktops.ts';
import type { ContainerDetails, ContainerId } from './engine.ts';
import { isVncctlError, VncctlError } from '../errors.ts';

const REMOVAL_TIMEOUT_MS = 60_000;
const REMOVAL_POLL_MS = 50;

/** Resolves once the container is gone. DESKTOP_NOT_FOUND when its removal was given up: the plan has to be made anew. NOT_READY after a minute. */
export async function waitUntilGone(desktops: Desktops, id: ContainerId, client: string, signal: AbortSignal): Promise<void> {
  const { engine, clock } = desktops;
  const deadline = clock.monotonicMs() + REMOVAL_TIMEOUT_MS;
  while (clock.monotonicMs() < deadline) {
    const container = await engine.containers.find(id, { signal });
    if (!container) return;
    if (!(await isLeaving(desktops, container))) throw new VncctlError('DESKTOP_NOT_FOUND', 'its removal was given up');
    await clock.sleep(REMOVAL_POLL_MS, signal);
  }
  throw new VncctlError('NOT_READY', `the last desktop of ${client} is still on its way out after ${REMOVAL_TIMEOUT_MS / 1000} s`, { hint: `remove it by force: vncctl rm ${client}` });
}

export interface StageWait {
  stage: ReadyStage;
  /** The container, if it was seen a moment ago. */
  seen?: ContainerDetails | undefined;
  /** How the client is called in messages. */
  client: string;
  /** The image that was asked for; a kept desktop's own comes first. */
  imageKey: string;
  timeoutMs: number;
  signal: AbortSignal;
  /** Called as each stage is reached, with the milliseconds since the one before. */
  onStage: (phase: { name: ReadyStage; ms: number }) => void;
}

/** Resolves once the stage is reached. NOT_READY when it isn't in time, CONTAINER_DIED or DESKTOP_NOT_FOUND as soon as the container ends or goes, and what the probe throws. */
export async function waitForStage(desktops: Desktops, id: ContainerId, wait: StageWait): Promise<void> {
  const { stage, client, timeoutMs } = wait;
  const { engine, clock, probe } = desktops;
  const container = wait.seen ?? (await engine.containers.find(id, { signal: wait.signal }));
  if (!container) throw new VncctlError('DESKTOP_NOT_FOUND', 'the container is gone');
  if (container.state === 'exited' || container.state === 'dead') throw await endedError(desktops, client, container);
  if (stage === 'running') return;
  const image = deriveDesktop(container, { allocations: {}, reservations: [] }, viewOf(desktops))?.image ?? wait.imageKey;
  const target = probeTarget(desktops, image, container);
  if (!target) {
    // The engine takes the address away first.
    if (await isLeaving(desktops, container)) throw removedBySomebody();
    throw new VncctlError('NOT_READY', 'the desktop has no address that can be reached from here');
  }

  const timeout = new AbortController();
  const done = new AbortController();
  const signal = AbortSignal.any([wait.signal, timeout.signal, done.signal]);
  clock.sleep(timeoutMs, done.signal).then(
    () => timeout.abort(),
    () => {},
  );
  let lastStage: ReadyStage = 'running';
  let before = clock.monotonicMs();
  const onStage = (reached: ReadyStage): void => {
    const now = clock.monotonicMs();
    wait.onStage({ name: reached, ms: now - before });
    [lastStage, before] = [reached, now];
  };
  const ended = engine.containers.waitForExit(id, { signal }).then(async () => {
    throw await endedError(desktops, client, await engine.containers.find(id));
  });
  try {
    await Promise.race([probe.waitFor(stage, target, { signal, onStage }), ended]);
  } catch (error) {
    if (!timeout.signal.aborted || isVncctlError(error)) throw error;
    throw new VncctlError('NOT_READY', `the desktop of ${client} was not ready (${stage}) within ${timeoutMs / 1000} s; it got as far as: ${lastStage}`, {
      hint: `give it more time: vncctl up ${client} --timeout 2m   (or wait for less: --wait rfb; or make it anew: --recreate)`,
    });
  } finally {
    done.abort();
    ended.catch(() => {});
  }
}

async function endedError(desktops: Desktops, client: string, container: ContainerDetails | undefined): Promise<VncctlError> {
  // Ended because another process removes it: that is no failure of the desktop, and whoever asked looks again.
  if (!container || (await isLeaving(desktops, container))) return removedBySomebody();
  const lines = await desktops.engine.containers.logs(container.id, 12);
  const why = container.outOfMemory ? 'it ran out of memory' : container.error ? container.error : `exit code ${container.exitCode ?? 'unknown'}`;
  return new VncctlError('CONTAINER_DIED', [`the desktop of ${client} ended while starting: ${why}`, ...lines.map((line) => `  | ${line}`)].join('\n'), {
    ...(container.outOfMemory ? { hint: `give it more: vncctl up ${client} --memory 2g` } : {}),
  });
}

async function isLeaving(desktops: Desktops, container: ContainerDetails): Promise<boolean> {
  return deriveDesktop(container, await desktops.store.read(), viewOf(desktops))?.status === 'exiting';
}

const removedBySomebody = (): VncctlError => new VncctlError('DESKTOP_NOT_FOUND', 'the container was removed by somebody else');
