// The steps of `up`, each carried out as the plan says, and taking back what an attempt has made when one fails.
import { isVncctlError, VncctlError } from '../errors.ts';
import { needsOf } from './admission.ts';
import type { Desktops } from './desktops.ts';
import type { ContainerId } from './engine.ts';
import { newDesktopId, successorName } from './identity.ts';
import { decodeLabels } from './labels.ts';
import { newContainer } from './new-container.ts';
import { announceRemoval, endSession } from './remove.ts';
import { type Place, type PlaceWish, releasePlace, tryTakePlace } from './start-place.ts';
import { type QueueOptions, takePlace } from './start-queue.ts';
import { createNetwork } from './up-network.ts';
import { refuseTwin } from './twin.ts';
import { mend } from './mend.ts';
import { beginReplacement, endReplacement, hasSwapped, type Old, stopOld, swap, undoReplacement } from './replace.ts';
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
      await run.phase('remove', async () => {
        if (!made.replacement) await announceRemoval(desktops, request.client, `vncctl up: ${step.cause}`);
        await endSession(engine.containers, step.id, desktops.catalog.find(step.image), signal);
        await engine.containers.remove(step.id, { signal });
      });
      return undefined;
    case 'mend': {
      const waitMs = (request.timeoutMs ?? request.entry.readyTimeoutSeconds * 1000) + (request.queueMs ?? 0) + MENDING_MS;
      const outcome = await run.phase('mend', () => mend(desktops, request.client, step.replaced, { timeoutMs: waitMs, signal }));
      const { leftOver: _, inPlaceOf, ...question } = run.question;
      // What another one has made just now is not made again.
      run.question = { ...question, mended: true, ...(outcome === 'waited' ? { recreate: false } : { inPlaceOf }) };
      return undefined;
    }
    case 'swap': {
      const { replacement } = made;
      if (!replacement) throw new VncctlError('BUG', 'a name was to be taken before the place was');
      signal.throwIfAborted();
      await run.phase('swap', () => swap(desktops, request.client, replacement, { successor: known(current), name: step.name, cause: causeOf(run) }));
      return undefined;
    }
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
      made.place = step.instead ? await takePlaceOf(run, made, step.instead, isPublished) : await promisePlace(run, made, isPublished);
      // Without the signal: an aborted request still makes its container, which nobody would then know of.
      signal.throwIfAborted();
      made.desktop = made.place.desktop;
      const container = newContainer(desktops, question.spec, { desktopId: made.desktop, hostPort: made.place.hostPort, ownNetwork: step.ownNetwork, replaces: step.instead?.id, lease: request.lease, client: request.client });
      made.container = await run.phase('create', () => engine.containers.create(step.name, container));
      if (!step.instead) await refuseTwin(run);
      signal.throwIfAborted();
      return made.container;
    }
    case 'start':
      if (step.desktop !== undefined) await promiseMemory(run, made, { desktop: step.desktop });
      await run.phase('start', () => engine.containers.start(known(current), { signal }));
      return undefined;
    case 'claim':
      return run.phase('claim', async () => {
        const taken = await (await import('./claim.ts')).takeMember(run, step.name, step.members, made);
        await refuseTwin(run);
        return taken;
      });
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

/** The place of a desktop that is made in another's place: beside it, or where there is room for one only, its own. */
async function takePlaceOf(run: Run, made: Made, old: Old, isPublished: boolean): Promise<Place> {
  const { desktops, request, options } = run;
  const { signal } = options;
  made.replacement = await beginReplacement(desktops, request.client, old);
  const wish: PlaceWish = { desktop: newDesktopId(), bytes: needs(run), ...(isPublished ? { port: { refused: run.refusedPorts } } : {}) };
  const answer = await run.phase(isPublished ? 'port' : 'memory', () => tryTakePlace(desktops, wish));
  if (answer.place) return answer.place;
  const { port: _, ...withoutPort } = wish;
  const kept = isPublished && old.hostPort !== undefined && !run.refusedPorts.has(old.hostPort) ? { hostPort: old.hostPort } : undefined;
  // One that has ended leaves its port, and no memory.
  if (!old.holdsMemory) return answer.lack.of === 'port' && kept ? { ...(await takePlace(desktops, withoutPort, queueOptions(run))), ...kept } : takePlace(desktops, wish, queueOptions(run));
  const place = await takePlace(desktops, { ...(kept ? withoutPort : wish), inPlaceOfAnother: true }, queueOptions(run));
  made.place = place;
  const { replacement } = made;
  await run.phase('stop', () => stopOld(desktops, request.client, replacement, causeOf(run), signal));
  return { ...place, ...kept };
}

/** Why the old one goes, in words for whoever sees it go. */
const causeOf = ({ question: { recreateCause } }: Run): string => `vncctl up: ${recreateCause ?? '--recreate'}`;

// Beside the time in which a desktop comes up: for the old one to end, and for an image that is built.
const MENDING_MS = 60_000;

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
  const deadlineMs = isVncctlError(because, 'ENGINE_UNREACHABLE', 'ENGINE_TIMEOUT') ? UNDO_DEADLINE_WITHOUT_ENGINE_MS : UNDO_DEADLINE_MS;
  try {
    await takeBack(run, made, deadlineMs);
  } catch {
    // Adopted or cleaned by the next command.
  }
  if (made.place) await releasePlace(run.desktops, made.place).catch(() => {});
}

async function takeBack(run: Run, made: Made, deadlineMs: number): Promise<void> {
  const { engine } = run.desktops;
  const { replacement } = made;
  if (replacement && (await hasSwapped(run.desktops, replacement, made.container, run.question.name, deadlineMs))) {
    // The new one is the client's desktop from then on.
    await endReplacement(run.desktops, run.request.client, replacement, deadlineMs);
    return;
  }
  const container = made.claimed ? await findClaimed(run, made.claimed.id, deadlineMs) : (made.container ?? (await findMade(run, made, deadlineMs)));
  if (!(await isHandedOut(run, made))) {
    if (container !== undefined) await engine.containers.remove(container, { deadlineMs });
    // Refused while another process's container is on it, which is right.
    if (made.network !== undefined) await engine.networks.remove(made.network, { deadlineMs });
  }
  if (replacement) await undoReplacement(run.desktops, run.request.client, replacement, run.question.name, deadlineMs);
}

/** The container of a create whose answer never came. */
async function findMade({ desktops, question }: Run, { desktop, replacement }: Made, deadlineMs: number): Promise<ContainerId | undefined> {
  if (desktop === undefined) return undefined;
  const name = replacement ? successorName(question.prefix, question.instance, replacement.old.id) : question.name;
  const container = await desktops.engine.containers.find(name, { deadlineMs });
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
