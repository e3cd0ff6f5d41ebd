// A thread of its own that takes pictures of screens: connects, reads, makes smaller, and writes the PNG. What it reads may be made
// to keep it busy; the thread that started it (picture-thread.ts) ends it then.
import { parentPort } from 'node:worker_threads';
import type { PictureAnswer, PictureOrder } from './picture-thread.ts';
import { encodePng } from './png.ts';
import { takeSnapshot } from './snapshot.ts';
import { shrink } from './thumbnail.ts';

const running = new Map<number, AbortController>();

parentPort?.on('message', (order: PictureOrder) => {
  if (order.do === 'give-up') running.get(order.number)?.abort();
  else void answer(order);
});

async function answer({ number, target, width }: Extract<PictureOrder, { do: 'take' }>): Promise<void> {
  const given = new AbortController();
  running.set(number, given);
  try {
    const png = await encodePng(shrink(await takeSnapshot(target, given.signal), width));
    tell({ number, png });
  } catch (error) {
    tell({ number, failure: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(number);
  }
}

function tell(message: PictureAnswer): void {
  // A thread has no origin, as a window has.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(message);
}
