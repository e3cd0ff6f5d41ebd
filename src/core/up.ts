// `up`: gives a client their desktop. Observes, plans (up-plan.ts), carries the plan out step by step, and takes back what
// it made when a step fails. A race lost to another process is no failure: it looks again.
import { isVncctlError, VncctlError } from '../errors.ts';
import type { CatalogEntry, ReadyStage } from './catalog.ts';
import { type ClientId, formatClientId } from './client-id.ts';
import { type Desktop, deriveDesktop } from './desktop.ts';
import { type Desktops, linkUrl, nameOf, pageUrl, secretOf, viewOf } from './desktops.ts';
import type { ContainerId, ProgressListener } from './engine.ts';
import { clientKey, newDesktopId, newSecret } from './identity.ts';
import { encodeLabels, LABEL, ownershipLabels } from './labels.ts';
import { releasePort, reservePort } from './port-reservation.ts';
import { rememberDesktop } from './remember.ts';
import { buildSpec, containerSpec, type DesktopSpec, type DesktopWishes } from './spec.ts';
import { waitForStage, waitUntilGone } from './up-wait.ts';
import { createNetwork, lookAtNetwork } from './up-network.ts';
import { planUp, type UpOutcome, type UpPlan, type UpQuestion, type UpStep } from './up-plan.ts';

export interface UpRequest {
  client: ClientId;
  entry: CatalogEntry;
  wishes: DesktopWishes;
  /** Whether the image was named by the caller rather than by the settings. */
  askedImage: boolean;
  recreate: boolean;
  /** Absent: the image's own. */
  stage?: ReadyStage;
  /** How long the stage may take, in milliseconds from the start of the container; absent: the image's own. */
  timeoutMs?: number;
}

/** One measured part of the way, in the order it happened. */
export interface Phase {
  name: string;
  ms: number;
}

export interface UpResult {
  outcome: UpOutcome;
  desktop: Desktop;
  /** With the secret in its fragment; absent when no port is published. */
  link?: string;
  phases: readonly Phase[];
  totalMs: number;
  notes: readonly string[];
}

export interface UpOptions {
  signal: AbortSignal;
  /** Makes the entry's image present: builds or pulls it. */
  getImage: (entry: CatalogEntry, onProgress: ProgressListener, signal: AbortSignal) => Promise<void>;
  onPhase?: (phase: Phase) => void;
  onProgress?: ProgressListener;
}

// A race is lost at most once for each competitor; beyond this something else keeps changing the engine.
const MAX_ATTEMPTS = 40;

/** Create-or-reuse, safe to run twice and from several processes at once. Throws what the failed step threw, after undoing it. */
export async function up(desktops: Desktops, request: UpRequest, options: UpOptions): Promise<UpResult> {
  const run = startRun(desktops, request, options);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const plan = await run.phase('look', () => observeAndPlan(desktops, run.question));
    const result = await carryOut(run, plan);
    if (result) return result;
    await desktops.clock.sleep(Math.min(10 * attempt, 100), options.signal);
  }
  throw new VncctlError('CONFLICT', `the desktop of ${formatClientId(request.client)} keeps changing under our hands`, { hint: 'see who else works on it: vncctl ls' });
}

/** What `up` would do now, without doing it. */
export async function dryRunUp(desktops: Desktops, request: UpRequest): Promise<UpPlan> {
  return observeAndPlan(desktops, questionOf(desktops, request));
}

