// Removals that can still be taken back: nothing is sent before their time is over. Whoever closes the page means it, so all of
// them are sent then; if the browser dies, none is, and the desktops stay.

export interface Removals {
  /** Ids and the moments at which their removal is sent. */
  readonly pending: ReadonlyMap<string, number>;
  begin(id: string): void;
  undo(id: string): void;
  /** The page goes away. */
  leave(): void;
}

export interface RemovalParts {
  send(id: string, leaving: boolean): void;
  now(): number;
  after(ms: number, work: () => void): () => void;
  onChange(): void;
}

/** How long a removal can be taken back. */
export const UNDO_MS = 10_000;

/** None. */
export function createRemovals({ send, now, after, onChange }: RemovalParts): Removals {
  let pending = new Map<string, number>();
  const timers = new Map<string, () => void>();
  const without = (id: string): void => {
    timers.get(id)?.();
    timers.delete(id);
    pending = new Map([...pending].filter(([other]) => other !== id));
    onChange();
  };
  return {
    get pending() {
      return pending;
    },
    begin(id) {
      if (pending.has(id)) return;
      pending = new Map([...pending, [id, now() + UNDO_MS]]);
      timers.set(
        id,
        after(UNDO_MS, () => {
          without(id);
          send(id, false);
        }),
      );
      onChange();
    },
    undo: without,
    leave() {
      for (const id of pending.keys()) {
        without(id);
        send(id, true);
      }
    },
  };
}
