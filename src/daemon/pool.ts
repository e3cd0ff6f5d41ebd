// Keeps the pool full while the daemon runs: looks when it starts, after new settings, when something happened to a warm desktop, and
// now and then; says what it made and removed. Decides nothing: that is core/pool-plan.ts.
import type { Clock } from '../core/clock.ts';
import type { Desktops } from '../core/desktops.ts';
import type { ContainerEvent } from '../core/engine.ts';
import { LABEL } from '../core/labels.ts';
import type { Log } from '../core/log.ts';
import { type Filling, fillPool, type PoolOutcome } from '../core/pool.ts';
import { SHORT_OF_MEMORY } from '../core/pool-plan.ts';
import { createStop } from '../core/stop.ts';
import { createBell } from './bell.ts';
import { wordsOf } from './words-of.ts';

export interface PoolParts {
  /** Asked again and again: settings may have been read anew. */
  desktops: () => Promise<Desktops>;
  clock: Clock;
  log: Log;
  /** Whether somebody waits for a desktop of their own now: none is made then. */
  isBusy?: () => boolean;
}

export interface PoolKeeper {
  /** Resolves once it was told to stop and what was half-made is removed or given up: within three seconds. */
  readonly ended: Promise<void>;
  /** Looks soon, as after new settings. */
  look(): void;
  /** The same where that is something that happened to a warm desktop. */
  heard(event: Pick<ContainerEvent, 'kind' | 'labels'>): void;
  stop(): void;
}

/** After a claim its client has the machine first; and however much happens, there is a pause between two fillings. */
const SPACING_MS = 1_000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 5 * 60_000;
const TO_FINISH_MS = 3_000;
const LESS: readonly ContainerEvent['kind'][] = ['renamed', 'unpaused', 'died', 'removed'];

/** Starts keeping. */
export function keepPool({ desktops: getDesktops, clock, log, isBusy }: PoolParts): PoolKeeper {
  const stopping = createStop();
  const bell = createBell();
  /** What was said of what can't be had, so that it is said once. */
  let said: readonly string[] = [];
  let failures = 0;

  const say = (words: readonly string[]): void => {
    for (const why of words) if (!said.includes(why)) log.write('warning', why === SHORT_OF_MEMORY ? 'fewer warm desktops are kept than are wanted' : 'no warm desktops are kept', { reason: why });
    said = words;
  };

  const onOutcome = ({ step, result, desktopId, tookMs, error }: PoolOutcome): void => {
    if (stopping.signal.aborted || result === 'dropped') return;
    if (step.do === 'create') {
      const facts = { image: step.wish.image, ...(desktopId === undefined ? {} : { desktop: desktopId }) };
      if (result === 'done') log.write('info', 'made a warm desktop', { ...facts, tookMs });
      else log.write('error', 'could not make a warm desktop; it is tried again', { ...facts, reason: wordsOf(error) });
    } else {
      const facts = { image: step.member.image, desktop: step.member.desktopId, cause: step.cause };
      if (result === 'done') log.write('info', 'removed a warm desktop', facts);
      else log.write('error', 'could not remove a warm desktop; it is tried again', { ...facts, reason: wordsOf(error) });
    }
  };

  /** Undefined where it could not even look: the daemon's own sweep says why. */
  const fill = async (): Promise<Filling | undefined> => {
    try {
      const filling = await fillPool(await getDesktops(), { signal: stopping.signal, ...(isBusy ? { isBusy } : {}), onOutcome });
      say([...(filling.off === undefined ? [] : [filling.off]), ...filling.wishes.flatMap(({ image, why }) => (why === undefined ? [] : [`${image}: ${why}`])), ...(filling.outcomes.some(({ reason, step }) => (reason ?? step.cause) === SHORT_OF_MEMORY) ? [SHORT_OF_MEMORY] : [])]);
      return filling;
    } catch {
      return undefined;
    }
  };

  const restMs = async (filling: Filling | undefined): Promise<number> => {
    const isFailed = !filling || filling.outcomes.some(({ result }) => result === 'failed');
    failures = isFailed ? failures + 1 : 0;
    if (isFailed) return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS);
    if (filling.postponed) return 0;
    // Nothing to keep: new settings ring.
    if (filling.wishes.length === 0 && filling.members.length === 0) return LONGEST_RETRY_MS;
    return (await getDesktops()).installation.sweepIntervalMs;
  };

  const keep = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const filling = await fill();
      const end = new AbortController();
      const signal = AbortSignal.any([stopping.signal, end.signal]);
      const waits = [clock.sleep(await restMs(filling), signal), bell.wait(signal)];
      await Promise.race(waits).catch(() => {});
      end.abort();
      await Promise.allSettled(waits);
      await clock.sleep(SPACING_MS, stopping.signal).catch(() => {});
    }
  };

  const done = new AbortController();
  const givenUp = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => clock.sleep(TO_FINISH_MS, done.signal).then(resolve, () => {})));
  return {
    ended: Promise.race([keep().finally(() => done.abort()), givenUp]),
    look: () => bell.ring(),
    heard({ kind, labels }) {
      if (labels[LABEL.pool] !== undefined && LESS.includes(kind)) bell.ring();
    },
    stop: () => stopping.abort(new Error('the daemon stops')),
  };
}
