// Waiting for a condition in a test without guessing how long it takes.
import { setImmediate } from 'node:timers/promises';

/** Resolves once `condition` holds; looks again after each turn of the event loop. The test's own timeout bounds it. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}
