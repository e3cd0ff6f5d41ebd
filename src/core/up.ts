// `up`: gives a client their desktop. Observes, plans (up-plan.ts), carries the plan out step by step (up-steps.ts), and has
// what it made taken back when a step fails. A race lost to another process is no failure: it looks again.
import { isVncctlError, VncctlError } from '../errors.ts';
import { formatClientId } from './client-id.ts';
import { withClientLock } from './client-lock.ts';
import { type Desktop, deriveDesktop } from './desktop.ts';
import { type Desktops, linkUrl, pageUrl, secretOf, titleOf, viewOf } from './desktops.ts';
import { formatDuration } from './duration.ts';
import type { CallOptions, ContainerDetails, ContainerId, ContainerSummary } from './engine.ts';
import { decodeLabels, ownershipLabels } from './labels.ts';
import type { Lease, LeaseChanges } from './lease.ts';
import { leaseOf, switchSecondsOf } from './lease-of.ts';
import { describeLeaseChanges } from './lease-words.ts';
import { type HandedOut, rememberDesktop } from './remember.ts';
import { lookAtNetwork } from './up-network.ts';
import { planUp, type UpOutcome, type UpPlan } from './up-plan.ts';
import type { UpQuestion } from './up-question.ts';
import { type Made, type Phase, type Run, startRun, type UpOptions, type UpRequest } from './up-run.ts';
import { perform, undo } from './up-steps.ts';

export interface UpResult {
  outcome: UpOutcome;
  /** Why it was that, in words. */
  why: string;
  desktop: Desktop;
  /** To its own port, with the secret in its fragment; absent when no port is published. */
  link?: string;
  lease: Lease;
  phases: readonly Phase[];
  totalMs: number;
  notes: readonly string[];
}

// A race is lost at most once for each competitor; beyond this something else keeps changing the engine.
const MAX_ATTEMPTS = 40;

/** Create-or-reuse, safe to run twice and from several processes at once. Throws what the failed step threw, after undoing it. */
export async function up(desktops: Desktops, request: UpRequest, options: UpOptions): Promise<UpResult> {
  const run = startRun(desktops, request, options);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const plan = await look(run);
    const result = isOnlyLookedAt(desktops, plan) ? await carryOut(run, plan) : await carryOutAlone(run, plan);
    if (result) return result;
    await desktops.clock.sleep(Math.min(10 * attempt, 100), options.signal);
  }
  throw new VncctlError('CONFLICT', `the desktop of ${formatClientId(request.client)} keeps changing under our hands`, { hint: 'see who else works on it: vncctl ls' });
}

const look = (run: Run): Promise<UpPlan> => run.phase('look', () => observeAndPlan(run.desktops, run.question, { signal: run.options.signal }));

/** Whether the plan changes nothing, or no other machine could change the same. */
const isOnlyLookedAt = ({ engine }: Desktops, { outcome, again }: UpPlan): boolean => engine.capabilities.local || (outcome === 'reused' && !again);

/** Carries out what is planned once no other machine changes this client's desktop. */
async function carryOutAlone(run: Run, plan: UpPlan): Promise<UpResult | undefined> {
  const { options } = run;
  // The lock is a container, which needs an image too.
  const getImage = plan.steps.find((step) => step.do === 'get-image');
  if (getImage) await perform(run, getImage, {}, undefined);
  const { spec } = run.question;
  return withClientLock(run.desktops, { whose: run.request.client, image: spec.image, signal: options.signal }, async (signal) => {
    run.options = { ...options, signal };
    try {
      return await carryOut(run, await look(run));
    } finally {
      run.options = options;
    }
  });
}

/** Looks, and decides what to do. Changes nothing; throws what `planUp` throws. */
export async function observeAndPlan({ engine, store, clock, installation }: Desktops, question: UpQuestion, options?: CallOptions): Promise<UpPlan> {
  const state = await store.read();
  const list = (): Promise<ContainerSummary[]> => engine.containers.list({ labels: ownershipLabels(installation.instance) }, options);
  // Only whoever has no desktop needs the others, and who is remembered most likely has one.
  const isRemembered = Object.values(state.allocations).some(({ client }) => formatClientId(client) === question.client);
  const [container, image, shared, listed] = await Promise.all([
    engine.containers.find(question.name, options),
    engine.images.find(question.spec.image, options),
    engine.networks.find(question.spec.network, options),
    isRemembered ? undefined : list(),
  ]);
  const others = container ? [] : (listed ?? (await list()));
  const { isolation, network } = await lookAtNetwork(engine, question, shared, options);
  return planUp({ container, others, image, isolation, network, state, now: clock.now() }, question);
}

