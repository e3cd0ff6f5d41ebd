// A second `up` of a desktop that is ready, against `ls`: finding it again should cost no more than looking.
import type { NodeProgram } from './nodes.ts';
import type { Scenario } from './scenario.ts';
import { clientOf, type Workshop } from './workshop.ts';

export function upAgain(node: NodeProgram): Scenario<Workshop> {
  return {
    name: 'up-again',
    about: '`vncctl up` of a desktop that is there',
    rival: '`vncctl ls`',
    goal: 1.5,
    rounds: 15,
    node: node.version,
    async prepare(shop) {
      const up = async (): Promise<number> => (await shop.vncctl(node.path, 'up', clientOf(1), '--no-open')).ms;
      await up();
      return {
        ours: up,
        rival: async () => (await shop.vncctl(node.path, 'ls')).ms,
        stop: () => shop.clear(),
      };
    },
  };
}
