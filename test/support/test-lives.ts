// A tracker of lives with one desktop, and every way in which something of it is learned: an engine's event, a look, a step.
import type { Desktop, DesktopStatus } from '../../src/core/desktop.ts';
import type { ContainerEventKind, ContainerId } from '../../src/core/engine.ts';
import type { LifeEvent } from '../../src/core/journal.ts';
import { encodeLabels } from '../../src/core/labels.ts';
import { createLifeTracker, type LifeTracker } from '../../src/core/life.ts';
import type { ReapStep } from '../../src/core/reap-plan.ts';
import type { ReapOutcome } from '../../src/core/reap-steps.ts';
import { type DesktopId, EMPTY_STATE, type StoreState } from '../../src/core/store.ts';
import { ANA } from './test-desktops.ts';

export const D1 = 'd1' as DesktopId;
const NOW = new Date('2030-01-01T12:00:00.000Z');

/** A desktop as a look finds it. */
export function desktopSeen(status: DesktopStatus, over: Partial<Desktop> = {}): Desktop {
  const running = status === 'ready' || status === 'starting';
  const container = { id: 'c1' as ContainerId, name: `vnc_${ANA}`, running };
  const ended = { exitCode: 0 };
  return {
    id: D1,
    client: ANA,
    clientKey: ANA,
    status,
    image: 'kiosk',
    createdAt: NOW.toISOString(),
    lease: { created: {}, changed: {} },
    ...(status === 'lost' ? {} : { container }),
    ...(status === 'stopped' ? ended : {}),
    ...over,
  };
}

/** The store while a process removes the desktop. */
export const removing = (cause = 'vncctl rm'): StoreState => ({
  ...EMPTY_STATE,
  allocations: { d1: { desktopId: D1, client: ANA, endpoint: 'fake', image: 'kiosk', createdAt: NOW.toISOString(), removing: { pid: 7, at: NOW.toISOString(), cause } } },
});

export interface TestLives {
  tracker: LifeTracker;
  /** All that was told so far, as `paused: no viewer for 15m`. */
  readonly told: string[];
  readonly events: readonly LifeEvent[];
  /** A look from its begin to its end; given no status, it finds nobody. */
  look(status?: DesktopStatus, over?: Partial<Desktop>, state?: StoreState): void;
  /** `pooled`: of one that was made for the pool. */
  event(kind: ContainerEventKind, over?: { exitCode?: number; name?: string; pooled?: boolean }, state?: StoreState): void;
  intend(what: ReapStep['do'], cause?: string): ReapStep;
  settle(step: ReapStep, result?: ReapOutcome['result']): void;
  /** What came of the last look that was begun: for what happens while one is under way. */
  reconcile(desktops: readonly Desktop[], state?: StoreState): void;
}

/** Nobody has looked yet. */
export function createTestLives(): TestLives {
  const tracker = createLifeTracker({ names: () => ({ instance: 'default', prefix: 'vnc_' }), clientHash: ({ client }) => client && 'hash-of-ana' });
  const events: LifeEvent[] = [];
  const lives: TestLives = {
    tracker,
    events,
    get told() {
      return events.map(({ event, cause }) => `${event}: ${cause}`);
    },
    look(status, over, state = EMPTY_STATE) {
      tracker.lookBegins();
      lives.reconcile(status === undefined ? [] : [desktopSeen(status, over)], state);
    },
    event(kind, { exitCode, name = `vnc_${ANA}`, pooled = false } = {}, state = EMPTY_STATE) {
      const labels = encodeLabels({ instance: 'default', desktopId: D1, ...(pooled ? { poolKey: 'key' } : { clientKey: ANA }), naming: 'plain', imageKey: 'kiosk', specHash: 'abc' });
      events.push(...tracker.apply({ kind, id: 'c1' as ContainerId, name, labels, at: NOW.toISOString(), ...(exitCode === undefined ? {} : { exitCode }) }, state));
    },
    intend(what, cause = 'no viewer') {
      const step: ReapStep = { do: what, desktop: desktopSeen('ready'), clock: 'no-client', cause };
      tracker.intend(step);
      return step;
    },
    settle: (step, result = 'done') => void events.push(...tracker.settle({ step, result }, NOW)),
    reconcile: (desktops, state = EMPTY_STATE) => void events.push(...tracker.reconcile(desktops, state, NOW)),
  };
  return lives;
}