/** Undefined when a race was lost and it has to be looked at again. */
async function carryOut(run: Run, plan: UpPlan): Promise<UpResult | undefined> {
  const made: Made = {};
  let current: ContainerId | undefined = plan.kept?.id;
  const replaced = plan.steps.flatMap((step) => (step.do === 'create' && step.instead ? [step.instead.id] : []))[0];
  run.notes = [...run.notes.filter((note) => !plan.notes.includes(note)), ...plan.notes];
  try {
    for (const step of plan.steps) {
      current = (await perform(run, step, made, current)) ?? current;
    }
    if (plan.again) return undefined;
    if (current === undefined) throw new VncctlError('BUG', 'a plan ended without a container');
    return await conclude(run, plan, made, current);
  } catch (error) {
    const { replacement } = made;
    // Whoever makes another one in its place is waited for, or has left it to be put right.
    if (isVncctlError(error, 'NAME_TAKEN') && replaced !== undefined && made.container === undefined) run.question = { ...run.question, leftOver: replaced };
    // The old one is gone, or another one has its name: looking again must not remove somebody's new one.
    else if (isVncctlError(error, 'NAME_TAKEN', 'DESKTOP_NOT_FOUND') && (replacement?.aside !== undefined || replacement?.stopped)) run.question = { ...run.question, recreate: false };
    if (isVncctlError(error, 'NO_FREE_PORT', 'NETWORK_NOT_FOUND') && current !== undefined) {
      // What can't be started where it was made for never will be: a stopped one asks for its very port and its very network.
      if (error.code === 'NO_FREE_PORT' && made.place?.hostPort !== undefined) run.refusedPorts.add(made.place.hostPort);
      await undo(run, made, error);
      if (plan.kept) {
        // Whoever has its link finds it by the same door.
        const hostPort = decodeLabels(plan.kept.labels, run.question.instance)?.hostPort;
        if (hostPort !== undefined && error.code === 'NO_FREE_PORT') run.refusedPorts.add(hostPort);
        const because = error.code === 'NO_FREE_PORT' ? 'its port was taken by another program' : 'its network had been removed';
        run.question = { ...run.question, recreate: true, recreateCause: because, ...(hostPort === undefined ? {} : { door: 'direct' }) };
        run.notes.push(error.code === 'NO_FREE_PORT' ? `${because}, so it was made anew on another` : `${because}, so it was made anew on the present one`);
      }
      return undefined;
    }
    await undo(run, made, error);
    if (run.question.leftOver !== undefined) return undefined;
    // Paused for longer than it lives without a viewer, it ends as it wakes; now it can be started.
    if (plan.outcome === 'woken' && isVncctlError(error, 'CONTAINER_DIED')) return undefined;
    if (plan.outcome === 'claimed' && !plan.kept && isVncctlError(error, ...OF_THE_WARM_ONE)) {
      run.question = { ...run.question, pool: { ...run.question.pool, passesLeft: run.question.pool.passesLeft - 1 } };
      return undefined;
    }
    if (isVncctlError(error, 'NAME_TAKEN', 'DESKTOP_NOT_FOUND', 'NETWORK_NOT_FOUND')) return undefined;
    throw error;
  } finally {
    await made.replacement?.release();
  }
}

// What a warm desktop can do wrong is no reason to have none: another one is tried, and at last a new one is made.
const OF_THE_WARM_ONE = ['DESKTOP_NOT_FOUND', 'CLAIM_REFUSED', 'NOT_READY', 'CONTAINER_DIED', 'VNC_REFUSED', 'SECRET_REFUSED', 'NOT_VNC', 'ENGINE_FAILED', 'USAGE'] as const;

/** Remembers the desktop and tells about it. */
async function conclude(run: Run, plan: UpPlan, made: Made, id: ContainerId): Promise<UpResult> {
  const { desktops, request } = run;
  const container = await desktops.engine.containers.find(id, { signal: run.options.signal });
  // Whose a warm one is, its name says: the last look at it before anybody is told.
  if (container && container.name !== run.question.name && container.name !== run.question.otherName) throw new VncctlError('DESKTOP_NOT_FOUND', 'it has another name by now');
  // It may have ended as it woke, before anybody waited for that.
  if (container && made.claimed && container.state !== 'running') throw new VncctlError('CONTAINER_DIED', 'the warm desktop ended as it was woken');
  const isThere = plan.kept !== undefined || plan.outcome === 'claimed';
  const handedOut: HandedOut = {
    client: request.client,
    seenReady: run.question.stage !== 'running',
    seenPainted: run.question.stage === 'page',
    lease: isThere ? plan.lease : undefined,
    ...(plan.outcome === 'claimed' ? { claim: { isNew: made.claimed !== undefined, ...(made.fitted ? { fitted: made.fitted } : {}) } } : {}),
  };
  const state = container ? await run.phase('remember', () => rememberDesktop(desktops, container, handedOut)) : undefined;
  const desktop = container && state ? deriveDesktop(container, state, viewOf(desktops)) : undefined;
  if (!container || !desktop) throw new VncctlError('DESKTOP_NOT_FOUND', 'the container was removed by somebody else');
  const page = pageUrl(desktops, desktop);
  const lease = leaseOf(desktops, desktop);
  if (plan.kept && plan.lease) run.notes.push(...leaseNotes(desktops, container, { desktop, lease, news: plan.lease }));
  return {
    outcome: made.wasFitted ? (plan.kept?.state === 'paused' ? 'woken' : 'reused') : plan.outcome,
    why: plan.why,
    desktop: { ...desktop, client: request.client },
    ...(page ? { link: linkUrl(page, secretOf(desktops, desktop.image, container)) } : {}),
    lease,
    phases: run.phases,
    totalMs: Math.round((desktops.clock.monotonicMs() - run.startedMs) * 10) / 10,
    notes: run.notes,
  };
}

// The switch was set when the container was made, and can't be set anew.
function leaseNotes(desktops: Desktops, container: ContainerDetails, { desktop, lease, news }: { desktop: Desktop; lease: Lease; news: LeaseChanges }): string[] {
  const notes = [`its lease is now ${describeLeaseChanges(news)}`];
  const switchSeconds = switchSecondsOf(desktops, desktop.image, container);
  const { length } = lease.removeAfter;
  if (news.removeAfter !== undefined && switchSeconds !== undefined && (length === 'never' || length > switchSeconds * 1000)) {
    notes.push(`it still ends by itself after ${formatDuration(switchSeconds * 1000)} without a viewer, as it was created; to change that: vncctl up ${titleOf(desktop)} … --recreate`);
  }
  return notes;
}
