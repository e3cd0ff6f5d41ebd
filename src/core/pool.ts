// The pool: one look at it, and filling it to what is wanted (the plan is pool-plan.ts, the way of one warm desktop pool-member.ts).
// Used by the daemon again and again, and by `pool fill` and `pool drain` once.
import { isVncctlError } from '../errors.ts';
import { needsOf } from './admission.ts';
import { deriveDesktops } from './desktop.ts';
import { type Desktops, type PoolSize, viewOf } from './desktops.ts';
import type { CallOptions, ContainerId, ContainerSummary, NetworkInfo } from './engine.ts';
import { LABEL, ownershipLabels } from './labels.ts';
import { LOCK_LIFE_MS } from './member-locks.ts';
import { membersIn } from './members.ts';
import { spareMemory } from './memory-lack.ts';
import { inParallel } from './parallel.ts';
import { poolFacts, poolOffReason, publishedAt } from './pool-facts.ts';
import { poolKey } from './pool-key.ts';
import { makeMember, type Recipe, removeMember } from './pool-member.ts';
import { type Member, planPool, type PoolPlanOptions, type PoolStep, type PoolWish, SHORT_OF_MEMORY } from './pool-plan.ts';
import { buildSpec } from './spec.ts';
import type { DesktopId } from './store.ts';
import { createNetwork } from './up-network.ts';

/** What one look at the pool saw. */
export interface PoolLook {
  /** Why no warm desktops can be kept here. */
  off?: string;
  wishes: readonly PoolWish[];
  /** How those are made that can be made now, by image. */
  recipes: ReadonlyMap<string, Recipe>;
  members: readonly Member[];
  /** Locks in the engine that nobody holds any more. */
  leftLocks: readonly ContainerId[];
  hasNetwork: boolean;
  /** A client's desktop is coming up right now. */
  isStarting: boolean;
  options: PoolPlanOptions;
}

/** What became of a step: `dropped` when it was no longer right, with the reason. */
export interface PoolOutcome {
  step: PoolStep;
  result: 'done' | 'dropped' | 'failed';
  reason?: string;
  error?: unknown;
  /** Of one that was made. */
  desktopId?: DesktopId;
  tookMs?: number;
}

export interface FillOptions {
  /** Breaks off what is under way; what is half-made is removed. */
  signal: AbortSignal;
  /** Whether somebody else needs the machine now: nothing is made then. */
  isBusy?: () => boolean;
  onOutcome?: (outcome: PoolOutcome) => void;
}

/** What one filling saw and did. */
export interface Filling extends PoolLook {
  outcomes: readonly PoolOutcome[];
  /** Some are missing and were not made, because a client's desktop comes first. */
  postponed: boolean;
}

/** Looks at the pool. Throws what keeps it from looking. */
export async function lookAtPool(desktops: Desktops, options?: CallOptions): Promise<PoolLook> {
  const { engine, installation, store, clock } = desktops;
  const [containers, state, network] = await Promise.all([
    engine.containers.list({ labels: ownershipLabels(installation.instance) }, options),
    store.read(),
    engine.networks.find(installation.network, options),
  ]);
  const off = poolOffReason(engine, network?.isolates === 'members' ? 'members' : await engine.networks.isolation(options));
  const now = clock.now();
  const members = membersIn(containers, state, installation.instance);
  const wanted = off === undefined ? await Promise.all(installation.pool.map((size) => wishOf(desktops, size, network, options))) : [];
  return {
    ...(off === undefined ? {} : { off }),
    wishes: wanted.map(({ wish }) => wish),
    recipes: new Map(wanted.flatMap(({ wish, recipe }) => (recipe ? [[wish.image, recipe] as const] : []))),
    members,
    leftLocks: leftLocksIn(containers, members, now),
    hasNetwork: network !== undefined,
    isStarting: deriveDesktops(containers, state, viewOf(desktops)).some(({ status }) => status === 'starting'),
    options: { now, maxAgeMs: installation.poolMaxAge === 'never' ? Number.POSITIVE_INFINITY : installation.poolMaxAge, spareBytes: await spareMemory(desktops, state) },
  };
}

