// A daemon over an installation on fakes: nothing passes but the time that a test lets pass, and what it says is kept.
import { setImmediate } from 'node:timers/promises';
import type { ContainerEventKind } from '../../src/core/engine.ts';
import type { LifeEvent } from '../../src/core/journal.ts';
import { createLifeTracker } from '../../src/core/life.ts';
import type { LogFacts, LogLevel } from '../../src/core/log.ts';
import { type Daemon, type DaemonState, startDaemon } from '../../src/daemon/daemon.ts';
import { createFakeClock } from './fake-clock.ts';
import type { TestDesktopsOptions } from './test-desktops.ts';
import { createTestReaper, type TestReaper } from './test-reaper.ts';

export interface TestDaemon extends Omit<TestReaper, 'pass' | 'sweep' | 'flush' | 'kill'> {
  start(): Daemon;
  /** Lets time pass in steps in which everything that can happen does. */
  pass(ms: number): Promise<void>;
  /** Everything that can happen without time does. */
  settle(): Promise<void>;
  /** Looks at all desktops so far. */
  looks(): number;
  /** Each event so far, as `paused: no viewer for 15m`. */
  readonly told: readonly string[];
  readonly events: readonly LifeEvent[];
  /** Each line of the log so far, as `info: watching 1 desktop …`. */
  readonly log: readonly string[];
  /** Everything that a line held. */
  readonly facts: readonly (LogFacts | undefined)[];
  readonly states: readonly DaemonState[];
  /** What the engine told so far. */
  readonly engineEvents: readonly ContainerEventKind[];
}

const STEP_MS = 500;
// More than any chain of calls of the fakes takes.
const TURNS = 40;

/** Not started yet. */
export function createTestDaemon(options: TestDesktopsOptions = {}): TestDaemon {
  const t = createTestReaper({ clock: createFakeClock({ passUpToMs: 0 }), ...options });
  const events: LifeEvent[] = [];
  const log: string[] = [];
  const facts: (LogFacts | undefined)[] = [];
  const states: DaemonState[] = [];
  const engineEvents: ContainerEventKind[] = [];
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < TURNS; turn++) await setImmediate();
  };
  return {
    ...t,
    events,
    log,
    facts,
    states,
    engineEvents,
    settle,
    get told() {
      return events.map(({ event, cause }) => `${event}: ${cause}`);
    },
    looks: () => t.engine.calls.log.filter((line) => line === 'containers.list').length,
    async pass(ms) {
      for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
        t.clock.advance(STEP_MS);
        await settle();
      }
    },
    start: () =>
      startDaemon({
        desktops: async () => t.desktops,
        reaper: t.another(t.desktops),
        activity: t.activity,
        life: createLifeTracker({ names: () => t.desktops.installation, clientHash: ({ client }) => client && 'hash' }),
        log: {
          write(level: LogLevel, message: string, held?: LogFacts) {
            log.push(`${level}: ${message}`);
            facts.push(held);
          },
        },
        clock: t.clock,
        toPerson: true,
        tell: async (more) => void events.push(...more),
        onEvent: (event) => void engineEvents.push(event.kind),
        onState: (state) => void states.push(state),
      }),
  };
}
