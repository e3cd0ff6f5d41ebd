// The decision behind `up`: from what was observed, the steps that give this client a desktop. Pure; each step is one
// engine call (or one wait) with its cause in words. Carrying them out is up-steps.ts.
import { VncctlError } from '../errors.ts';
import type { ReadyStage } from './catalog.ts';
import { formatClientId } from './client-id.ts';
import { type Desktop, type DesktopView, deriveDesktop, isBeingRemoved } from './desktop.ts';
import type { Door } from './desktop-address.ts';
import type { ContainerDetails, ContainerId, ContainerSummary, NetworkIsolation } from './engine.ts';
import { chooseWarm } from './claim-plan.ts';
import { containerName, isAsideName, ownNetworkName, successorName } from './identity.ts';
import { decodeLabels } from './labels.ts';
import type { LeaseChanges } from './lease.ts';
import { leaseNews } from './lease-of.ts';
import { describeLeaseChanges } from './lease-words.ts';
import { clientKeyOf } from './owner.ts';
import type { Member } from './pool-plan.ts';
import { fittedVariables } from './pool-key.ts';
import { isInReplacement } from './mend.ts';
import type { Old } from './replace.ts';
import { type RunningDesktop, unmetWishes } from './spec.ts';
import type { Allocation, DesktopId } from './store.ts';
import type { UpObservation, UpQuestion } from './up-question.ts';

/** `desktop`: of one that is there and starts again. `instead`: the one in whose place it is made, which ends first where there is room for one only. */
export type UpStep =
  | { do: 'wait-for-removal'; id: ContainerId; cause: string }
  | { do: 'mend'; replaced: ContainerId; cause: string }
  | { do: 'remove'; id: ContainerId; image: string; cause: string }
  | { do: 'swap'; id: ContainerId; name: string; cause: string }
  | { do: 'rename'; id: ContainerId; name: string; cause: string }
  | { do: 'get-image'; how: 'build' | 'pull'; cause: string }
  | { do: 'create-network'; name: string; cause: string }
  | { do: 'create'; name: string; door: Door; ownNetwork?: string; instead?: Old; cause: string }
  | { do: 'start'; desktop?: DesktopId; cause: string }
  | { do: 'claim'; name: string; members: readonly Member[]; cause: string }
  | { do: 'unpause'; id?: ContainerId; cause: string }
  | { do: 'fit'; cause: string }
  | { do: 'wait'; stage: ReadyStage; cause: string };

export type UpOutcome = 'created' | 'claimed' | 'replaced' | 'started' | 'woken' | 'reused';

export interface UpPlan {
  outcome: UpOutcome;
  /** Why it is that, in words. */
  why: string;
  steps: readonly UpStep[];
  /** The container that is kept, when one is. */
  kept?: ContainerDetails;
  /** Lengths of its lease that it is given: in the store for one that is there already, in the labels of a new one. */
  lease?: LeaseChanges;
  /** The steps only clear the way: look and plan again after them. */
  again?: true;
  /** What the person should know: wishes that a kept desktop does not fulfil. */
  notes: readonly string[];
}

