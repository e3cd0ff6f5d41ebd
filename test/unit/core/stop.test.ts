// What ends much at once.
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createStop } from '../../../src/core/stop.ts';

test('many listen to its signal, each is told, and nobody is warned of a leak', async () => {
  const warnings: string[] = [];
  const warned = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', warned);
  onTestFinished(() => void process.off('warning', warned));
  const stop = createStop();
  let told = 0;
  for (let listener = 0; listener < 50; listener++) stop.signal.addEventListener('abort', () => told++);
  stop.abort();
  await setImmediate();
  expect({ told, warnings }).toEqual({ told: 50, warnings: [] });
});
