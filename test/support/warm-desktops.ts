// An installation on fakes with a pool: desktops of an image that takes a page at its claim, filled as the daemon does.
import { type Filling, fillPool } from '../../src/core/pool.ts';
import { createTestDesktops, exampleEntry, type TestDesktops, type TestDesktopsOptions } from './test-desktops.ts';

/** One whose desktops can be given page and size while they run. */
export const CLAIMABLE = exampleEntry({ ports: { web: 6080, rfb: 5900, claim: 5950 } });

export interface WarmDesktops extends TestDesktops {
  /** One filling, to what the installation wants. */
  fill(by?: TestDesktops['desktops']): Promise<Filling>;
  /** Names of the containers that wait in the pool; of several of one age, they are taken in this order. */
  members(): string[];
}

/** Nothing is made yet; `count` of the image are wanted. */
export function createWarmDesktops(count: number, { installation, entries = [CLAIMABLE], ...options }: TestDesktopsOptions = {}): WarmDesktops {
  const t = createTestDesktops({ entries, installation: { pool: [{ image: entries[0]?.key ?? '', count }], ...installation }, ...options });
  return {
    ...t,
    fill: (by = t.desktops) => fillPool(by, { signal: new AbortController().signal }),
    members: () => t.engine.world.all.map(({ name }) => name).filter((name) => name.includes('pool_')).sort(),
  };
}
