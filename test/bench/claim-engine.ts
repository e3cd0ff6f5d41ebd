// What the engine and the VNC server need for a claim: a warm kiosk gets its client's name, is woken, and a viewer has its whole picture;
// against the typical way from the create request to its first picture of the page. The same calls, probe and pixel test on both sides;
// the pool is filled between the claims.
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerDetails } from '../../src/core/engine.ts';
import type { NodeProgram } from './nodes.ts';
import type { Scenario } from './scenario.ts';
import { run, timed } from './timing.ts';
import { poolEnv, warmOnes } from './warm-pool.ts';
import { nameOf, TYPICAL, type Workshop } from './workshop.ts';

const WARM = 4;
/** What was removed before is gone by then, with its network. */
const REST_MS = 1_500;

export function claimEngine(node: NodeProgram): Scenario<Workshop> {
  return {
    name: 'claim-engine',
    about: 'a warm claim, the engine\'s part: new name, woken, whole picture in a viewer',
    rival: 'the typical way, to the painted page',
    goal: 0.01,
    rounds: 10,
    node: node.version,
    async prepare(shop) {
      const { containers } = shop.engine;
      await shop.image(TYPICAL, { folder: 'test/bench/typical' });
      await shop.ensureNetwork();
      let waiting: ContainerDetails[] = [];
      return {
        async ours() {
          if (waiting.length === 0) {
            await run(node.path, [shop.program, 'pool', 'fill'], poolEnv(shop, WARM));
            waiting = await warmOnes(shop);
          }
          const member = waiting.shift();
          if (!member) throw new Error('the pool is empty');
          await delay(REST_MS);
          const ms = await timed(async () => {
            await containers.rename(member.id, nameOf(1), { from: member.name });
            await containers.unpause(member.id);
            await shop.painted(member.id);
          });
          await containers.remove(member.id);
          return ms;
        },
        async rival() {
          await delay(REST_MS);
          const startedMs = performance.now();
          const id = await containers.create(nameOf(2), shop.spec(2, TYPICAL, { unpublished: true }));
          await containers.start(id);
          await shop.painted(id);
          const ms = performance.now() - startedMs;
          await containers.remove(id);
          return ms;
        },
        stop: () => shop.clear(),
      };
    },
  };
}