/** Decides. Throws NAME_TAKEN when the name belongs to something that isn't this instance's desktop, NETWORK_CONFLICT when the network isn't one desktops can be put on. */
export function planUp(seen: UpObservation, question: UpQuestion): UpPlan {
  const { container } = seen;
  const view: DesktopView = { ...question, now: seen.now };
  const replaced = leftOver(seen, question, view);
  if (replaced !== undefined) {
    const mend: UpStep = { do: 'mend', replaced, cause: 'another command is replacing this desktop, or was killed while it did' };
    return { outcome: 'reused', why: mend.cause, steps: [mend], again: true, notes: [] };
  }
  if (!container) {
    const stray = seen.others.find((other) => isTheirs(deriveDesktop(other, seen.state, view), question));
    if (!stray) return taking(seen, question);
    const cause = stray.name === question.otherName || isOldName(stray, seen, view) ? `their desktop has the name ${stray.name}, and names are written in another way now` : `their desktop was renamed to ${stray.name}`;
    const rename: UpStep = { do: 'rename', id: stray.id, name: question.name, cause };
    return { outcome: 'reused', why: rename.cause, steps: [rename], again: true, notes: [] };
  }

  const labels = decodeLabels(container.labels, question.instance);
  const desktop = deriveDesktop(container, seen.state, view);
  if (container.id === question.inPlaceOf) return replacing(seen, question, { id: container.id, image: '', holdsMemory: false }, 'it is taken over');
  if (!labels || !desktop) {
    throw new VncctlError('NAME_TAKEN', `the container name ${question.name} is taken by a container that is not a desktop of instance ${question.instance}`, {
      hint: `look at it: docker inspect ${question.name}   (or use another prefix: vncctl config set prefix desk_)`,
    });
  }
  if (!isTheirs(desktop, question)) {
    throw new VncctlError('NAME_TAKEN', `the container ${question.name} is another client's desktop: somebody gave it this name`, {
      hint: `it is the desktop ${desktop.id}; to remove it: vncctl rm ${desktop.id}`,
    });
  }
  const { id } = container;
  if (container.state === 'removing' || isBeingRemoved(seen.state.allocations[labels.desktopId], seen.now, question.isAlive)) {
    return creation(seen, question, [{ do: 'wait-for-removal', id, cause: 'its last desktop is on its way out' }], 'created', `${question.client} will have no desktop`);
  }
  // Nothing can be done with such a container but to remove it.
  if (container.state === 'dead') return creation(seen, question, [{ do: 'remove', id, image: desktop.image, cause: 'its container is dead' }], 'replaced', 'the old one can not be started');
  if (question.recreate) {
    const { hostPort } = labels;
    const old: Old = { id, desktop: labels.desktopId, image: desktop.image, holdsMemory: isUp(container.state), ...(hostPort === undefined ? {} : { hostPort }) };
    return replacing(seen, question, old, question.recreateCause ?? 'a new one was asked for');
  }
  return keeping(seen, question, container, desktop);
}

/** Whether it is the client's: one that nothing is remembered of may have been named in another way. */
function isTheirs(desktop: Desktop | undefined, question: UpQuestion): boolean {
  if (desktop === undefined) return false;
  return desktop.clientKey === question.clientKey || (desktop.client === undefined && desktop.clientKey === question.otherKey);
}

/** Whether it has the name that it got while names told of the client. */
function isOldName(container: ContainerSummary, { state }: UpObservation, view: DesktopView): boolean {
  const client = deriveDesktop(container, state, view)?.client;
  return client !== undefined && container.name === containerName(view.prefix, view.instance, client);
}

/** A warm desktop when one fits, else a new one. */
function taking(seen: UpObservation, question: UpQuestion): UpPlan {
  const cause = `${question.client} has no desktop`;
  const { candidates, why } = chooseWarm(seen.others, seen, question);
  if (candidates.length === 0) return { ...creation(seen, question, [], 'created', cause), why: `${cause}, and ${why}` };
  return {
    outcome: 'claimed',
    why,
    steps: [
      { do: 'claim', name: question.name, members: candidates, cause },
      { do: 'unpause', cause: 'it waited paused' },
      { do: 'fit', cause: 'page, size and limits were asked for' },
      { do: 'wait', stage: stageOfReady(question), cause: 'its page is painted already' },
    ],
    notes: [],
    ...leaseOfNew(question),
  };
}

