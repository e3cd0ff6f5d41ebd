// Carrying out what a sweep has decided: pausing, waking and removing, each with a last look, so that nobody who came meanwhile
// loses anything.
import { isVncctlError } from '../errors.ts';
import type { Desktop } from './desktop.ts';
import { overDiskMax } from './disk-watch.ts';
import type { Desktops } from './desktops.ts';
import { inParallel } from './parallel.ts';
import type { ReapStep } from './reap-plan.ts';
import { rememberWoken } from './remember.ts';
import { type Removal, removeDesktops } from './remove.ts';
import type { Allocation, DesktopId, StoreState } from './store.ts';

/** What became of a step: `dropped` when it was no longer right, with the reason. */
export interface ReapOutcome {
  step: ReapStep;
  result: 'done' | 'dropped' | 'failed';
  reason?: string;
  error?: unknown;
}

export interface CarryOutOptions {
  /** Breaks off what is under way. */
  signal: AbortSignal;
  /** Lets what is under way end and begins nothing more. */
  stopping: AbortSignal | undefined;
  /** The state that the plan was made with. */
  seen: StoreState;
  /** Of those given, the ones that still nobody looks at. */
  stillIdle: (desktops: readonly Desktop[]) => Promise<ReadonlySet<DesktopId>>;
  onStep: ((step: ReapStep) => void) | undefined;
  onOutcome: ((outcome: ReapOutcome) => void) | undefined;
}

const REMOVAL_ATTEMPTS = 3;
const RETRY_MS = 300;

const USED_MEANWHILE = 'it was used meanwhile';

/** Carries all of them out, several at once, and reports each. Throws nothing. */
export async function carryOut(desktops: Desktops, steps: readonly ReapStep[], options: CarryOutOptions): Promise<ReapOutcome[]> {
  const removals = steps.filter(({ do: what }) => what === 'remove');
  const others = steps.filter(({ do: what }) => what !== 'remove');
  const told = (outcome: ReapOutcome): ReapOutcome => {
    options.onOutcome?.(outcome);
    return outcome;
  };
  const acted = inParallel(others, desktops.installation.parallel, async (step) => told(await act(desktops, step, options)));
  const removed = remove(desktops, removals, options).then((outcomes) => outcomes.map(told));
  return (await Promise.all([acted, removed])).flat();
}

async function act(desktops: Desktops, step: ReapStep, options: CarryOutOptions): Promise<ReapOutcome> {
  const { container } = step.desktop;
  if (options.stopping?.aborted || !container) return { step, result: 'dropped', reason: 'stopping' };
  const { signal } = options;
  const { containers } = desktops.engine;
  options.onStep?.(step);
  try {
    if (step.do === 'wake') {
      await containers.unpause(container.id, { signal });
      await rememberWoken(desktops, step.desktop.id);
      return { step, result: 'done' };
    }
    if (await wasUsed(desktops, step.desktop, options)) return { step, result: 'dropped', reason: USED_MEANWHILE };
    await containers.pause(container.id, { signal });
    if (!(await wasUsed(desktops, step.desktop, options))) return { step, result: 'done' };
    // Handed out between the last look and the pause.
    options.onStep?.({ ...step, do: 'wake', cause: USED_MEANWHILE });
    await containers.unpause(container.id, { signal });
    return { step, result: 'dropped', reason: USED_MEANWHILE };
  } catch (error) {
    return isVncctlError(error, 'DESKTOP_NOT_FOUND') ? { step, result: 'dropped', reason: 'it is gone' } : { step, result: 'failed', error };
  }
}

async function wasUsed({ store }: Desktops, desktop: Desktop, { seen, stillIdle }: CarryOutOptions): Promise<boolean> {
  const [state, idle] = await Promise.all([store.read(), stillIdle([desktop])]);
  return !idle.has(desktop.id) || hasChanged(seen.allocations[desktop.id], state.allocations[desktop.id]);
}

async function remove(desktops: Desktops, steps: readonly ReapStep[], options: CarryOutOptions): Promise<ReapOutcome[]> {
  const outcomes = new Map<ReapStep, ReapOutcome>();
  let waiting = steps;
  for (let attempt = 1; waiting.length > 0; attempt++) {
    if (options.stopping?.aborted) {
      for (const step of waiting) if (!outcomes.has(step)) outcomes.set(step, { step, result: 'dropped', reason: 'stopping' });
      break;
    }
    for (const outcome of await removeOnce(desktops, waiting, options)) outcomes.set(outcome.step, outcome);
    waiting = waiting.filter((step) => outcomes.get(step)?.result === 'failed');
    if (waiting.length === 0 || attempt === REMOVAL_ATTEMPTS || options.signal.aborted) break;
    await desktops.clock.sleep(RETRY_MS * attempt);
  }
  return steps.flatMap((step) => outcomes.get(step) ?? []);
}

async function removeOnce(desktops: Desktops, steps: readonly ReapStep[], options: CarryOutOptions): Promise<ReapOutcome[]> {
  const stepOf = new Map(steps.map((step) => [step.desktop.id, step]));
  for (const step of steps) options.onStep?.(step);
  try {
    // The other clocks take one that somebody looks at too.
    const idle = await options.stillIdle(steps.filter(({ clock }) => clock === 'no-client').map(({ desktop }) => desktop));
    const full = await overDiskMax(
      desktops,
      steps.flatMap(({ desktop, diskMaxBytes: maxBytes }) => (maxBytes === undefined ? [] : [{ desktop, maxBytes }])),
      options.signal,
    );
    const removals = await removeDesktops(
      desktops,
      steps.map(({ desktop }) => desktop),
      {
        signal: options.signal,
        cause: (desktop) => stepOf.get(desktop.id)?.cause ?? '',
        unless: (desktop, record) => {
          const step = stepOf.get(desktop.id);
          if (step?.clock === 'no-client' && !idle.has(desktop.id)) return 'somebody may look at it now';
          if (record?.removing && record.removing.pid !== desktops.processes.pid && desktops.processes.isAlive(record.removing.pid)) return 'another process removes it';
          if (step?.clock === 'disk') return full.has(desktop.id) ? undefined : 'it uses less by now';
          // Nothing moves max-age.
          return step?.clock !== 'max-age' && hasChanged(options.seen.allocations[desktop.id], record) ? USED_MEANWHILE : undefined;
        },
      },
    );
    return removals.map((removal) => outcomeOf(stepOf, removal)).filter((outcome) => outcome !== undefined);
  } catch (error) {
    return steps.map((step) => ({ step, result: 'failed', error }));
  }
}

function outcomeOf(stepOf: ReadonlyMap<DesktopId, ReapStep>, { desktop, error, kept }: Removal): ReapOutcome | undefined {
  const step = stepOf.get(desktop.id);
  if (!step) return undefined;
  if (kept !== undefined) return { step, result: 'dropped', reason: kept };
  return error === undefined ? { step, result: 'done' } : { step, result: 'failed', error };
}

/** Whether somebody was handed the desktop, kept it or changed its lease since the plan was made. */
function hasChanged(seen: Allocation | undefined, now: Allocation | undefined): boolean {
  const part = (allocation: Allocation | undefined): string => JSON.stringify([allocation?.lastUsedAt, allocation?.touchedAt, allocation?.keptUntil, allocation?.lease, allocation?.readyAt]);
  return part(seen) !== part(now);
}
