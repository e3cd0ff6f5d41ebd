// A pool of warm kiosks for scenarios: full whenever something is timed, and never being filled meanwhile. What a refill costs is a
// figure of its own.
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerDetails } from '../../src/core/engine.ts';
import { ownershipLabels } from '../../src/core/labels.ts';
import { membersIn } from '../../src/core/members.ts';
import { byAge } from '../../src/core/pool-plan.ts';
import { EMPTY_STATE } from '../../src/core/store.ts';
import type { NodeProgram } from './nodes.ts';
import { type Ran, run } from './timing.ts';
import { startProgram, type WatchedProgram } from './watched-program.ts';
import { clientOf, INSTANCE, nameOf, type Workshop } from './workshop.ts';

export interface WarmPool {
  daemon: WatchedProgram;
  /** Resolves with the warm ones once all are ready and nothing is made any more, the oldest first. */
  full(): Promise<ContainerDetails[]>;
  /** `vncctl` as a process, with the daemon's settings. */
  vncctl(...args: string[]): Promise<Ran>;
  /** Milliseconds of an `up` of the client with this number, who gets a warm one; rejects where they get another. The desktop is removed afterwards. */
  claim(number: number, ...flags: string[]): Promise<number>;
  stop(): Promise<void>;
}

const FULL_WITHIN_MS = 120_000;
const LOOK_MS = 200;
/** Longer than the daemon waits after whatever happens before it makes the next one. */
const REST_MS = 2_500;

/** Starts a daemon that keeps `count` of them and fills the pool. */
export async function openWarmPool(shop: Workshop, node: NodeProgram, count: number): Promise<WarmPool> {
  const env = poolEnv(shop, count);
  const daemon = startProgram(node.path, [shop.program, 'daemon', '--listen', '127.0.0.1:0'], env);
  let rested = '';
  const pool: WarmPool = {
    daemon,
    async full() {
      const startedMs = performance.now();
      for (;;) {
        const members = await warmOnes(shop);
        const seen = members.map(({ id }) => id).join();
        if (members.length === count && seen === rested) return members;
        if (performance.now() - startedMs > FULL_WITHIN_MS) throw new Error(`the pool was not full within ${FULL_WITHIN_MS / 1000} s`);
        await delay(members.length === count ? REST_MS : LOOK_MS);
        rested = members.length === count ? seen : '';
      }
    },
    vncctl: (...args) => run(node.path, [shop.program, ...args], env),
    async claim(number, ...flags) {
      const { ms, stdout, stderr } = await pool.vncctl('up', clientOf(number), '--json', '--no-open', ...flags);
      const { outcome, why } = JSON.parse(stdout) as { outcome: string; why: string };
      if (outcome !== 'claimed') throw new Error(`this is no warm desktop: ${outcome}, ${why} ${stderr}`);
      const container = await shop.engine.containers.find(nameOf(number));
      if (container) await shop.engine.containers.remove(container.id);
      return ms;
    },
    async stop() {
      await daemon.stop();
      await shop.clear();
    },
  };
  try {
    await daemon.said(/watching/);
    await pool.full();
    const { stderr } = await pool.vncctl('up', clientOf(1), '--no-open', '--debug');
    const [left] = /^debug: .*$/m.exec(stderr) ?? [];
    if (left !== undefined) throw new Error(`this is not the daemon's up: ${left}`);
    await pool.vncctl('rm', clientOf(1), '--yes');
    return pool;
  } catch (error) {
    await pool.stop();
    throw error;
  }
}

/** The settings of a pool of that size. */
export function poolEnv({ env, entry }: Workshop, count: number): NodeJS.ProcessEnv {
  return { ...env, VNCCTL_POOL: `${entry.key}=${count}` };
}

/** Those that can be taken, the oldest first. */
export async function warmOnes({ engine }: Workshop): Promise<ContainerDetails[]> {
  const containers = await engine.containers.list({ labels: ownershipLabels(INSTANCE) });
  const ready = membersIn(containers, EMPTY_STATE, INSTANCE).filter(({ state }) => state === 'paused');
  const found = await Promise.all(ready.sort(byAge).map(({ container }) => engine.containers.find(container)));
  return found.filter((member) => member !== undefined);
}