/** Brings the pool to what is wanted, as far as one look goes: what others do meanwhile the next filling sees. Throws only what keeps it from looking. */
export async function fillPool(desktops: Desktops, options: FillOptions): Promise<Filling> {
  const { signal } = options;
  let look = await lookAtPool(desktops, { signal });
  if (!look.hasNetwork && look.recipes.size > 0) {
    // First: whether a warm desktop needs a port is known of a network that is there.
    await createNetwork(desktops, desktops.installation.network, undefined, signal);
    look = await lookAtPool(desktops, { signal });
  }
  return { ...look, ...(await carryOut(desktops, planPool(look.wishes, look.members, look.options), look, options)) };
}

const ROUND_MS = 1_000;
const MOST_ROUNDS = 60;

/** Fills again until nothing is left to do that could be done now: what a client's start put off, and what takes the place of what was in the way. Waits a minute at most for others. */
export async function fillPoolWholly(desktops: Desktops, options: FillOptions): Promise<Filling> {
  const outcomes: PoolOutcome[] = [];
  for (let round = 1; ; round++) {
    const filling = await fillPool(desktops, options);
    const hasResult = (wanted: PoolOutcome['result']): boolean => filling.outcomes.some(({ result }) => result === wanted);
    const isLast = round === MOST_ROUNDS || hasResult('failed') || options.signal.aborted || !(filling.postponed || hasResult('done'));
    // What was dropped counts for nothing but at the end.
    outcomes.push(...filling.outcomes.filter(({ result }) => result !== 'dropped' || isLast));
    if (isLast) return { ...filling, outcomes };
    if (filling.postponed) await desktops.clock.sleep(ROUND_MS, options.signal);
  }
}

/** Removes all warm desktops, whatever is wanted. One that somebody takes or makes at this moment stays. */
export async function drainPool(desktops: Desktops, options: Omit<FillOptions, 'isBusy'>): Promise<readonly PoolOutcome[]> {
  const look = await lookAtPool(desktops, { signal: options.signal });
  const plan = look.members.map((member): PoolStep => ({ do: 'remove', member, cause: 'the pool is drained' }));
  return (await carryOut(desktops, plan, look, options)).outcomes;
}

const CLIENT_FIRST = 'a client comes first';

async function carryOut(desktops: Desktops, plan: readonly PoolStep[], look: PoolLook, options: FillOptions): Promise<Pick<Filling, 'outcomes' | 'postponed'>> {
  const { engine, installation } = desktops;
  const { signal, isBusy = () => false, onOutcome } = options;
  const act = (steps: readonly PoolStep[], atOnce: number): Promise<PoolOutcome[]> =>
    inParallel(steps, atOnce, async (step) => {
      const outcome = await attempt(desktops, step, look, { signal, isBusy });
      onOutcome?.(outcome);
      return outcome;
    });
  await inParallel(look.leftLocks, installation.parallel, (lock) => engine.containers.remove(lock, { signal }).catch(() => undefined));
  const firstCreation = plan.findIndex((step) => step.do === 'create');
  const before = firstCreation < 0 ? plan : plan.slice(0, firstCreation);
  const creations = plan.filter((step) => step.do === 'create');
  const after = plan.filter((step) => step.do === 'remove' && !before.includes(step));
  const removed = await act(before, installation.parallel);
  // As many as there are processors: more at once would all be later.
  const made = await act(creations, installation.hostCpus);
  const replaced = await act(after, installation.parallel);
  return { outcomes: [...removed, ...made, ...replaced], postponed: made.some(({ reason }) => reason === CLIENT_FIRST) };
}

