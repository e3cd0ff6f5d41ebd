// Waiting for a condition in a test without guessing how long it takes.
import { setImmediate, setTimeout } from 'node:timers/promises';

/** Resolves once `condition` holds; looks again after each turn of the event loop. The test's own timeout bounds it. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}

const LOOK_EVERY_MS = 50;

/** Resolves once `condition` holds of something outside this process. Rejects, naming `what`, when that takes longer than `withinMs`. */
export async function comesTrue(what: string, condition: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > untilMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await setTimeout(LOOK_EVERY_MS);
  }
}
