// The daemon's sweep in this process: the reaper over the workshop's engine and its instance's store, as the daemon has it, but
// with nothing around it.
import { createApp } from '../../src/app.ts';
import type { ActivitySource } from '../../src/core/activity.ts';
import { createReaper, type Sweep } from '../../src/core/reap.ts';
import { hostBootClock } from '../../src/engine/host-boot.ts';
import type { Workshop } from './workshop.ts';

export interface Sweeper {
  sweep(): Promise<Sweep>;
  close(): void;
}

/** A reaper that remembers nothing yet. What is due goes at once: nothing is announced. */
export async function createSweeper(shop: Workshop): Promise<Sweeper> {
  const { stdin, stdout, stderr } = process;
  const io = { stdin, stdout, stderr, env: { ...shop.env, VNCCTL_WARN_BEFORE: 'never' }, cwd: shop.home };
  const app = createApp({ io, version: 'bench', flags: {} }, { engine: shop.engine, catalog: [shop.entry] });
  const activity: ActivitySource = await app.activity();
  const reaper = createReaper({ desktops: () => app.desktops(), activity, boot: hostBootClock() });
  return {
    sweep: () => reaper.sweep({ signal: new AbortController().signal }),
    close: () => app.close(),
  };
}
