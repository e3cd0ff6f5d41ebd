// dockerode takes an abortSignal among the options of every call; its types know it on a few only.

/** `options` with the signal that aborts the request. */
export function signalled<T extends object>(signal: AbortSignal, options: T): T {
  return { ...options, abortSignal: signal };
}
