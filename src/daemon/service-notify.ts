// What the service manager is told (sd_notify(3)), through the program `systemd-notify` since Node has no datagram sockets.
// One message at a time, each bounded in time; a manager that doesn't listen never fails the daemon.
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { RunProgram } from '../core/run-program.ts';

export interface ServiceNotify {
  /** How often the manager wants to hear of us, at the latest; undefined when it doesn't watch. Half of what it allows. */
  readonly watchdogMs: number | undefined;
  /** The daemon serves; also ends a reload. */
  ready(status: string): Promise<void>;
  /** One line about what it does now. Sent when it changed, at most once a second, the newest only. */
  status(text: string): void;
  reloading(): Promise<void>;
  /** The last word: nothing is sent after it. Resolves once it was said. */
  stopping(status?: string): Promise<void>;
  /** A sign of life; does nothing when the manager doesn't watch. */
  watchdog(): Promise<void>;
}

export interface ServiceNotifyOptions {
  env: Readonly<Record<string, string | undefined>>;
  pid: number;
  run: RunProgram;
  clock: Clock;
  log: Log;
}

const DEADLINE_MS = 2_000;
const BETWEEN_STATUS_MS = 1_000;

/** Speaks to the manager that NOTIFY_SOCKET names; without one it does nothing. */
export function createServiceNotify({ env, pid, run, clock, log }: ServiceNotifyOptions): ServiceNotify {
  const socket = env['NOTIFY_SOCKET'];
  if (!socket) return silent;
  const watchdogMs = watchdogOf(env, pid);
  const closed = new AbortController();
  let queue: Promise<void> = Promise.resolve();
  let failed = false;
  let sent: string | undefined;
  let wanted: string | undefined;
  let sentAtMs = Number.NEGATIVE_INFINITY;
  let due = false;

  const say = async (args: readonly string[]): Promise<void> => {
    let why: string | undefined;
    try {
      const { exitCode, stderr } = await run('systemd-notify', args, { env: { NOTIFY_SOCKET: socket }, deadlineMs: DEADLINE_MS });
      if (exitCode !== 0) why = stderr.trim().split('\n').at(-1) || `exit code ${exitCode}`;
    } catch (error) {
      why = (error as Error).message;
    }
    if (why !== undefined && !failed) log.write('warning', 'the service manager could not be told', { why });
    failed = why !== undefined;
  };

  const send = (args: readonly string[]): Promise<void> => {
    if (closed.signal.aborted) return queue;
    queue = queue.then(() => say(args));
    return queue;
  };

  const sendStatus = (text: string, before: readonly string[] = []): Promise<void> => {
    sent = wanted = text;
    sentAtMs = clock.monotonicMs();
    return send([...before, `STATUS=${text}`]);
  };

  const sendWhenDue = async (): Promise<void> => {
    due = true;
    try {
      await clock.sleep(Math.max(0, sentAtMs + BETWEEN_STATUS_MS - clock.monotonicMs()), closed.signal);
      if (wanted !== undefined && wanted !== sent) void sendStatus(wanted);
    } catch {
      // Stopped: the last word is said by then.
    } finally {
      due = false;
    }
  };

  return {
    watchdogMs,
    ready: (status) => sendStatus(oneLine(status), ['READY=1']),
    status(text) {
      wanted = oneLine(text);
      if (wanted !== sent && !due && !closed.signal.aborted) void sendWhenDue();
    },
    reloading: () => send(['RELOADING=1']),
    stopping(status) {
      const said = send(['STOPPING=1', ...(status === undefined ? [] : [`STATUS=${oneLine(status)}`])]);
      closed.abort();
      return said;
    },
    // The next one comes in time if this one is lost; waiting for the manager to have read it could use that time up.
    watchdog: () => (watchdogMs === undefined ? Promise.resolve() : send(['--no-block', 'WATCHDOG=1'])),
  };
}

const silent: ServiceNotify = { watchdogMs: undefined, ready: async () => {}, status: () => {}, reloading: async () => {}, stopping: async () => {}, watchdog: async () => {} };

// WATCHDOG_PID names the process that is watched; without it we are (sd_watchdog_enabled(3)).
function watchdogOf(env: ServiceNotifyOptions['env'], pid: number): number | undefined {
  const { WATCHDOG_USEC: limit, WATCHDOG_PID: watched } = env;
  if (limit === undefined || !/^[1-9]\d*$/.test(limit)) return undefined;
  if (watched !== undefined && watched !== '' && watched !== String(pid)) return undefined;
  return Math.floor(Number(limit) / 2000);
}

// A line end would begin another assignment.
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}
