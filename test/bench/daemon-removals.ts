// A sweep in which twenty desktops are due at once, against ending and removing the same twenty one after the other, both in this
// process.
import { setTimeout as delay } from 'node:timers/promises';
import { milliseconds } from '../../src/core/duration.ts';
import { idleImage } from './idle.ts';
import type { NodeProgram } from './nodes.ts';
import type { Scenario } from './scenario.ts';
import { createSweeper } from './sweeper.ts';
import { timed } from './timing.ts';
import { IDLE, type Workshop } from './workshop.ts';

const DESKTOPS = 20;
const TTL = milliseconds(1_000);

export function daemonRemovals(node: NodeProgram): Scenario<Workshop> {
  return {
    name: 'daemon-removals',
    about: `a sweep that removes ${DESKTOPS} desktops`,
    rival: 'one after the other',
    goal: 0.7,
    rounds: 3,
    node: node.version,
    async prepare(shop) {
      await idleImage(shop);
      const sweeper = await createSweeper(shop);
      const start = async (): ReturnType<Workshop['startDesktops']> => {
        const ids = await shop.startDesktops(DESKTOPS, IDLE, { unpublished: true, lease: { ttl: TTL } });
        await delay(TTL);
        return ids;
      };
      return {
        async ours() {
          await start();
          const { outcomes, tookMs } = await sweeper.sweep();
          const removed = outcomes.filter(({ step, result }) => step.do === 'remove' && result === 'done').length;
          if (removed !== DESKTOPS) throw new Error(`${removed} of ${DESKTOPS} desktops were removed`);
          return tookMs;
        },
        async rival() {
          const ids = await start();
          return timed(async () => {
            for (const id of ids) {
              await shop.engine.containers.stop(id, shop.entry.stopGraceSeconds);
              await shop.engine.containers.remove(id);
            }
          });
        },
        async stop() {
          sweeper.close();
          await shop.clear();
        },
      };
    },
  };
}
