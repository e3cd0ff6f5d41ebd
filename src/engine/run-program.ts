// Runs other programs: the only importer of execa, loaded when first needed.
import { setTimeout as delay } from 'node:timers/promises';
import type { ProgramOptions, RunProgram } from '../core/run-program.ts';

const GRACE_MS = 2_000;

/** Runs a program with its output collected and handed on by line; 127 when it can't be started, 124 when the deadline ended it. */
export const runProgram: RunProgram = async (file, args, options = {}) => {
  options.signal?.throwIfAborted();
  const { execa } = await import('execa');
  const child = execa(file, args, {
    reject: false,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    env: { ...options.env },
    extendEnv: options.onlyEnv !== true,
    // The last part is enough for a message, and an installation can say a lot.
    maxBuffer: 8 * 1024 * 1024,
    ...(options.ownGroup ? { detached: true } : endsOf(options)),
  });
  const group = options.ownGroup && child.pid !== undefined ? boundGroup(child.pid, [child.stdout, child.stderr], options) : undefined;
  const { onLine } = options;
  if (onLine !== undefined) {
    const follow = async (from: 'stdout' | 'stderr'): Promise<void> => {
      for await (const line of child.iterable({ from })) onLine(String(line));
    };
    await Promise.allSettled([follow('stdout'), follow('stderr')]);
  }
  const result = await child;
  await group?.close();
  options.signal?.throwIfAborted();
  const timedOut = result.timedOut || group?.timedOut() === true;
  const exitCode = timedOut ? 124 : (result.exitCode ?? 127);
  // In words without the command line, which may hold a secret.
  const why = timedOut ? `not done within ${options.deadlineMs} ms` : (result.originalMessage ?? `ended by ${result.signal ?? 'nobody knows what'}`);
  return { exitCode, stdout: result.stdout, stderr: result.stderr === '' && (timedOut || result.exitCode === undefined) ? why : result.stderr };
};

function endsOf({ deadlineMs, signal }: ProgramOptions): { timeout?: number; cancelSignal?: AbortSignal } {
  return { ...(deadlineMs === undefined ? {} : { timeout: deadlineMs }), ...(signal === undefined ? {} : { cancelSignal: signal }) };
}

interface BoundGroup {
  /** Resolves once nothing is left that was to be ended. */
  close(): Promise<void>;
  timedOut(): boolean;
}

/** Ends a whole process group at the deadline or the signal. Its outputs are let go too: a process that left the group may hold them open. */
function boundGroup(group: number, outputs: readonly { destroy(): unknown }[], { deadlineMs, signal }: ProgramOptions): BoundGroup {
  let timedOut = false;
  let ending: Promise<void> | undefined;
  const closed = new AbortController();
  const end = async (): Promise<void> => {
    kill(group, 'SIGTERM');
    await delay(GRACE_MS, undefined, { signal: closed.signal }).catch(() => {});
    kill(group, 'SIGKILL');
    for (const output of outputs) output.destroy();
  };
  const onAbort = (): void => void (ending ??= end());
  const timer =
    deadlineMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          ending ??= end();
        }, deadlineMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return {
    async close() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (ending === undefined) return;
      // Members that are left have the rest of the grace.
      if (!kill(group, 0)) closed.abort();
      await ending;
    },
    timedOut: () => timedOut,
  };
}

/** Whether there was a member to signal; signal 0 only asks. */
function kill(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}
