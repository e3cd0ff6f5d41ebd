// The daemon's loop: sweeps on an interval and when something happens, follows the engine's events, tells what it sees, and goes
// on by itself after everything but its stop. Decides nothing about desktops: that is core/reap-plan.ts.
import type { ActivitySource } from '../core/activity.ts';
import type { Clock } from '../core/clock.ts';
import type { Desktops } from '../core/desktops.ts';
import type { ContainerEvent } from '../core/engine.ts';
import type { LifeEvent } from '../core/journal.ts';
import type { LifeTracker } from '../core/life.ts';
import type { Log } from '../core/log.ts';
import { lookAt } from '../core/look.ts';
import type { Reaper, Sweep } from '../core/reap.ts';
import type { ReapOutcome } from '../core/reap-steps.ts';
import { createStop } from '../core/stop.ts';
import { EMPTY_STATE } from '../core/store.ts';
import { createBell } from './bell.ts';
import { followEngine } from './follow.ts';
import { describeSummary, type Summary, summarize } from './summary.ts';
import { wordsOf } from './words-of.ts';

export interface DaemonParts {
  /** Asked again and again: settings may have been read anew. */
  desktops: () => Promise<Desktops>;
  reaper: Reaper;
  activity: ActivitySource;
  life: LifeTracker;
  log: Log;
  clock: Clock;
  /** Whether a person follows the log: what is watched is then told whenever it changes. */
  toPerson: boolean;
  /** Keeps and passes on what happened. Never throws. */
  tell: (events: readonly LifeEvent[]) => Promise<void>;
  /** Called with each of the engine's events. */
  onEvent: (event: ContainerEvent) => void;
  /** Called after every look and every failure to look. */
  onState: (state: DaemonState) => void;
}

/** How the daemon stands. */
export interface DaemonState {
  /** Why it can't watch; absent while it does. */
  trouble?: string;
  /** Of the last look that succeeded. */
  summary?: Summary;
  /** When that was, by the clock that never jumps. */
  lookedAtMs?: number;
  /** The last try to look, whatever came of it. */
  triedAtMs?: number;
}

export interface Daemon {
  /** Resolves once it was told to stop and what was under way is finished, given up or undone: within three seconds. Rejects for a bug only. */
  readonly ended: Promise<void>;
  /** Looks at once, as after new settings. */
  look(): void;
  stop(): void;
}

// Between two sweeps, however much happens.
const SPACING_MS = 1_000;
const WHILE_STARTING_MS = 2_000;
// Docker tells of a change a moment before its list shows it: a look at once would find the desktop as it was.
const SETTLING_MS = 300;
const LONGEST_SETTLING_MS = 1_000;
const WAKE_LOOK_MS = 1_000;
const TO_FINISH_MS = 2_500;
const FIRST_RETRY_MS = 1_000;
/** Kinds that leave nothing in the store that their cause would be read from. */
const WITHOUT_CAUSE: readonly ContainerEvent['kind'][] = ['created', 'started', 'renamed'];

