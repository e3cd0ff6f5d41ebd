// What a lease says at a moment: every clock with what moved it last, what happens next and when. Pure; the ladder is
// warn → pause → remove, and whoever watches carries it out (reap-plan.ts).
import { type DurationLimit, formatDuration } from './duration.ts';
import type { Lease, LeaseClock } from './lease.ts';
import type { Warning } from './store.ts';

/** Everything the clocks depend on, at one look. Times are ISO-8601 UTC. */
export interface LeaseFacts {
  /** `ended` has a container that does not run, or none. */
  life: 'running' | 'paused' | 'ended';
  createdAt: string;
  /** The last `up`, `open` or `touch`. */
  lastUsedAt?: string | undefined;
  touchedAt?: string | undefined;
  keptUntil?: string | undefined;
  viewers: { known: true; count: number } | { known: false; why: string };
  viewerSeenAt?: string | undefined;
  input: { known: true; at?: string } | { known: false; why: string };
  /** Idle time before this moment was not watched. */
  countsFrom?: string | undefined;
  warned?: Warning | undefined;
}

export interface LeasePolicy {
  /** How long before a removal it is announced, at most half of the clock's length; 0: not at all. */
  warnBeforeMs: number;
  /** Whether this desktop would wake when somebody looks at it, and the reason if not. */
  wakes: true | string;
}

/** What moved a clock last. */
export type LeaseMover = 'creation' | 'up or touch' | 'a touch' | 'a viewer' | 'input' | 'begin of watching' | 'touch --for';

export interface ClockState {
  clock: LeaseClock;
  /** What happens when it has run out. */
  action: 'pause' | 'remove';
  length: DurationLimit;
  /** Where the length comes from, in words. */
  from: string;
  /** `held`: something keeps it from running; `unknown`: what it counts can't be told, so it does not run. */
  state: 'off' | 'runs' | 'held' | 'unknown';
  /** Why it is held or unknown. */
  reason?: string;
  /** Only while it runs: the moment it counts from, what moved it there, and when it runs out. */
  since?: string;
  movedBy?: LeaseMover;
  dueAt?: string;
}

export interface LeaseStep {
  /** `keep` takes an announced removal back; `wake` is due when somebody looks at a paused one. */
  do: 'warn' | 'pause' | 'wake' | 'remove' | 'keep';
  at: string;
  clock: LeaseClock;
  /** In words: `no viewer for 8h`. */
  cause: string;
  /** On `warn`: when it will be removed. */
  removeAt?: string;
  /** On `warn`: it was announced before a time that nobody watched. */
  renews?: true;
}

export interface LeaseState {
  clocks: readonly ClockState[];
  /** What happens next if nothing moves a clock; due when `at` is not later than now. Absent: nothing. */
  next?: LeaseStep;
  /** When it is removed, and by which clock, if nothing moves one. Absent: never. */
  removal?: { at: string; clock: LeaseClock; cause: string };
}

/** Reads the clocks of one desktop. */
export function leaseState(lease: Lease, facts: LeaseFacts, policy: LeasePolicy, now: Date): LeaseState {
  const clocks = [pauseClock(lease, facts, policy), noClientClock(lease, facts), noInputClock(lease, facts), ttlClock(lease, facts), maxAgeClock(lease, facts)];
  const removing = earliest(clocks.filter(({ action }) => action === 'remove'));
  const removal = removing && announced(removing, facts, policy, now);
  const steps: LeaseStep[] = [];
  if (removal) steps.push(removal.step);
  if (facts.warned && removal?.step.do !== 'remove' && (!removal || Date.parse(removal.step.at) > now.getTime())) {
    steps.unshift({ do: 'keep', at: now.toISOString(), clock: facts.warned.clock, cause: keptBecause(clocks, facts.warned.clock) });
  }
  const pause = clocks.find(({ action, state }) => action === 'pause' && state === 'runs');
  // Before all else that is due from now on: somebody waits for it.
  if (facts.life === 'paused' && facts.viewers.known && facts.viewers.count > 0) {
    steps.unshift({ do: 'wake', at: now.toISOString(), clock: 'no-client', cause: 'somebody looks at it' });
  }
  // After whatever else is due: a pause that fails again and again must not keep it from being removed.
  if (pause?.dueAt && !steps.some((step) => isDue(step, now))) steps.push({ do: 'pause', at: pause.dueAt, clock: pause.clock, cause: causeOf(pause) });
  const next = steps.reduce<LeaseStep | undefined>((first, step) => (first && first.at <= step.at ? first : step), undefined);
  return {
    clocks,
    ...(next ? { next } : {}),
    ...(removal ? { removal: { at: removal.removeAt, clock: removal.step.clock, cause: removal.step.cause } } : {}),
  };
}

/** Whether the next step is to be taken now. */
export function isDue(step: LeaseStep, now: Date): boolean {
  return Date.parse(step.at) <= now.getTime();
}

/** Why a clock that has run out removes or pauses: `no viewer for 8h`. */
function causeOf({ clock, length }: ClockState): string {
  const time = length === 'never' ? length : formatDuration(length);
  switch (clock) {
    case 'no-client':
      return `no viewer for ${time}`;
    case 'no-input':
      return `no input for ${time}`;
    case 'ttl':
      return `its time to live of ${time} is over`;
    case 'max-age':
      return `older than ${time}`;
  }
}

function earliest(clocks: readonly ClockState[]): ClockState | undefined {
  return clocks.reduce<ClockState | undefined>((first, clock) => (clock.dueAt === undefined || (first?.dueAt !== undefined && first.dueAt <= clock.dueAt) ? first : clock), undefined);
}

