// What the kernel tells of free memory, and what is unknown.
import { expect, test } from 'vitest';
import { hostMemory, memoryIn } from '../../../src/engine/host-memory.ts';

const TEXT = 'MemTotal:       24683520 kB\nMemFree:        19720192 kB\nMemAvailable:   22774784 kB\nBuffers:           12345 kB\n';

test('what can be taken is more than what is free: the kernel estimates it', async () => {
  const asked: string[] = [];
  const memory = memoryIn(async (path) => {
    asked.push(path);
    return TEXT;
  });
  expect(await memory.availableBytes()).toBe(22_774_784 * 1024);
  expect(asked).toEqual(['/proc/meminfo']);
});

test('where there is no such file, or it says nothing of that, it is unknown and not nought', async () => {
  expect(await memoryIn(() => Promise.reject(new Error('ENOENT'))).availableBytes()).toBeUndefined();
  expect(await memoryIn(async () => 'MemTotal: 5 kB\nMemFree: 3 kB\n').availableBytes()).toBeUndefined();
});

test('this very host tells', async () => {
  expect(await hostMemory.availableBytes()).toBeGreaterThan(0);
});
