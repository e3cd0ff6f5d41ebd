// A reaper over an installation on fakes, with time that a test lets pass sweep by sweep, and a machine whose clock can be set.
// What became of each step is a line.
import { createDiskWatch } from '../../src/core/disk-watch.ts';
import type { Desktops } from '../../src/core/desktops.ts';
import { formatDuration } from '../../src/core/duration.ts';
import type { BootClock } from '../../src/core/gap.ts';
import { createReaper, type Reaper, type Sweep, type SweepOptions } from '../../src/core/reap.ts';
import type { ReapOutcome } from '../../src/core/reap-steps.ts';
import type { Allocation, DesktopId } from '../../src/core/store.ts';
import { createFakeActivity, type FakeActivity } from './fake-activity.ts';
import { createTestDesktops, type TestDesktops, type TestDesktopsOptions } from './test-desktops.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** Between two sweeps: two fit into the minute of a write. */
export const SWEEP_MS = 30_000;

export interface TestReaper extends TestDesktops {
  activity: FakeActivity;
  boot: BootClock;
  /** What became of each step since the start, as `+8h: remove vnc_1, no viewer for 8h`; what wasn't done with its reason in brackets. */
  readonly lines: string[];
  /** One sweep by the process that runs now. */
  sweep(options?: Partial<SweepOptions>): Promise<Sweep>;
  /** Lets time pass with a sweep every half minute, or every `everyMs`. */
  pass(ms: number, everyMs?: number): Promise<void>;
  flush(): Promise<void>;
  /** Time passes in which nobody sweeps. */
  sleep(ms: number): void;
  /** Somebody sets the clock of the machine. */
  setClock(byMs: number): void;
  /** The machine is booted again. */
  reboot(): void;
  /** The process that swept is killed; another one goes on over the same store. */
  kill(): void;
  record(id: DesktopId): Allocation | undefined;
  /** Another reaper beside the one that runs. */
  another(desktops: Desktops): Reaper;
}

/** One whose desktops wake when somebody looks; time counts from now. */
export function createTestReaper({ installation, ...options }: TestDesktopsOptions = {}): TestReaper {
  const t = createTestDesktops({ ...options, installation: { pauseDirect: true, sweepIntervalMs: SWEEP_MS, ...installation } });
  const activity = createFakeActivity(t.clock);
  const startMs = t.clock.now().getTime();
  let setByMs = 0;
  let boots = 1;
  let pid = 100;
  const boot: BootClock = {
    get id() {
      return `boot ${boots}`;
    },
    ms: () => t.clock.monotonicMs() - setByMs + 1_000_000,
  };
  const another = (desktops: Desktops): Reaper => createReaper({ desktops: async () => desktops, activity, boot, disk: createDiskWatch() });
  let reaper = another(t.desktops);
  const lines: string[] = [];
  const told = ({ step, result, reason, error }: ReapOutcome): void => {
    const moment = formatDuration(t.clock.now().getTime() - setByMs - startMs);
    const why = result === 'done' ? '' : ` (${result}: ${reason ?? (error as Error).message})`;
    lines.push(`+${moment}: ${step.do} ${step.desktop.container?.name ?? 'a lost one'}, ${step.cause}${why}`);
  };
  const sweep: TestReaper['sweep'] = (over) => reaper.sweep({ signal: new AbortController().signal, onOutcome: told, ...over });
  return {
    ...t,
    activity,
    boot,
    lines,
    another,
    sweep,
    async pass(ms, everyMs = SWEEP_MS) {
      const untilMs = t.clock.monotonicMs() + ms;
      while (t.clock.monotonicMs() < untilMs) {
        t.clock.advance(Math.min(everyMs, untilMs - t.clock.monotonicMs()));
        await sweep();
      }
    },
    flush: () => reaper.flush(),
    sleep: (ms) => t.clock.advance(ms),
    setClock(byMs) {
      t.clock.advance(byMs);
      setByMs += byMs;
    },
    reboot() {
      boots++;
    },
    kill() {
      t.alive.delete(pid);
      reaper = another(t.asProcess(++pid));
    },
    record: (id) => t.store.state.allocations[id],
  };
}
