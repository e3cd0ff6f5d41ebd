import { getEventListeners } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withInterruptibleLock, withLock } from '../../../src/store/lock.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const file = join(tempFolder(), 'held');

test('whoever waits for a lock is let go at once when interrupted, and does nothing when its turn comes', async () => {
  const interruption = new AbortController();
  let worked = false;
  const [release, held] = await new Promise<[() => void, Promise<void>]>((taken) => {
    const holding: Promise<void> = withLock(file, () => new Promise<void>((resolve) => taken([resolve, holding])));
  });
  const waiting = withInterruptibleLock(file, interruption.signal, async () => void (worked = true), 5_000);
  interruption.abort(new Error('Ctrl-C'));
  await expect(waiting).rejects.toThrow('Ctrl-C');
  release();
  await held;
  await withLock(file, async () => {});
  expect(worked).toBe(false);
});

test('however often it is waited for under one signal, nothing listens to that afterwards', async () => {
  const { signal } = new AbortController();
  for (let time = 0; time < 3; time++) expect(await withInterruptibleLock(file, signal, async () => time, 1_000)).toBe(time);
  await expect(withInterruptibleLock(file, signal, () => Promise.reject(new Error('it failed')), 1_000)).rejects.toThrow('it failed');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
