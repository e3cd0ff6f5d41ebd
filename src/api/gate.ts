// How many are let at the same work at once; the others wait for their turn, and beyond a bound are turned away.
import { VncctlError } from '../errors.ts';

/** Lets `work` run when it is its turn. TOO_MANY_REQUESTS when too many wait already. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** A gate through which `running` go at once, while `waiting` may queue before it. */
export function createGate({ running, waiting }: { running: number; waiting: number }): Gate {
  let free = running;
  const queue: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else {
      if (queue.length >= waiting) throw new VncctlError('TOO_MANY_REQUESTS', `${running} of these are under way and ${waiting} wait`, { hint: 'try again in a few seconds' });
      await new Promise<void>((resolve) => queue.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else free++;
    }
  };
}
