// Runs other programs: the only importer of execa, loaded when first needed.
import type { RunProgram } from './embedded/system.ts';

/** Runs a program with its output collected and handed on by line; 127 when it can't be started, 124 when the deadline ended it. */
export const runProgram: RunProgram = async (file, args, options = {}) => {
  const { execa } = await import('execa');
  const child = execa(file, args, {
    reject: false,
    stdin: 'ignore',
    env: { ...options.env },
    // The last part is enough for a message, and an installation can say a lot.
    maxBuffer: 8 * 1024 * 1024,
    ...(options.deadlineMs === undefined ? {} : { timeout: options.deadlineMs }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  const { onLine } = options;
  if (onLine !== undefined) {
    const follow = async (from: 'stdout' | 'stderr'): Promise<void> => {
      for await (const line of child.iterable({ from })) onLine(String(line));
    };
    await Promise.allSettled([follow('stdout'), follow('stderr')]);
  }
  const result = await child;
  options.signal?.throwIfAborted();
  const exitCode = result.exitCode ?? (result.timedOut ? 124 : 127);
  const stderr = result.stderr === '' && result.exitCode === undefined ? (result.shortMessage ?? '') : result.stderr;
  return { exitCode, stdout: result.stdout, stderr };
};