/** The removal of a clock that runs, with the warning before it: its next step, and when it would come to pass. */
function announced(clock: ClockState, { warned, countsFrom }: LeaseFacts, { warnBeforeMs }: LeasePolicy, now: Date): { step: LeaseStep; removeAt: string } | undefined {
  if (clock.dueAt === undefined || clock.length === 'never') return undefined;
  const dueMs = Date.parse(clock.dueAt);
  const leadMs = Math.min(warnBeforeMs, clock.length / 2);
  const warnMs = dueMs - leadMs;
  const step = (what: 'warn' | 'remove', atMs: number): LeaseStep => ({ do: what, at: time(atMs), clock: clock.clock, cause: causeOf(clock) });
  if (leadMs === 0) return { step: step('remove', dueMs), removeAt: clock.dueAt };
  const warnedMs = warned === undefined ? Number.NaN : Date.parse(warned.at);
  // Not one from before this clock was put off; nor one from before a time that nobody watched, unless it was given twice: where
  // somebody looks by hand now and then, there is such a time before every look.
  const before = warnedMs >= warnMs;
  if (before && (warned?.renewed || !(warnedMs < Date.parse(countsFrom ?? '')))) {
    const removeAtMs = Math.max(dueMs, warnedMs + leadMs);
    return { step: step('remove', removeAtMs), removeAt: time(removeAtMs) };
  }
  const removeAt = time(Math.max(warnMs, now.getTime()) + leadMs);
  return { step: { ...step('warn', warnMs), removeAt, ...(before ? { renews: true } : {}) }, removeAt };
}

function keptBecause(clocks: readonly ClockState[], name: LeaseClock): string {
  const clock = clocks.find((other) => other.clock === name && other.action === 'remove');
  if (clock?.state === 'runs') return `${clock.movedBy ?? 'something'} moved its ${name} clock`;
  return clock?.reason ?? `its ${name} clock is off`;
}

function pauseClock(lease: Lease, facts: LeaseFacts, { wakes }: LeasePolicy): ClockState {
  const clock = clientClock('pause', lease.idle, facts);
  if (clock.state === 'off') return clock;
  const held = facts.life === 'paused' ? 'paused already' : facts.life === 'ended' ? 'it does not run' : wakes === true ? undefined : wakes;
  return held === undefined ? clock : still(clock, 'held', held);
}

function noClientClock(lease: Lease, facts: LeaseFacts): ClockState {
  return clientClock('remove', lease.removeAfter, facts);
}

function clientClock(action: 'pause' | 'remove', { length, from }: Lease['idle'], facts: LeaseFacts): ClockState {
  const clock: ClockState = { clock: 'no-client', action, length, from, state: 'runs' };
  const { viewers } = facts;
  if (length === 'never') return { ...clock, state: 'off' };
  if (facts.life !== 'ended') {
    if (!viewers.known) return still(clock, 'unknown', viewers.why);
    if (viewers.count > 0) return still(clock, 'held', viewers.count === 1 ? 'somebody looks at it' : `${viewers.count} viewers look at it`);
  }
  return run(clock, length, facts, [
    ['creation', facts.createdAt],
    ['up or touch', facts.lastUsedAt],
    ['a viewer', facts.viewerSeenAt],
    ['begin of watching', facts.countsFrom],
  ]);
}

function noInputClock({ inputIdle: { length, from } }: Lease, facts: LeaseFacts): ClockState {
  const clock: ClockState = { clock: 'no-input', action: 'remove', length, from, state: 'runs' };
  if (length === 'never') return { ...clock, state: 'off' };
  if (!facts.input.known) return still(clock, 'unknown', facts.input.why);
  return run(clock, length, facts, [
    ['creation', facts.createdAt],
    ['up or touch', facts.lastUsedAt],
    ['input', facts.input.at],
    ['begin of watching', facts.countsFrom],
  ]);
}

function ttlClock({ ttl: { length, from } }: Lease, facts: LeaseFacts): ClockState {
  const clock: ClockState = { clock: 'ttl', action: 'remove', length, from, state: 'runs' };
  if (length === 'never') return { ...clock, state: 'off' };
  return run(clock, length, facts, [
    ['creation', facts.createdAt],
    ['a touch', facts.touchedAt],
  ]);
}

function maxAgeClock({ maxAge: { length, from } }: Lease, { createdAt }: LeaseFacts): ClockState {
  const clock: ClockState = { clock: 'max-age', action: 'remove', length, from, state: 'runs' };
  return length === 'never' ? { ...clock, state: 'off' } : run(clock, length, {}, [['creation', createdAt]]);
}

function still(clock: ClockState, state: 'held' | 'unknown', reason: string): ClockState {
  return { clock: clock.clock, action: clock.action, length: clock.length, from: clock.from, state, reason };
}

/** A clock that counts from the latest of what moves it, and runs out no earlier than a touch asked for. */
function run(clock: ClockState, length: number, { keptUntil }: Pick<LeaseFacts, 'keptUntil'>, movers: readonly (readonly [LeaseMover, string | undefined])[]): ClockState {
  let [movedBy, sinceMs]: [LeaseMover, number] = ['creation', Number.NEGATIVE_INFINITY];
  for (const [mover, at] of movers) {
    const ms = at === undefined ? Number.NaN : Date.parse(at);
    if (ms > sinceMs) [movedBy, sinceMs] = [mover, ms];
  }
  const keptMs = keptUntil === undefined ? Number.NEGATIVE_INFINITY : Date.parse(keptUntil);
  const dueMs = sinceMs + length;
  return { ...clock, since: time(sinceMs), movedBy: keptMs > dueMs ? 'touch --for' : movedBy, dueAt: time(Math.max(dueMs, keptMs)) };
}

const time = (ms: number): string => new Date(ms).toISOString();
