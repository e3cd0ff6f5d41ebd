// The steps of `up`, each carried out as the plan says, and taking back what an attempt has made when one fails.
import { isVncctlError, VncctlError } from '../errors.ts';
import type { Desktops } from './desktops.ts';
import type { ContainerId } from './engine.ts';
import { newDesktopId } from './identity.ts';
import { decodeLabels } from './labels.ts';
import { newContainer } from './new-container.ts';
import { releasePort, reservePort } from './port-reservation.ts';
import { announceRemoval } from './remove.ts';
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
      await run.phase('remove', async () => {
        await announceRemoval(desktops, request.client, `vncctl up: ${step.cause}`);
        await engine.containers.stop(step.id, request.entry.stopGraceSeconds, { signal });
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
      const hostPort = isPublished ? await run.phase('port', () => reserveOrMakeWay(run)) : undefined;
      if (hostPort !== undefined) made.port = hostPort;
      // Without the signal: an aborted request still makes its container, which nobody would then know of.
      signal.throwIfAborted();
      made.desktop = newDesktopId();
      const container = newContainer(desktops, question.spec, { desktopId: made.desktop, hostPort, ownNetwork: step.ownNetwork, lease: request.lease, client: request.client });
      made.container = await run.phase('create', () => engine.containers.create(step.name, container));
      signal.throwIfAborted();
      return made.container;
    }
    case 'start':
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

/** A port; where the range is full, one that a warm desktop holds: the pool never starves a client. */
async function reserveOrMakeWay({ desktops, refusedPorts, options }: Run): Promise<number> {
  for (;;) {
    try {
      return await reservePort(desktops, refusedPorts);
    } catch (error) {
      if (!isVncctlError(error, 'NO_FREE_PORT') || !(await (await import('./pool-member.ts')).giveWay(desktops, options.signal))) throw error;
    }
  }
}

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
  if (made.port !== undefined) await releasePort(run.desktops, made.port).catch(() => {});
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
