import { expect, test } from 'vitest';
import { createBell } from '../../../src/daemon/bell.ts';
import { eventually } from '../../support/eventually.ts';

/** Whether a wait has ended. */
function waiting(wait: Promise<void>): { ended: boolean } {
  const state = { ended: false };
  void wait.then(() => {
    state.ended = true;
  });
  return state;
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const quiet = (): AbortSignal => new AbortController().signal;

test('whoever waits goes on when it rings, not before', async () => {
  const bell = createBell();
  const state = waiting(bell.wait(quiet()));
  await turn();
  expect(state.ended).toBe(false);
  bell.ring();
  await eventually(() => state.ended);
});

test('rung any number of times before, it counts once', async () => {
  const bell = createBell();
  bell.ring();
  bell.ring();
  await bell.wait(quiet());
  const state = waiting(bell.wait(quiet()));
  await turn();
  expect(state.ended).toBe(false);
});

test('an abort ends the wait and leaves nothing behind', async () => {
  const bell = createBell();
  const stop = new AbortController();
  const wait = bell.wait(stop.signal);
  stop.abort();
  await wait;
  await bell.wait(stop.signal);
  const state = waiting(bell.wait(quiet()));
  await turn();
  expect(state.ended).toBe(false);
  bell.ring();
  await eventually(() => state.ended);
});