/** Starts watching. */
export function startDaemon(parts: DaemonParts): Daemon {
  const { clock, log, reaper, life } = parts;
  const stopping = createStop();
  const breaking = createStop();
  const bell = createBell();
  let state: DaemonState = {};
  let failures = 0;
  let toldAtMs = Number.NEGATIVE_INFINITY;

  const become = (next: DaemonState): void => {
    if (next.trouble !== undefined && next.trouble !== state.trouble) log.write('error', 'can not watch the desktops; they are left alone', { reason: next.trouble });
    const said = next.summary && describeSummary(next.summary);
    const recovered = state.trouble !== undefined && next.trouble === undefined;
    const news = state.summary === undefined || (parts.toPerson && said !== describeSummary(state.summary));
    if (said !== undefined && next.trouble === undefined && (recovered || news)) {
      log.write('info', `${recovered ? 'watching again' : 'watching'} ${said}`);
    }
    state = next;
    parts.onState(state);
  };

  const onOutcome = (outcome: ReapOutcome): void => {
    const { step, result, reason, error } = outcome;
    const facts = { desktop: step.desktop.id, cause: step.cause };
    if (result === 'dropped') log.write('info', `did not ${step.do} it`, { ...facts, reason });
    if (result === 'failed') log.write('error', `could not ${step.do} it; the next sweep tries again`, { ...facts, reason: wordsOf(error) });
    void parts.tell(life.settle(outcome, clock.now()));
  };

  /** Waits until the engine has told nothing for a moment; not for ever, since much may be going on. */
  const settled = async (): Promise<void> => {
    const untilMs = clock.monotonicMs() + LONGEST_SETTLING_MS;
    for (;;) {
      const leftMs = Math.min(toldAtMs + SETTLING_MS, untilMs) - clock.monotonicMs();
      if (leftMs <= 0 || stopping.signal.aborted) return;
      await clock.sleep(leftMs, stopping.signal).catch(() => {});
    }
  };

  const sweep = async (): Promise<Sweep | undefined> => {
    await settled();
    try {
      life.lookBegins();
      const done = await reaper.sweep({ signal: breaking.signal, stopping: stopping.signal, onStep: (step) => life.intend(step), onOutcome });
      if (done.clockShiftMs !== 0) log.write('warning', 'the clock was set: ages and idle times were moved along', { shiftMs: done.clockShiftMs });
      else if (done.gap && state.lookedAtMs !== undefined) log.write('warning', 'nobody could watch for a while: idle time counts from now');
      await parts.tell(life.reconcile(done.observed.map(({ desktop }) => desktop), done.state, done.lookedAt));
      failures = 0;
      become({ summary: summarize(done.observed), lookedAtMs: clock.monotonicMs(), triedAtMs: clock.monotonicMs() });
      return done;
    } catch (error) {
      if (stopping.signal.aborted) return undefined;
      failures++;
      become({ ...state, trouble: wordsOf(error), triedAtMs: clock.monotonicMs() });
      return undefined;
    }
  };

  const onEvent = async (event: ContainerEvent, { store }: Desktops): Promise<void> => {
    toldAtMs = clock.monotonicMs();
    parts.onEvent(event);
    await parts.tell(life.apply(event, WITHOUT_CAUSE.includes(event.kind) ? EMPTY_STATE : await store.read()));
    bell.ring();
  };

  /** Waits for the next sweep's turn: the interval, the bell, or a look at a paused desktop. */
  const rest = async (done: Sweep | undefined): Promise<void> => {
    const end = new AbortController();
    const signal = AbortSignal.any([stopping.signal, end.signal]);
    const paused = done?.observed.filter(({ desktop }) => desktop.status === 'paused').map(({ desktop }) => desktop) ?? [];
    const waits = [clock.sleep(await restMs(done), signal), bell.wait(signal)];
    if (paused.length > 0) waits.push(untilLookedAt(paused, signal));
    await Promise.race(waits).catch(() => {});
    end.abort();
    await Promise.allSettled(waits);
  };

  const restMs = async (done: Sweep | undefined): Promise<number> => {
    const { installation } = await parts.desktops().catch(() => ({ installation: undefined }));
    const intervalMs = installation?.sweepIntervalMs ?? FIRST_RETRY_MS;
    if (!done) return Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10), intervalMs);
    const starting = done.observed.some(({ desktop }) => desktop.status === 'starting');
    return Math.max(0, (starting ? Math.min(WHILE_STARTING_MS, intervalMs) : intervalMs) - SPACING_MS);
  };

  const untilLookedAt = async (paused: Parameters<typeof lookAt>[1], signal: AbortSignal): Promise<void> => {
    for (;;) {
      await clock.sleep(WAKE_LOOK_MS, signal);
      const seen = await lookAt(await parts.desktops(), paused, parts.activity, signal);
      if ([...seen.values()].some(({ viewers }) => viewers.known && viewers.count > 0)) return;
    }
  };

  const watch = async (): Promise<void> => {
    let following: Promise<void> | undefined;
    while (!stopping.signal.aborted) {
      const done = await sweep();
      // After the first look: who was there before it has not just been created.
      if (done) following ??= followEngine({ ...parts, onEvent, onOpen: () => bell.ring() }, stopping.signal);
      await clock.sleep(SPACING_MS, stopping.signal).catch(() => {});
      await rest(done);
    }
    await following;
    await reaper.flush().catch((error: unknown) => log.write('error', 'could not write down what was remembered', { reason: wordsOf(error) }));
  };

  const giveUp = new AbortController();
  stopping.signal.addEventListener('abort', () => {
    clock.sleep(TO_FINISH_MS, giveUp.signal).then(
      () => breaking.abort(new Error('the daemon stops')),
      () => {},
    );
  });
  return {
    ended: watch().finally(() => giveUp.abort()),
    look: () => bell.ring(),
    stop: () => stopping.abort(),
  };
}
