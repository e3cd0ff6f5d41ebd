// `up`: gives a client their desktop. Observes, plans (up-plan.ts), carries the plan out step by step, and takes back what
// it made when a step fails. A race lost to another process is no failure: it looks again.
import { isVncctlError, VncctlError } from '../errors.ts';
import type { CatalogEntry, ReadyStage } from './catalog.ts';
import { type ClientId, formatClientId } from './client-id.ts';
import { type Desktop, deriveDesktop } from './desktop.ts';
import { type Desktops, linkUrl, nameOf, pageUrl, probeTarget, secretOf, viewOf } from './desktops.ts';
import type { ContainerDetails, ContainerId, ProgressListener } from './engine.ts';
import { clientKey, newDesktopId, newSecret } from './identity.ts';
import { encodeLabels, LABEL, ownershipLabels } from './labels.ts';
import { releasePort, reservePort } from './port-reservation.ts';
import { buildSpec, containerSpec, type DesktopSpec, type DesktopWishes } from './spec.ts';
import type { StoreState } from './store.ts';
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
  const [container, image, network, state] = await Promise.all([
    engine.containers.find(question.name),
    engine.images.find(question.spec.image),
    engine.networks.find(question.spec.network),
    store.read(),
  ]);
  const key = { ...ownershipLabels(installation.instance), [LABEL.client]: question.clientKey };
  const strays = container ? [] : await engine.containers.list({ labels: key });
  return planUp({ container, strays, image, network, state, now: clock.now() }, question);
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
    if (isVncctlError(error, 'NO_FREE_PORT') && current !== undefined) {
      if (made.port !== undefined) run.refusedPorts.add(made.port);
      if (plan.kept?.state === 'exited') run.notes.push('its port was taken by another program, so it was made anew on another');
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
  const { engine, installation } = desktops;
  const { signal } = options;
  switch (step.do) {
    case 'wait-for-removal':
      await run.phase('removal', () => waitUntilGone(run, step.id));
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
      await run.phase('network', () =>
        engine.networks.create({ name: step.name, labels: ownershipLabels(installation.instance), ...(installation.subnet ? { subnet: installation.subnet } : {}) }, { signal }),
      );
      return undefined;
    case 'create': {
      const hostPort = await run.phase('port', () => reservePort(desktops, run.refusedPorts));
      made.port = hostPort;
      made.container = await run.phase('create', () => engine.containers.create(step.name, newContainer(desktops, request, question.spec, hostPort), { signal }));
      return made.container;
    }
    case 'start':
      await run.phase('start', () => engine.containers.start(known(current), { signal }));
      return undefined;
    case 'unpause':
      await run.phase('wake', () => engine.containers.unpause(step.id, { signal }));
      return undefined;
    case 'wait':
      await waitForStage(run, known(current), step.stage);
      return undefined;
    default:
      return step satisfies never;
  }
}

function known(container: ContainerId | undefined): ContainerId {
  if (container === undefined) throw new VncctlError('BUG', 'a step of the plan came before its container');
  return container;
}

function newContainer(desktops: Desktops, request: UpRequest, spec: DesktopSpec, hostPort: number): Parameters<Desktops['engine']['containers']['create']>[1] {
  const { installation } = desktops;
  const labels = encodeLabels({
    instance: installation.instance,
    desktopId: newDesktopId(),
    clientKey: clientKey(request.client, installation.naming),
    naming: installation.naming.kind,
    imageKey: request.entry.key,
    specHash: spec.hash,
    hostPort,
  });
  return containerSpec(spec, {
    labels,
    secret: newSecret(),
    // Hashed naming keeps the client's id out of everything the engine shows, the environment included.
    ...(installation.naming.kind === 'plain' ? { clientLabel: formatClientId(request.client) } : {}),
    publish: { hostPort, hostAddress: installation.bindAddress },
  });
}

async function waitUntilGone(run: Run, id: ContainerId): Promise<void> {
  const { engine, clock, store } = run.desktops;
  const deadline = clock.monotonicMs() + 60_000;
  while (clock.monotonicMs() < deadline) {
    const container = await engine.containers.find(id, { signal: run.options.signal });
    if (!container) return;
    // The remover gave up or died: the plan made after another look says what to do.
    const [still] = [deriveDesktop(container, await store.read(), viewOf(run.desktops))];
    if (still?.status !== 'exiting') throw new VncctlError('DESKTOP_NOT_FOUND', 'its removal was given up');
    await clock.sleep(50, run.options.signal);
  }
  throw new VncctlError('NOT_READY', `the last desktop of ${run.question.client} is still on its way out after 60 s`, { hint: `remove it by force: vncctl rm ${run.question.client}` });
}

