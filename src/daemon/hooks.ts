// Hooks: a command or a web address that is told of the life events people wait for. Told beside the sweeps and never in them:
// what comes faster than it can be told waits in a bounded queue. Nothing here knows a client's id.
import type { Clock } from '../core/clock.ts';
import { HOOKED_EVENTS, type LifeEvent } from '../core/journal.ts';
import type { Log, LogFacts } from '../core/log.ts';
import type { RunProgram } from '../core/run-program.ts';

/** Sends JSON to a web address; resolves with the status of the answer, rejects when there is none. */
export type PostJson = (address: string, body: string, signal: AbortSignal) => Promise<number>;

export interface HooksOptions {
  /** A web address (http or https), which gets each event as a JSON POST; or a command line for `/bin/sh -c`, which gets it on stdin and in variables. */
  hook: string;
  /** How long one may take. */
  timeoutMs: number;
  run: RunProgram;
  post: PostJson;
  clock: Clock;
  log: Log;
  /** Of these only PATH, HOME and LANG reach a command. */
  env: Readonly<Record<string, string | undefined>>;
}

export interface Hooks {
  /** Tells the hook as soon as its turn comes, if it is told of such events at all. Never throws and never waits. */
  tell(event: LifeEvent): void;
  /** Resolves once all is told; what is left after `ms` is ended, which takes two seconds more at most. Nothing is told after the call. */
  settle(ms: number): Promise<void>;
}

const AT_ONCE = 4;
const WAITING = 200;

/** Hooks of one kind; `noHooks` where none is set. */
export function createHooks(options: HooksOptions): Hooks {
  const { timeoutMs, clock, log } = options;
  const call = isWebAddress(options.hook) ? byPost(options) : byCommand(options);
  const waiting: LifeEvent[] = [];
  const running = new Set<Promise<void>>();
  const stopped = new AbortController();
  let closed = false;
  let dropping = false;

  const tellOne = async (event: LifeEvent): Promise<void> => {
    try {
      const failure = await call(event, stopped.signal);
      if (failure) log.write('warning', 'the hook failed', { event: event.event, desktop: event.desktop, ...failure });
    } catch (error) {
      const why = stopped.signal.aborted ? 'vncctl stops' : (error as Error).message;
      log.write('warning', 'the hook was not told', { event: event.event, desktop: event.desktop, why });
    }
  };

  const next = (): void => {
    while (running.size < AT_ONCE) {
      const event = waiting.shift();
      if (!event) break;
      const turn = tellOne(event).finally(() => {
        running.delete(turn);
        next();
      });
      running.add(turn);
    }
    if (waiting.length === 0) dropping = false;
  };

  return {
    tell(event) {
      if (closed || !HOOKED_EVENTS.includes(event.event)) return;
      if (waiting.length === WAITING) {
        waiting.shift();
        if (!dropping) log.write('warning', 'more happens than the hook can be told of: what waits longest is left out', { waiting: WAITING, limitMs: timeoutMs });
        dropping = true;
      }
      waiting.push(event);
      next();
    },
    async settle(ms) {
      closed = true;
      const idle = async (): Promise<void> => {
        while (running.size > 0) await Promise.all(running);
      };
      const enough = new AbortController();
      const late = clock.sleep(ms, enough.signal).then(
        () => {
          if (waiting.length > 0) log.write('warning', 'vncctl stops before the hook was told of all', { untold: waiting.length });
          waiting.length = 0;
          stopped.abort();
        },
        () => {},
      );
      await idle();
      enough.abort();
      await late;
    },
  };
}

/** Where no hook is set. */
export const noHooks: Hooks = { tell: () => {}, settle: async () => {} };

/** Whether a hook is an address rather than a command line. */
export function isWebAddress(hook: string): boolean {
  return /^https?:\/\//i.test(hook.trim());
}

/** One call of the hook: what failed, or undefined. Rejects when it could not be made. */
type Call = (event: LifeEvent, stopped: AbortSignal) => Promise<LogFacts | undefined>;

// The address may hold a secret: it stands in no log line.
function byPost({ hook, timeoutMs, post, clock }: HooksOptions): Call {
  return async (event, stopped) => {
    const over = new AbortController();
    const stop = (): void => over.abort(stopped.reason);
    stopped.addEventListener('abort', stop, { once: true });
    const done = new AbortController();
    clock.sleep(timeoutMs, done.signal).then(
      () => over.abort(new Error(`no answer within ${timeoutMs} ms`)),
      () => {},
    );
    try {
      const status = await post(hook.trim(), JSON.stringify(event), over.signal);
      return status >= 200 && status < 300 ? undefined : { status };
    } finally {
      done.abort();
      stopped.removeEventListener('abort', stop);
    }
  };
}

const PASSED_ON = ['PATH', 'HOME', 'LANG'] as const;

function byCommand({ hook, timeoutMs, run, env }: HooksOptions): Call {
  const own = Object.fromEntries(PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  return async (event, stopped) => {
    const { exitCode, stdout, stderr } = await run('/bin/sh', ['-c', hook], {
      env: { ...own, ...variablesOf(event) },
      onlyEnv: true,
      input: `${JSON.stringify(event)}\n`,
      ownGroup: true,
      deadlineMs: timeoutMs,
      signal: stopped,
    });
    if (exitCode === 0) return undefined;
    return { exitCode, said: lastLineOf(stderr) ?? lastLineOf(stdout) };
  };
}

function variablesOf({ event, desktop, cause, image, removeAt }: LifeEvent): Record<string, string> {
  return {
    VNCCTL_EVENT: event,
    VNCCTL_DESKTOP: desktop,
    VNCCTL_CAUSE: cause,
    ...(image === undefined ? {} : { VNCCTL_IMAGE: image }),
    ...(removeAt === undefined ? {} : { VNCCTL_REMOVE_AT: removeAt }),
  };
}

const LONGEST_SAID = 200;

function lastLineOf(output: string): string | undefined {
  const line = output.trimEnd().split('\n').at(-1)?.trim();
  return line ? line.slice(0, LONGEST_SAID) : undefined;
}
