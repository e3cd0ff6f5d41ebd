// The steps of `up`, each carried out as the plan says, and taking back what an attempt has made when one fails.
import { isVncctlError, VncctlError } from '../errors.ts';
import { needsOf } from './admission.ts';
import type { Desktops } from './desktops.ts';
import type { ContainerId } from './engine.ts';
import { newDesktopId } from './identity.ts';
import { decodeLabels } from './labels.ts';
import { newContainer } from './new-container.ts';
import { announceRemoval, endSession } from './remove.ts';
import { type Place, type PlaceWish, releasePlace } from './start-place.ts';
import { type QueueOptions, takePlace } from './start-queue.ts';
import { createNetwork } from './up-network.ts';
import type { UpStep } from './up-plan.ts';
import { type Made, report, type Run } from './up-run.ts';
import { waitForStage, waitUntilGone } from './up-wait.ts';

/** One step; returns the container that the next steps are about when it makes one. */
export async function perform(run: Run, step: UpStep, made: Made, current: ContainerId | undefined): Promise<ContainerId | undefined> {
  const { desktops, options, request, question } = run;
  const { engine } = desktops;
  const { signal } = options;
  switch (step.do) {
    case 'wait-for-removal':
      await run.phase('removal', () => waitUntilGone(desktops, step.id, question.client, signal));
      return undefined;
    case 'remove':
      // Asked before it goes: a host without room must not cost anybody the desktop they have. One that runs leaves its memory to the new one.
      await promiseMemory(run, made, { desktop: newDesktopId(), inPlaceOfAnother: step.running });
      await run.phase('remove', async () => {
        await announceRemoval(desktops, request.client, `vncctl up: ${step.cause}`);
        await endSession(engine.containers, step.id, desktops.catalog.find(step.image), signal);
        await engine.containers.remove(step.id, { signal });
      });
      return undefined;
    case 'rename':
      await run.phase('rename', () => engine.containers.rename(step.id, step.name, { signal }));
      return undefined;
    case 'get-image':
      await run.phase('image', () => options.getImage(request.entry, (line) => options.onProgress?.(line), signal));
      return undefined;
    case 'create-network':
      await run.phase('network', async () => {
        const isShared = step.name === question.spec.network;
        if ((await createNetwork(desktops, step.name, isShared ? undefined : question.clientKey, signal)) && !isShared) made.network = step.name;
      });
      return undefined;
    case 'create': {
      const isPublished = step.door === 'direct' || !(await isDialable(desktops, step.ownNetwork ?? question.spec.network, signal));
      made.place = await promisePlace(run, made, isPublished);
      // Without the signal: an aborted request still makes its container, which nobody would then know of.
      signal.throwIfAborted();
      made.desktop = made.place.desktop;
      const container = newContainer(desktops, question.spec, { desktopId: made.desktop, hostPort: made.place.hostPort, ownNetwork: step.ownNetwork, lease: request.lease, client: request.client });
      made.container = await run.phase('create', () => engine.containers.create(step.name, container));
      signal.throwIfAborted();
      return made.container;
    }
    case 'start':
      if (step.desktop !== undefined) await promiseMemory(run, made, { desktop: step.desktop });
      await run.phase('start', () => engine.containers.start(known(current), { signal }));
      return undefined;
    case 'claim':
      return run.phase('claim', async () => (await import('./claim.ts')).takeMember(run, step.name, step.members, made));
    case 'unpause':
      await run.phase('wake', () => engine.containers.unpause(step.id ?? known(current), { signal }));
      return undefined;
    case 'fit':
      await (await import('./claim.ts')).fit(run, made, made.claimed ? undefined : await engine.containers.find(known(current), { signal }));
      return undefined;
    case 'wait':
      await waitForStage(desktops, known(current), {
        stage: made.repainted ? question.stage : step.stage,
        seen: made.claimed,
        client: question.client,
        imageKey: request.entry.key,
        timeoutMs: request.timeoutMs ?? request.entry.readyTimeoutSeconds * 1000,
        signal,
        onStage: (phase) => report(run.phases, phase, options),
      });
      return undefined;
    default:
      return step satisfies never;
  }
}

