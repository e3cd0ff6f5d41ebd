// One run of `up`: what was asked, what the plan is asked for it, and what is noted on the way. up.ts drives it, up-steps.ts
// carries out its steps.
import type { CatalogEntry, ReadyStage } from './catalog.ts';
import { type ClientId, formatClientId } from './client-id.ts';
import { type Desktops, nameOf, otherNameOf } from './desktops.ts';
import type { ContainerDetails, ContainerId, ProgressListener } from './engine.ts';
import { clientKey, clientKeys } from './identity.ts';
import { poolFacts } from './pool-facts.ts';
import type { LeaseChanges } from './lease.ts';
import { checkHostLimits } from './limit-bounds.ts';
import { buildSpec, type DesktopWishes } from './spec.ts';
import type { Replacement } from './replace.ts';
import type { Place } from './start-place.ts';
import type { DesktopId } from './store.ts';
import type { UpQuestion } from './up-question.ts';

export interface UpRequest {
  client: ClientId;
  entry: CatalogEntry;
  wishes: DesktopWishes;
  /** Whether the image was named by the caller rather than by the settings. */
  askedImage: boolean;
  recreate: boolean;
  /** The container of another system, under the client's name, that the new desktop takes the place of. */
  inPlaceOf?: ContainerId;
  /** Lengths of its lease that were asked for. */
  lease: LeaseChanges;
  /** Absent: the image's own. */
  stage?: ReadyStage;
  /** How long the stage may take, in milliseconds from the start of the container; absent: the image's own. */
  timeoutMs?: number;
  /** A new one is wanted, though a warm one would do. */
  cold?: true;
  /** How long it may wait, in milliseconds, until the host has room for a new desktop; absent: not at all. */
  queueMs?: number;
}

/** One measured part of the way, in the order it happened. */
export interface Phase {
  name: string;
  ms: number;
}

export interface UpOptions {
  signal: AbortSignal;
  /** Makes the entry's image present: builds or pulls it. */
  getImage: (entry: CatalogEntry, onProgress: ProgressListener, signal: AbortSignal) => Promise<void>;
  onPhase?: (phase: Phase) => void;
  onProgress?: ProgressListener;
}

/** One `up` from its first look to its end, over all its attempts. */
export interface Run {
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
export interface Made {
  /** Set before the engine is asked: it may have made the container although its answer never came. */
  desktop?: DesktopId;
  container?: ContainerId;
  /** Promised to what it starts: memory, a port. */
  place?: Place;
  /** What becomes of the one that it takes the place of. */
  replacement?: Replacement;
  /** A warm desktop that was taken, as it was before that. */
  claimed?: ContainerDetails;
  /** It was made ready before, by an earlier claim. */
  wasFitted?: boolean;
  /** What the warm one shows has changed since it was taken. */
  repainted?: boolean;
  /** What it was given in place of what its container's environment says. */
  fitted?: Readonly<Record<string, string>>;
  /** A network for this desktop alone. */
  network?: string;
}

/** The beginning of a run: nothing made, the clock started. */
export function startRun(desktops: Desktops, request: UpRequest, options: UpOptions): Run {
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

/** Notes a phase, rounded to a tenth of a millisecond, and tells whoever listens. */
export function report(phases: Phase[], phase: Phase, options: UpOptions): void {
  const rounded = { name: phase.name, ms: Math.round(phase.ms * 10) / 10 };
  phases.push(rounded);
  options.onPhase?.(rounded);
}

// Beyond that a new one is there sooner.
const POOL_PASSES = 2;

/** What the plan is asked, from the request and the settings. USAGE for a wish that can't be fulfilled here. */
export function questionOf(desktops: Desktops, request: UpRequest): UpQuestion {
  const { installation, engine, processes } = desktops;
  const { entry, lease } = request;
  // Another machine's engine knows better what that machine has.
  if (engine.capabilities.local) checkHostLimits(request.wishes, { cpus: installation.hostCpus, memoryBytes: installation.hostMemoryBytes });
  return {
    name: nameOf(desktops, request.client),
    clientKey: clientKey(request.client, installation.naming),
    otherKey: clientKeys(request.client, installation.naming)[1],
    otherName: otherNameOf(desktops, request.client),
    instance: installation.instance,
    prefix: installation.prefix,
    naming: installation.naming,
    endpoint: engine.endpoint,
    client: formatClientId(request.client),
    spec: buildSpec(request.entry, request.wishes, installation.defaults, installation.network, installation.hostCpus),
    subnet: installation.subnet,
    wishes: request.wishes,
    askedImage: request.askedImage,
    recreate: request.recreate,
    inPlaceOf: request.inPlaceOf,
    door: request.wishes.direct || desktops.gateway === undefined ? 'direct' : 'gateway',
    lease: request.lease,
    stage: request.stage ?? request.entry.ready,
    bindAddress: installation.bindAddress,
    pool: {
      wanted: installation.pool.find(({ image }) => image === entry.key)?.count ?? 0,
      facts: poolFacts(desktops, entry.key, lease),
      passesLeft: request.cold ? 0 : POOL_PASSES,
    },
    isAlive: (pid) => processes.isAlive(pid),
  };
}
