// One engine call under a deadline: aborts the request, then says what could not be done in time.
import type { CallOptions } from '../../core/engine.ts';
import { VncctlError } from '../../errors.ts';
import { engineError } from './errors.ts';

/** Runs `request` with a signal that fires at the deadline or when the caller's does; failures become VncctlErrors. */
export type Caller = <T>(doing: string, request: (signal: AbortSignal) => Promise<T>, options?: CallOptions, deadlineMs?: number) => Promise<T>;

/** A caller for one endpoint, with the deadline that holds where a call names none. */
export function createCaller({ address, hint }: { address: string; hint?: string }, defaultDeadlineMs: number): Caller {
  return async (doing, request, options, ownDeadlineMs) => {
    const deadlineMs = options?.deadlineMs ?? ownDeadlineMs ?? defaultDeadlineMs;
    const outer = options?.signal;
    outer?.throwIfAborted();
    const controller = new AbortController();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      controller.abort();
    }, deadlineMs);
    const abort = (): void => controller.abort();
    outer?.addEventListener('abort', abort, { once: true });
    // A stream that ignores its signal must not hang the caller: the race ends the wait either way.
    const aborted = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    });
    try {
      return await Promise.race([request(controller.signal), aborted]);
    } catch (error) {
      if (outer?.aborted) throw outer.reason;
      if (late) {
        throw new VncctlError('ENGINE_TIMEOUT', `could not ${doing}: the engine at ${address} did not answer within ${deadlineMs / 1000} s`, {
          hint: 'see whether it hangs: vncctl doctor   (a slow engine: vncctl config set engineDeadline 60s)',
        });
      }
      throw engineError(error, doing, address, hint);
    } finally {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    }
  };
}