/** Waits for the stage while watching that the container lives; phases are measured from the start of the wait. */
async function waitForStage(run: Run, id: ContainerId, stage: ReadyStage): Promise<void> {
  const { desktops, request, options } = run;
  const container = await desktops.engine.containers.find(id, { signal: options.signal });
  if (!container) throw new VncctlError('DESKTOP_NOT_FOUND', 'the container is gone');
  if (stage === 'running') {
    if (container.state !== 'running') throw await diedError(run, container);
    return;
  }
  const image = deriveDesktop(container, { allocations: {}, reservations: [] }, viewOf(desktops))?.image ?? request.entry.key;
  const target = probeTarget(desktops, image, container);
  if (!target) throw container.state === 'running' ? new VncctlError('NOT_READY', 'the desktop has no address that can be reached from here') : await diedError(run, container);

  const timeoutMs = request.timeoutMs ?? request.entry.readyTimeoutSeconds * 1000;
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  const done = new AbortController();
  const signal = AbortSignal.any([options.signal, timeout.signal, done.signal]);
  let lastStage = 'running';
  let before = desktops.clock.monotonicMs();
  const onStage = (reached: ReadyStage): void => {
    const now = desktops.clock.monotonicMs();
    report(run.phases, { name: reached, ms: now - before }, options);
    [lastStage, before] = [reached, now];
  };
  const died = desktops.engine.containers.waitForExit(id, { signal }).then(async () => {
    throw await diedError(run, await desktops.engine.containers.find(id));
  });
  try {
    await Promise.race([desktops.probe.waitFor(stage, target, { signal, onStage }), died]);
  } catch (error) {
    if (!timeout.signal.aborted || isVncctlError(error)) throw error;
    throw new VncctlError('NOT_READY', `the desktop of ${run.question.client} was not ready (${stage}) within ${timeoutMs / 1000} s; it got as far as: ${lastStage}`, {
      hint: `give it more time: vncctl up ${run.question.client} --timeout 2m   (or wait for less: --wait rfb)`,
    });
  } finally {
    clearTimeout(timer);
    done.abort();
    died.catch(() => {});
  }
}

async function diedError(run: Run, container: ContainerDetails | undefined): Promise<VncctlError> {
  if (!container) return new VncctlError('DESKTOP_NOT_FOUND', 'the container was removed by somebody else');
  const lines = await run.desktops.engine.containers.logs(container.id, 12);
  const why = container.outOfMemory ? 'it ran out of memory' : container.error ? container.error : `exit code ${container.exitCode ?? 'unknown'}`;
  return new VncctlError('CONTAINER_DIED', [`the desktop of ${run.question.client} ended while starting: ${why}`, ...lines.map((line) => `  | ${line}`)].join('\n'), {
    ...(container.outOfMemory ? { hint: `give it more: vncctl up ${run.question.client} --memory 2g` } : {}),
  });
}

/** Remembers the desktop and tells about it. */
async function conclude(run: Run, plan: UpPlan, id: ContainerId): Promise<UpResult> {
  const { desktops, request } = run;
  const container = await desktops.engine.containers.find(id, { signal: run.options.signal });
  const state = container ? await remember(run, container) : undefined;
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

const COALESCE_MS = 60_000;

async function remember({ desktops, request, question }: Run, container: ContainerDetails): Promise<StoreState> {
  const { store, engine, clock, processes } = desktops;
  const now = clock.now();
  const before = await store.read();
  const desktop = deriveDesktop(container, before, viewOf(desktops));
  if (!desktop) return before;
  const known = before.allocations[desktop.id];
  const fresh = known?.readyAt && !known.removing && known.readyAt >= (container.startedAt ?? '') && now.getTime() - Date.parse(known.lastUsedAt) < COALESCE_MS;
  const reserved = before.reservations.some((reservation) => reservation.port === desktop.hostPort && reservation.pid === processes.pid);
  if (fresh && !reserved) return before;
  return store.update((state) => {
    const others = Object.entries(state.allocations).filter(([, allocation]) => allocation.endpoint !== engine.endpoint || allocation.client !== request.client);
    const allocation = {
      desktopId: desktop.id,
      client: request.client,
      endpoint: engine.endpoint,
      image: desktop.image,
      createdAt: container.createdAt,
      lastUsedAt: now.toISOString(),
      ...(question.stage === 'running' ? {} : { readyAt: now.toISOString() }),
    };
    const next: StoreState = {
      allocations: { ...Object.fromEntries(others), [desktop.id]: allocation },
      reservations: state.reservations.filter((reservation) => reservation.port !== desktop.hostPort || reservation.pid !== processes.pid),
    };
    return { state: next, result: next };
  });
}

/** Takes back in reverse; its own failures are left to the next command, which adopts or cleans what is left. */
async function undo({ desktops }: Run, made: Made): Promise<void> {
  if (made.container !== undefined) await desktops.engine.containers.remove(made.container).catch(() => {});
  if (made.port !== undefined) await releasePort(desktops, made.port).catch(() => {});
}