function keeping(seen: UpObservation, question: UpQuestion, container: ContainerDetails, desktop: Desktop): UpPlan {
  const claimed = seen.state.allocations[desktop.id]?.claimed;
  const unmet = unmetWishes(asItIs(container, question, desktop, claimed), desktop.image, question.spec, question.wishes, question.askedImage);
  if (question.wishes.direct && desktop.hostPort === undefined) unmet.push('no port of its own (asked: --direct)');
  const notes = unmet.length === 0 ? [] : [`the running desktop is kept with ${unmet.join(', ')}; to replace it: vncctl up ${question.client} … --recreate`];
  const lease = leaseNews(desktop.lease, question.lease);
  const wait: UpStep = { do: 'wait', stage: question.stage, cause: 'it has just come up' };
  const plan = (outcome: UpOutcome, why: string, steps: readonly UpStep[]): UpPlan => ({ outcome, why, steps, kept: container, notes, ...(lease ? { lease } : {}) });
  const unpause: UpStep = { do: 'unpause', id: container.id, cause: 'it is paused' };
  if (desktop.pooled && !claimed && (container.state === 'paused' || container.state === 'running')) {
    const why = 'it was taken from the pool before, and nothing is remembered of that';
    return plan('claimed', why, [...(container.state === 'paused' ? [unpause] : []), { do: 'fit', cause: why }, { do: 'wait', stage: stageOfReady(question), cause: 'its page was painted before' }]);
  }
  switch (container.state) {
    case 'paused':
      return plan('woken', unpause.cause, [unpause, { do: 'wait', stage: stageOfReady(question), cause: 'it was ready before' }]);
    case 'created':
    case 'exited': {
      const cause = container.state === 'created' ? 'it was created but never started' : `it had ended (exit code ${container.exitCode ?? 'unknown'})`;
      return plan('started', cause, [...networkSteps(seen, question), { do: 'start', desktop: desktop.id, cause }, wait]);
    }
    default: {
      const readyAt = seen.state.allocations[desktop.id]?.readyAt;
      const readySinceStart = readyAt !== undefined && Date.parse(readyAt) >= Date.parse(container.startedAt ?? '');
      return plan('reused', 'it runs', [readySinceStart || container.health === 'healthy' ? { do: 'wait', stage: stageOfReady(question), cause: 'it is ready' } : wait]);
    }
  }
}

/** Whether it holds memory. */
const isUp = (state: ContainerDetails['state']): boolean => state === 'running' || state === 'paused' || state === 'restarting';

/** The container in whose place another one is, or was, being made for this client; undefined where none is. */
function leftOver(seen: UpObservation, question: UpQuestion, view: DesktopView): ContainerId | undefined {
  const { container, others, state } = seen;
  if (question.leftOver !== undefined) return question.leftOver;
  for (const { replacing: replaced, client, endpoint } of Object.values(state.allocations)) {
    if (replaced !== undefined && endpoint === question.endpoint && formatClientId(client) === question.client) return replaced;
  }
  if (!container) {
    for (const other of others) {
      const labels = decodeLabels(other.labels, question.instance);
      if (!labels || !isInReplacement(other.name, other.id, labels.replaces)) continue;
      if (clientKeyOf(labels, other.name, state.allocations[labels.desktopId], view) === question.clientKey) return labels.replaces !== undefined && !isAsideName(other.name, other.id) ? labels.replaces : other.id;
    }
    return undefined;
  }
  // Killed before it was remembered, or the store was lost: the old one may be there still.
  const labels = decodeLabels(container.labels, question.instance);
  return labels?.replaces !== undefined && !question.mended && !state.allocations[labels.desktopId] ? labels.replaces : undefined;
}

/** The new one first, under a name of its own; the old one goes last. */
function replacing(seen: UpObservation, question: UpQuestion, old: Old, cause: string): UpPlan {
  const { prefix, instance, name } = question;
  const plan = creation(seen, question, [], 'replaced', cause);
  const steps = plan.steps.map((step): UpStep => (step.do === 'create' ? { ...step, name: successorName(prefix, instance, old.id), instead: old } : step));
  const after: UpStep[] = [
    { do: 'swap', id: old.id, name, cause: 'it can be seen' },
    { do: 'remove', id: old.id, image: old.image, cause: 'its successor has its name' },
  ];
  return { ...plan, steps: [...steps, ...after] };
}

function creation(seen: UpObservation, question: UpQuestion, before: readonly UpStep[], outcome: 'created' | 'replaced', cause: string): UpPlan {
  const steps: UpStep[] = [];
  const { entry, image } = question.spec;
  if (!seen.image) steps.push({ do: 'get-image', how: entry.source.kind === 'pull' ? 'pull' : 'build', cause: `the engine has no image ${image}` });
  steps.push(
    ...networkSteps(seen, question),
    // Last, so that an old desktop is not lost to an image that can't be had.
    ...before,
    { do: 'create', name: question.name, door: question.door, ...(seen.isolation === 'networks' ? { ownNetwork: networkFor(question, seen.isolation) } : {}), cause },
    { do: 'start', cause: 'a new desktop starts at once' },
    { do: 'wait', stage: question.stage, cause: 'until it can be seen' },
  );
  return { outcome, why: cause, steps, notes: [], ...leaseOfNew(question) };
}

