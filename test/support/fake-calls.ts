// What happens around each call of the fake engine: a log, failures on demand, things that a test does between two calls,
// deadlines and aborted signals. What a call does is in fake-containers.ts and fake-engine.ts.
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/core/clock.ts';
import type { CallOptions, Containers, Images, Networks } from '../../src/core/engine.ts';
import { VncctlError } from '../../src/errors.ts';

export type EngineCall = `containers.${keyof Containers}` | `images.${keyof Images}` | `networks.${keyof Networks}` | 'ping' | 'describe';

/** Runs before or after a call about `subject` (a name, an id or a reference). Throwing fails the call; hanging hangs it until its signal or deadline ends it. */
export type CallHook = (subject: string) => void | Promise<void>;

export interface FakeCalls {
  /** Every call so far, as "containers.create vnc_1". */
  readonly log: readonly string[];
  /** Before the engine does anything; stays until the returned function is called. */
  before(call: EngineCall, hook: CallHook): () => void;
  /** After the engine did it and before the caller hears of it. */
  after(call: EngineCall, hook: CallHook): () => void;
  /** Before or after whichever call comes. */
  onAny(when: 'before' | 'after', hook: CallHook): () => void;
  /** The next such call fails without having any effect. */
  failNext(call: EngineCall, error: unknown): void;
  /** From now on nothing is answered. */
  hang(): void;
  /** From now on nobody answers. */
  refuse(): void;
}

export type RunCall = <T>(call: EngineCall, subject: string, options: CallOptions | undefined, work: (signal: AbortSignal) => T | Promise<T>) => Promise<T>;

/** A promise that never settles: returned by a hook, it stands for a call that never ends. */
export const never = (): Promise<never> => new Promise<never>(() => {});

export function createFakeCalls(clock: Clock, endpoint: string, defaultDeadlineMs: number | undefined): { calls: FakeCalls; run: RunCall; close(): void } {
  const log: string[] = [];
  const hooks = { before: new Map<EngineCall | 'any', Set<CallHook>>(), after: new Map<EngineCall | 'any', Set<CallHook>>() };
  const failures: { call: EngineCall; error: unknown }[] = [];
  const closed = new AbortController();
  let hanging = false;
  let refusing = false;

  const unreachable = (): VncctlError => new VncctlError('ENGINE_UNREACHABLE', `no container engine answers at ${endpoint}`, { hint: 'start one' });
  const add = (when: 'before' | 'after', call: EngineCall | 'any', hook: CallHook): (() => void) => {
    const known = hooks[when].get(call) ?? new Set<CallHook>();
    hooks[when].set(call, known.add(hook));
    return () => known.delete(hook);
  };
  const runHooks = async (when: 'before' | 'after', call: EngineCall, subject: string): Promise<void> => {
    for (const hook of [...(hooks[when].get('any') ?? []), ...(hooks[when].get(call) ?? [])]) await hook(subject);
  };

  const run: RunCall = async (call, subject, options, work) => {
    options?.signal?.throwIfAborted();
    log.push(`${call} ${subject}`.trim());
    const done = new AbortController();
    const late = new AbortController();
    const deadlineMs = options?.deadlineMs ?? defaultDeadlineMs;
    if (deadlineMs !== undefined) {
      clock.sleep(deadlineMs, done.signal).then(
        () => late.abort(new VncctlError('ENGINE_TIMEOUT', `the engine did not answer within ${deadlineMs / 1000} s`, { hint: 'see whether it hangs' })),
        () => {},
      );
    }
    const end = AbortSignal.any([late.signal, closed.signal, ...(options?.signal ? [options.signal] : [])]);
    const ended = new Promise<never>((_, reject) => {
      end.addEventListener('abort', () => reject(end.reason), { once: true });
      if (end.aborted) reject(end.reason);
    });
    const answer = async (): Promise<Awaited<ReturnType<typeof work>>> => {
      await setImmediate();
      if (hanging) await never();
      if (refusing) throw unreachable();
      await runHooks('before', call, subject);
      const failure = failures.findIndex((known) => known.call === call);
      if (failure >= 0) throw failures.splice(failure, 1)[0]?.error;
      const result = await work(end);
      await runHooks('after', call, subject);
      return result;
    };
    try {
      return await Promise.race([answer(), ended]);
    } finally {
      done.abort();
    }
  };

  return {
    run,
    close: () => closed.abort(unreachable()),
    calls: {
      log,
      before: (call, hook) => add('before', call, hook),
      after: (call, hook) => add('after', call, hook),
      onAny: (when, hook) => add(when, 'any', hook),
      failNext: (call, error) => failures.push({ call, error }),
      hang: () => {
        hanging = true;
      },
      refuse: () => {
        refusing = true;
      },
    },
  };
}
