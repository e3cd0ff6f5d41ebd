// What dockerode takes among the options of a call beside its types: the signal that aborts the request, and which part of them
// goes into the address and which into the body.

/** `options` with the signal that aborts the request. */
export function signalled<T extends object>(signal: AbortSignal, options: T): T {
  return { ...options, abortSignal: signal };
}

/** The same for a call that has a body: its options are sent there alone. Otherwise dockerode repeats them in the address, which
 * engines and proxies write into their logs. `query` is what the API takes in the address. */
export function inBody<T extends object>(signal: AbortSignal, body: T, query: Readonly<Record<string, string>> = {}): T {
  return { _query: query, _body: body, abortSignal: signal } as object as T;
}

/** The same for a call without a body: its options are sent in the address alone. */
export function inQuery<T extends object>(signal: AbortSignal, query: T): T {
  return { _query: query, _body: {}, abortSignal: signal } as object as T;
}