async function attempt(desktops: Desktops, step: PoolStep, look: PoolLook, { signal, isBusy }: { signal: AbortSignal; isBusy: () => boolean }): Promise<PoolOutcome> {
  const { clock } = desktops;
  const startedMs = clock.monotonicMs();
  const dropped = (reason: string): PoolOutcome => ({ step, result: 'dropped', reason });
  try {
    if (signal.aborted) return dropped('stopping');
    if (step.do === 'remove') {
      const reason = await removeMember(desktops, step.member, signal);
      return reason === undefined ? { step, result: 'done' } : dropped(reason);
    }
    if (step.putOff !== undefined) return dropped(step.putOff);
    if (look.isStarting || isBusy()) return dropped(CLIENT_FIRST);
    const recipe = look.recipes.get(step.wish.image);
    if (!recipe) return dropped('it can not be made now');
    const desktopId = await makeMember(desktops, recipe, signal);
    return { step, result: 'done', desktopId, tookMs: Math.round(clock.monotonicMs() - startedMs) };
  } catch (error) {
    // Somebody else took it since the look.
    if (isVncctlError(error, 'NO_MEMORY')) return dropped(SHORT_OF_MEMORY);
    return { step, result: 'failed', error };
  }
}

/** How a warm desktop of the image is made now, or in words why none can be. */
export async function findRecipe(desktops: Desktops, image: string, options?: CallOptions): Promise<{ recipe: Recipe; why?: undefined } | { why: string; recipe?: undefined }> {
  const { engine, installation } = desktops;
  const network = await engine.networks.find(installation.network, options);
  const off = poolOffReason(engine, network?.isolates === 'members' ? 'members' : await engine.networks.isolation(options));
  if (off !== undefined) return { why: off };
  const { wish, recipe } = await wishOf(desktops, { image, count: 1 }, network, options);
  return recipe ? { recipe } : { why: wish.why ?? '' };
}

async function wishOf(desktops: Desktops, { image, count }: PoolSize, network: NetworkInfo | undefined, options?: CallOptions): Promise<{ wish: PoolWish; recipe?: Recipe }> {
  const { engine, installation, catalog } = desktops;
  const entry = catalog.find(image);
  const not = (why: string): { wish: PoolWish } => ({ wish: { image, count, made: undefined, why, needsBytes: entry?.needsBytes ?? 0 } });
  if (!entry) return not('the catalog has no such image');
  if (network && network.isolates !== 'members') return not(`the network ${network.name} does not keep desktops apart`);
  const spec = buildSpec(entry, { env: {} }, installation.defaults, installation.network, installation.hostCpus);
  const found = await engine.images.find(spec.image, options);
  if (!found) return not(`the engine has no image ${spec.image}`);
  const publishedOn = publishedAt(desktops.gateway === undefined ? 'direct' : 'gateway', network, installation.bindAddress);
  const key = poolKey(spec, { ...poolFacts(desktops, entry.key, {}), imageId: found.id, publishedOn });
  return { wish: { image: entry.key, count, made: { poolKey: key, specHash: spec.hash }, needsBytes: needsOf(entry, spec.limits.memoryBytes) }, recipe: { spec, poolKey: key, imageId: found.id, publishedOn } };
}

function leftLocksIn(containers: readonly ContainerSummary[], members: readonly Member[], now: Date): ContainerId[] {
  const inPool = new Set<string>(members.map(({ desktopId }) => desktopId));
  return containers.flatMap(({ id, labels, createdAt }) => {
    const of = labels[LABEL.lock];
    if (of === undefined) return [];
    const ageMs = now.getTime() - Date.parse(createdAt);
    // Before it is made, a warm desktop is locked: only what stays is left over.
    return ageMs > LOCK_LIFE_MS || (ageMs > LOCK_BEFORE_MS && !inPool.has(of)) ? [id] : [];
  });
}

const LOCK_BEFORE_MS = 60_000;
