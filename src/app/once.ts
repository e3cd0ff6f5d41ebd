// What is made on its first use, and kept.

/** Makes it when it is first asked for. A failure is not kept: an engine that wasn't there may be by the next call. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}
