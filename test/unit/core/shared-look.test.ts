import { expect, test } from 'vitest';
import { sharedLook } from '../../../src/core/shared-look.ts';
import { eventually } from '../../support/eventually.ts';

function looks() {
  const begun: { key: string; end: (fails?: Error) => void }[] = [];
  const ask = sharedLook((key) => new Promise<number>((resolve, reject) => {
    const number = begun.length + 1;
    begun.push({ key, end: (fails) => (fails ? reject(fails) : resolve(number)) });
  }));
  return { begun, ask };
}

test('who asks during a look gets the one after it, and all of them share that', async () => {
  const { begun, ask } = looks();
  const [first, ...others] = [ask('a'), ask('a'), ask('a')];
  expect(begun).toHaveLength(1);
  begun[0]?.end();
  expect(await first).toBe(1);
  await eventually(() => begun.length === 2);
  const late = ask('a');
  begun[1]?.end();
  expect(await Promise.all(others)).toEqual([2, 2]);
  await eventually(() => begun.length === 3);
  begun[2]?.end();
  expect(await late).toBe(3);
  void ask('a');
  await eventually(() => begun.length === 4);
});

test('each key has looks of its own', () => {
  const { begun, ask } = looks();
  void ask('a');
  void ask('b');
  expect(begun.map(({ key }) => key)).toEqual(['a', 'b']);
});

test('a look that fails fails for those who shared it, and the next one is taken all the same', async () => {
  const { begun, ask } = looks();
  const [first, second, third] = [ask('a'), ask('a'), ask('a')];
  begun[0]?.end(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await eventually(() => begun.length === 2);
  begun[1]?.end(new Error('still no'));
  await expect(second).rejects.toThrow('still no');
  await expect(third).rejects.toThrow('still no');
  const fourth = ask('a');
  begun[2]?.end();
  expect(await fourth).toBe(3);
});
