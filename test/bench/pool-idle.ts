// What a pool costs that nobody takes from: the CPU time of the daemon that keeps it and of the frozen desktops in it, against a Node
// that does nothing, which runs side by side with them.
import { setTimeout as delay } from 'node:timers/promises';
import { cpuMsOf } from './container-cost.ts';
import type { NodeProgram } from './nodes.ts';
import type { Samples, Study } from './scenario.ts';
import { openWarmPool, type WarmPool } from './warm-pool.ts';
import { startProgram, type WatchedProgram } from './watched-program.ts';
import type { Workshop } from './workshop.ts';

const WARM = 10;
const SETTLE_MS = 10_000;
/** A whole number of sweeps. */
const WINDOW_MS = 60_000;

export function poolIdle(node: NodeProgram): Study<Workshop> {
  return {
    name: 'pool-idle',
    figures: [{ name: 'pool-idle', about: `share of one core of a daemon with ${WARM} warm desktops, theirs included`, rival: 'a Node that waits', unit: '%', limit: 0.5, node: node.version }],
    async observe(shop, { quick }) {
      const pool = await openWarmPool(shop, node, WARM);
      const rival = startProgram(node.path, ['-e', 'setInterval(() => {}, 1e9)'], shop.env);
      try {
        await pool.full();
        await delay(SETTLE_MS);
        return { 'pool-idle': await watch(pool, rival, quick ? 1 : 3) };
      } finally {
        await Promise.all([pool.stop(), rival.stop()]);
      }
    },
  };
}

async function watch(pool: WarmPool, rival: WatchedProgram, windows: number): Promise<Samples> {
  const shares: Samples = { ours: [], rival: [] };
  for (let window = 0; window < windows; window++) {
    const pids = (await pool.full()).flatMap(({ pid }) => pid ?? []);
    if (pids.length !== WARM) throw new Error(`${pids.length} of ${WARM} warm desktops run on this machine`);
    const ours = (): number => pids.reduce((sum, pid) => sum + cpuMsOf(pid), pool.daemon.cpuMs());
    const before = [ours(), rival.cpuMs(), performance.now()] as const;
    await delay(WINDOW_MS);
    const tookMs = performance.now() - before[2];
    shares.ours.push((100 * (ours() - before[0])) / tookMs);
    shares.rival.push((100 * (rival.cpuMs() - before[1])) / tookMs);
  }
  return shares;
}
