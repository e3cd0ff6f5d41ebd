// `up` of a client for whom a warm desktop waits, as a process through the daemon: against a Node that does nothing, and against
// `docker run -d`, which only starts the same image. The pool is full and at rest before each sample; what filling it again costs is
// told beside.
import type { ContainerId } from '../../src/core/engine.ts';
import { cpuMsOf } from './container-cost.ts';
import type { NodeProgram } from './nodes.ts';
import type { Samples, Study } from './scenario.ts';
import { run } from './timing.ts';
import { openWarmPool } from './warm-pool.ts';
import { addressOf, dockerRunArguments, KIOSK, type Workshop } from './workshop.ts';

const ROUNDS = 10;
const QUICK_ROUNDS = 2;

export function upWarm(node: NodeProgram): Study<Workshop> {
  const about = '`vncctl up`, a warm desktop waits, through the daemon';
  return {
    name: 'up-warm',
    figures: [
      // Node 20 can't keep compiled code.
      { name: 'up-warm', about, rival: '`node -e 0`', margin: node.version.startsWith('v20.') ? 120 : 60, node: node.version },
      { name: 'up-warm-run', about: 'the same', rival: '`docker run -d` of the same image', goal: 0.35, node: node.version },
      { name: 'up-warm-refill', about: 'CPU time of one warm desktop, made and frozen', rival: 'started by `docker run -d`, until its page is painted', node: node.version },
    ],
    async observe(shop, { quick }) {
      const seen = { node: [] as number[], warm: [] as number[], run: [] as number[], refill: { ours: [], rival: [] } as Samples };
      const pool = await openWarmPool(shop, node, 1);
      const warm = async (): Promise<void> => {
        const [member] = await pool.full();
        if (member?.pid !== undefined) seen.refill.ours.push(cpuMsOf(member.pid));
        seen.warm.push(await pool.claim(1));
        await pool.full();
        seen.node.push((await run(node.path, ['-e', '0'], shop.env)).ms);
      };
      const cold = async (): Promise<void> => {
        const { ms, stdout } = await shop.docker(...dockerRunArguments(shop.spec(2, KIOSK, { unpublished: true }), addressOf(1)));
        const { id, pid } = await shop.painted(stdout as ContainerId);
        if (pid !== undefined) seen.refill.rival.push(cpuMsOf(pid));
        await shop.engine.containers.remove(id);
        seen.run.push(ms);
      };
      try {
        for (let round = 0; round < (quick ? QUICK_ROUNDS : ROUNDS); round++) for (const sample of [warm, cold, cold, warm]) await sample();
      } finally {
        await pool.stop();
      }
      return { 'up-warm': { ours: seen.warm, rival: seen.node }, 'up-warm-run': { ours: seen.warm, rival: seen.run }, 'up-warm-refill': seen.refill };
    },
  };
}
