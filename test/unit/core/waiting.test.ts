// Who waits for a desktop.
import { expect, test } from 'vitest';
import { createWaiting } from '../../../src/core/waiting.ts';

test('somebody waits from the asking until the last of them has theirs, or has failed', async () => {
  const waiting = createWaiting();
  const ends: (() => void)[] = [];
  const held = (): Promise<void> => new Promise((resolve) => ends.push(resolve));
  expect(waiting.isAnybody()).toBe(false);
  const first = waiting.during(held);
  const second = waiting.during(() => held().then(() => Promise.reject(new Error('none'))));
  ends[0]?.();
  await first;
  expect(waiting.isAnybody()).toBe(true);
  ends[1]?.();
  await expect(second).rejects.toThrow('none');
  expect(waiting.isAnybody()).toBe(false);
  expect(await waiting.during(async () => 7)).toBe(7);
});