/** What is known of a running desktop: of a warm one, the container tells page and size as they were before it had a client. */
function asItIs(container: ContainerDetails, { spec, pool }: UpQuestion, { pooled }: Desktop, claimed: Allocation['claimed']): RunningDesktop {
  const { env, limits } = container;
  if (!pooled) return { env, limits };
  if (claimed?.fitted) return { env: { ...env, ...claimed.fitted }, limits };
  return { env, limits, unknown: fittedVariables(spec, pool.facts.canFit) };
}

const leaseOfNew = ({ lease }: UpQuestion): Pick<UpPlan, 'lease'> => (Object.keys(lease).length > 0 ? { lease } : {});

/** What is left to wait for where the page was seen before. */
const stageOfReady = ({ stage }: UpQuestion): ReadyStage => (stage === 'running' ? 'running' : 'rfb');

/** Name of the network that the client's desktop goes on: the one all share, or one of its own where sharing would let them meet. */
export function networkFor({ name, spec }: Pick<UpQuestion, 'name' | 'spec'>, isolation: NetworkIsolation): string {
  return isolation === 'members' ? spec.network : ownNetworkName(spec.network, name);
}

function networkSteps(seen: UpObservation, question: UpQuestion): UpStep[] {
  const { network, isolation } = seen;
  const name = networkFor(question, isolation);
  if (isolation === 'networks' && question.subnet) {
    throw new VncctlError('NETWORK_CONFLICT', `each desktop has a network of its own on this engine, so they can't all have the subnet ${question.subnet}`, {
      hint: 'let the engine choose: vncctl config unset subnet',
    });
  }
  if (!network) return [{ do: 'create-network', name, cause: `the engine has no network ${name}` }];
  if (network.isolates !== isolation) {
    const fault = isolation === 'members' ? 'lets its members reach each other' : 'can be reached from others';
    throw new VncctlError('NETWORK_CONFLICT', `the network ${name} ${fault}: desktops are not put on it`, {
      hint: 'let vncctl make its own: vncctl config set network vncctl_desktops',
    });
  }
  if (question.subnet && !network.subnets.includes(question.subnet)) {
    throw new VncctlError('NETWORK_CONFLICT', `the network ${name} has the subnet ${network.subnets.join(', ') || 'unknown'}, not ${question.subnet}`, {
      hint: `remove it when no desktop uses it: docker network rm ${name}   (or keep it: vncctl config unset subnet)`,
    });
  }
  return [];
}

/** The plan as a person reads it, one line a step. */
export function renderPlan(plan: UpPlan): string {
  const steps = plan.outcome === 'reused' && !plan.again ? ['reuse the running desktop'] : plan.steps.map((step) => `${stepText(step)}: ${step.cause}`);
  const lease = plan.lease ? [`give it the lease ${describeLeaseChanges(plan.lease)}: it was asked for`] : [];
  return [...steps, ...lease, ...plan.notes].join('\n');
}

function stepText(step: UpStep): string {
  switch (step.do) {
    case 'wait-for-removal':
      return `wait for ${step.id.slice(0, 12)} to be gone`;
    case 'mend':
      return `put right what was left of the replacement of ${step.replaced.slice(0, 12)}`;
    case 'swap':
      return `give it the name ${step.name} of ${step.id.slice(0, 12)}`;
    case 'remove':
      return `remove ${step.id.slice(0, 12)}`;
    case 'rename':
      return `rename ${step.id.slice(0, 12)} to ${step.name}`;
    case 'get-image':
      return `${step.how} the image`;
    case 'create-network':
      return `create network ${step.name}`;
    case 'create':
      return step.instead?.holdsMemory ? `create ${step.name} beside ${step.instead.id.slice(0, 12)}, which is stopped first where there is room for one only` : `create ${step.name}`;
    case 'start':
      return 'start it';
    case 'claim':
      return `take the warm ${step.members[0]?.desktopId ?? ''}${step.members.length > 1 ? ` (or another of ${step.members.length})` : ''} as ${step.name}`;
    case 'unpause':
      return step.id === undefined ? 'wake it' : `wake ${step.id.slice(0, 12)}`;
    case 'fit':
      return 'fit it to its client';
    case 'wait':
      return `wait for ${step.stage}`;
    default:
      return step satisfies never;
  }
}