/** Memory for a new desktop, unless it is promised already, and a port where it gets one. */
async function promisePlace(run: Run, { place }: Made, isPublished: boolean): Promise<Place> {
  const desktop = place?.desktop ?? newDesktopId();
  const take = (): Promise<Place> => takePlace(run.desktops, { desktop, bytes: needs(run), ...(isPublished ? { port: { refused: run.refusedPorts } } : {}) }, queueOptions(run));
  return run.phase(isPublished ? 'port' : 'memory', take);
}

/** Memory for a desktop that is started without a new port. */
async function promiseMemory(run: Run, made: Made, wish: Pick<PlaceWish, 'desktop' | 'inPlaceOfAnother'>): Promise<void> {
  made.place = await run.phase('memory', () => takePlace(run.desktops, { ...wish, bytes: needs(run) }, queueOptions(run)));
}

const needs = ({ question: { spec } }: Run): number => needsOf(spec.entry, spec.limits.memoryBytes);

const queueOptions = ({ request: { queueMs }, options: { signal, onProgress } }: Run): QueueOptions => ({ ...(queueMs === undefined ? {} : { queueMs }), signal, ...(onProgress ? { onProgress } : {}) });

function known(container: ContainerId | undefined): ContainerId {
  if (container === undefined) throw new VncctlError('BUG', 'a step of the plan came before its container');
  return container;
}

/** Whether a gateway here can do without a published port. Asked only now: the network may have been made for this very desktop. */
async function isDialable({ engine }: Pick<Desktops, 'engine'>, network: string, signal: AbortSignal): Promise<boolean> {
  return (await engine.networks.find(network, { signal }))?.dialable ?? false;
}

// An engine that has just failed to answer is not waited for twice; what stays is adopted or cleaned by the next command.
const UNDO_DEADLINE_MS = 30_000;
const UNDO_DEADLINE_WITHOUT_ENGINE_MS = 2_000;

/** Takes back in reverse what this attempt made; its own failures are left to the next command. */
export async function undo(run: Run, made: Made, because: unknown): Promise<void> {
  const { engine } = run.desktops;
  const deadlineMs = isVncctlError(because, 'ENGINE_UNREACHABLE', 'ENGINE_TIMEOUT') ? UNDO_DEADLINE_WITHOUT_ENGINE_MS : UNDO_DEADLINE_MS;
  try {
    const container = made.claimed ? await findClaimed(run, made.claimed.id, deadlineMs) : (made.container ?? (await findMade(run, made, deadlineMs)));
    if (!(await isHandedOut(run, made))) {
      if (container !== undefined) await engine.containers.remove(container, { deadlineMs });
      // Refused while another process's container is on it, which is right.
      if (made.network !== undefined) await engine.networks.remove(made.network, { deadlineMs });
    }
  } catch {
    // Adopted or cleaned by the next command.
  }
  if (made.place) await releasePlace(run.desktops, made.place).catch(() => {});
}

/** The container of a create whose answer never came. */
async function findMade({ desktops, question }: Run, { desktop }: Made, deadlineMs: number): Promise<ContainerId | undefined> {
  if (desktop === undefined) return undefined;
  const container = await desktops.engine.containers.find(question.name, { deadlineMs });
  return container && decodeLabels(container.labels, question.instance)?.desktopId === desktop ? container.id : undefined;
}

/** A warm one that has its client's name: whoever failed to give it that leaves it alone. */
async function findClaimed({ desktops, question }: Run, id: ContainerId, deadlineMs: number): Promise<ContainerId | undefined> {
  const container = await desktops.engine.containers.find(id, { deadlineMs });
  return container?.name === question.name ? id : undefined;
}

/** Whether another `up` has adopted it meanwhile and given its link away. */
async function isHandedOut({ desktops }: Run, { desktop, claimed }: Made): Promise<boolean> {
  const record = desktop === undefined ? undefined : (await desktops.store.read()).allocations[desktop];
  // A sweep remembers a warm one as soon as it has its client's name, which is no handing out.
  return claimed ? record?.claimed !== undefined : record !== undefined;
}
