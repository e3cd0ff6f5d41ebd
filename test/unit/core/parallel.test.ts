import { expect, test } from 'vitest';
import { inParallel } from '../../../src/core/parallel.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('results come in the order of the items, whichever ends first', async () => {
  const results = await inParallel([3, 1, 2], 3, async (turns) => {
    for (let done = 0; done < turns; done++) await turn();
    return turns * 10;
  });
  expect(results).toEqual([30, 10, 20]);
});

test('never more than the limit at a time, and as many as that', async () => {
  let now = 0;
  let most = 0;
  await inParallel(Array.from({ length: 20 }), 3, async () => {
    most = Math.max(most, ++now);
    await turn();
    now--;
  });
  expect(most).toBe(3);
});

test('nothing to do is done', async () => expect(await inParallel([], 4, async () => 1)).toEqual([]));