interface Run {
  desktops: Desktops;
  request: UpRequest;
  options: UpOptions;
  question: UpQuestion;
  phases: Phase[];
  notes: string[];
  /** Ports that the engine refused although they looked free. */
  refusedPorts: Set<number>;
  startedMs: number;
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** What one attempt has made so far, to be taken back if it fails. */
interface Made {
  container?: ContainerId;
  port?: number;
  /** A network for this desktop alone. */
  network?: string;
}

function startRun(desktops: Desktops, request: UpRequest, options: UpOptions): Run {
  const phases: Phase[] = [];
  return {
    desktops,
    request,
    options,
    question: questionOf(desktops, request),
    phases,
    notes: [],
    refusedPorts: new Set(),
    startedMs: desktops.clock.monotonicMs(),
    async phase(name, work) {
      const before = desktops.clock.monotonicMs();
      const result = await work();
      report(phases, { name, ms: desktops.clock.monotonicMs() - before }, options);
      return result;
    },
  };
}

function report(phases: Phase[], phase: Phase, options: UpOptions): void {
  const rounded = { name: phase.name, ms: Math.round(phase.ms * 10) / 10 };
  phases.push(rounded);
  options.onPhase?.(rounded);
}

function questionOf(desktops: Desktops, request: UpRequest): UpQuestion {
  const { installation, engine, processes } = desktops;
  return {
    name: nameOf(desktops, request.client),
    clientKey: clientKey(request.client, installation.naming),
    instance: installation.instance,
    endpoint: engine.endpoint,
    client: formatClientId(request.client),
    spec: buildSpec(request.entry, request.wishes, installation.defaults, installation.network, installation.hostCpus),
    subnet: installation.subnet,
    wishes: request.wishes,
    askedImage: request.askedImage,
    recreate: request.recreate,
    stage: request.stage ?? request.entry.ready,
    isAlive: (pid) => processes.isAlive(pid),
  };
}

async function observeAndPlan({ engine, store, clock, installation }: Desktops, question: UpQuestion): Promise<UpPlan> {
  const [container, image, shared, state] = await Promise.all([
    engine.containers.find(question.name),
    engine.images.find(question.spec.image),
    engine.networks.find(question.spec.network),
    store.read(),
  ]);
  const key = { ...ownershipLabels(installation.instance), [LABEL.client]: question.clientKey };
  const strays = container ? [] : await engine.containers.list({ labels: key });
  const { isolation, network } = await lookAtNetwork(engine, question, shared);
  return planUp({ container, strays, image, isolation, network, state, now: clock.now() }, question);
}

/** Undefined when a race was lost and it has to be looked at again. */
async function carryOut(run: Run, plan: UpPlan): Promise<UpResult | undefined> {
  const made: Made = {};
  let current: ContainerId | undefined = plan.kept?.id;
  run.notes = [...run.notes.filter((note) => !plan.notes.includes(note)), ...plan.notes];
  try {
    for (const step of plan.steps) {
      current = (await perform(run, step, made, current)) ?? current;
    }
    if (plan.again) return undefined;
    if (current === undefined) throw new VncctlError('BUG', 'a plan ended without a container');
    return await conclude(run, plan, current);
  } catch (error) {
    // --recreate has done its work once the old one is gone; looking again must not remove somebody's new one.
    if (plan.outcome === 'replaced') run.question = { ...run.question, recreate: false };
    if (isVncctlError(error, 'NO_FREE_PORT', 'NETWORK_NOT_FOUND') && current !== undefined) {
      // What can't be started where it was made for never will be: a stopped one asks for its very port and its very network.
      if (error.code === 'NO_FREE_PORT' && made.port !== undefined) run.refusedPorts.add(made.port);
      if (plan.kept?.state === 'exited') {
        run.notes.push(error.code === 'NO_FREE_PORT' ? 'its port was taken by another program, so it was made anew on another' : 'its network had been removed, so it was made anew on the present one');
      }
      made.container = current;
      await undo(run, made);
      return undefined;
    }
    await undo(run, made);
    if (isVncctlError(error, 'NAME_TAKEN', 'DESKTOP_NOT_FOUND', 'NETWORK_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** One step; returns the container that the next steps are about when it makes one. */
async function perform(run: Run, step: UpStep, made: Made, current: ContainerId | undefined): Promise<ContainerId | undefined> {
  const { desktops, options, request, question } = run;
  const { engine } = desktops;
  const { signal } = options;
  switch (step.do) {
    case 'wait-for-removal':
      await run.phase('removal', () => waitUntilGone(desktops, step.id, question.client, signal));
      return undefined;
    case 'remove':
      await run.phase('remove', async () => {
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
        if ((await createNetwork(desktops, step.name, question, signal)) && step.name !== question.spec.network) made.network = step.name;
      });
      return undefined;
    case 'create': {
      const hostPort = await run.phase('port', () => reservePort(desktops, run.refusedPorts));
      made.port = hostPort;
      // Without the signal: an aborted request still makes its container, which nobody would then know of.
      signal.throwIfAborted();
      made.container = await run.phase('create', () => engine.containers.create(step.name, newContainer(desktops, request, question.spec, hostPort, step.ownNetwork)));
      signal.throwIfAborted();
      return made.container;
    }
    case 'start':
      await run.phase('start', () => engine.containers.start(known(current), { signal }));
      return undefined;
    case 'unpause':
      await run.phase('wake', () => engine.containers.unpause(step.id, { signal }));
      return undefined;
    case 'wait':
      await waitForStage(desktops, known(current), {
        stage: step.stage,
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

function known(container: ContainerId | undefined): ContainerId {
  if (container === undefined) throw new VncctlError('BUG', 'a step of the plan came before its container');
  return container;
}

function newContainer(desktops: Desktops, request: UpRequest, spec: DesktopSpec, hostPort: number, ownNetwork: string | undefined): Parameters<Desktops['engine']['containers']['create']>[1] {
  const { installation } = desktops;
  const labels = encodeLabels({
    instance: installation.instance,
    desktopId: newDesktopId(),
    clientKey: clientKey(request.client, installation.naming),
    naming: installation.naming.kind,
    imageKey: request.entry.key,
    specHash: spec.hash,
    hostPort,
    ...(ownNetwork === undefined ? {} : { ownNetwork }),
  });
  return containerSpec(spec, {
    labels,
    secret: newSecret(),
    // Hashed naming keeps the client's id out of everything the engine shows, the environment included.
    ...(installation.naming.kind === 'plain' ? { clientLabel: formatClientId(request.client) } : {}),
    publish: { hostPort, hostAddress: installation.bindAddress },
    ...(ownNetwork === undefined ? {} : { network: ownNetwork }),
  });
}

/** Remembers the desktop and tells about it. */
async function conclude(run: Run, plan: UpPlan, id: ContainerId): Promise<UpResult> {
  const { desktops, request } = run;
  const container = await desktops.engine.containers.find(id, { signal: run.options.signal });
  const state = container ? await rememberDesktop(desktops, container, { client: request.client, seenReady: run.question.stage !== 'running' }) : undefined;
  const desktop = container && state ? deriveDesktop(container, state, viewOf(desktops)) : undefined;
  if (!container || !desktop) throw new VncctlError('DESKTOP_NOT_FOUND', 'the container was removed by somebody else');
  const page = pageUrl(desktops, desktop);
  return {
    outcome: plan.outcome,
    desktop: { ...desktop, client: request.client },
    ...(page ? { link: linkUrl(page, secretOf(desktops, desktop.image, container)) } : {}),
    phases: run.phases,
    totalMs: Math.round((desktops.clock.monotonicMs() - run.startedMs) * 10) / 10,
    notes: run.notes,
  };
}

/** Takes back in reverse; its own failures are left to the next command, which adopts or cleans what is left. */
async function undo({ desktops }: Run, made: Made): Promise<void> {
  if (made.container !== undefined) await desktops.engine.containers.remove(made.container).catch(() => {});
  // Refused while another process's container is on it, which is right.
  if (made.network !== undefined) await desktops.engine.networks.remove(made.network).catch(() => {});
  if (made.port !== undefined) await releasePort(desktops, made.port).catch(() => {});
}
