// One look serves all who ask for it at the same time: however many do, it costs no more than one after another. Nobody is told
// what was seen before they asked.

/** A look that is shared by those who ask with the same key: the first takes one, who asks meanwhile waits for the one after it, which all of them share. Rejects as that look does. */
export function sharedLook<T>(look: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const present = new Map<string, Promise<T>>();
  const next = new Map<string, Promise<T>>();
  const begin = (key: string): Promise<T> => {
    const looking = look(key).finally(() => present.delete(key));
    present.set(key, looking);
    return looking;
  };
  return (key) => {
    const current = present.get(key);
    if (!current) return begin(key);
    const waiting = next.get(key);
    if (waiting) return waiting;
    const after = current.then(
      () => undefined,
      () => undefined,
    ).then(() => {
      next.delete(key);
      return begin(key);
    });
    next.set(key, after);
    return after;
  };
}
