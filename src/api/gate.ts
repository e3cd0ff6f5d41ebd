// How many are let at the same work at once; the others wait for their turn, and beyond a bound are turned away.
import { VncctlError } from '../errors.ts';

export interface Gate {
  /** Resolves when it is the caller's turn, with what ends that. Throws TOO_MANY_REQUESTS at once when too many wait already. */
  enter(): Promise<() => void>;
}

/** A gate through which `running` go at once, while `waiting` may queue before it. */
export function createGate({ running, waiting }: { running: number; waiting: number }): Gate {
  let free = running;
  const queue: (() => void)[] = [];
  const leave = (): void => {
    const next = queue.shift();
    if (next) next();
    else free++;
  };
  return {
    enter() {
      if (free > 0) {
        free--;
        return Promise.resolve(leave);
      }
      if (queue.length >= waiting) throw new VncctlError('TOO_MANY_REQUESTS', `${running} of these are under way and ${waiting} wait`, { hint: 'try again in a few seconds' });
      return new Promise((resolve) => queue.push(() => resolve(leave)));
    },
  };
}
