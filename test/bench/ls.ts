// `ls` with twenty desktops against `docker ps`. What runs in them is not the point, so nothing does.
import { idleImage } from './idle.ts';
import type { NodeProgram } from './nodes.ts';
import type { Scenario } from './scenario.ts';
import type { Workshop } from './workshop.ts';
import { IDLE } from './workshop.ts';

const DESKTOPS = 20;

export function ls(node: NodeProgram): Scenario<Workshop> {
  return {
    name: 'ls',
    about: `\`vncctl ls\`, ${DESKTOPS} desktops`,
    rival: '`docker ps`',
    // On Node 20 the very start of Node takes longer than `docker ps`, and compiled code can't be kept.
    goal: node.version.startsWith('v20.') ? 6 : 4,
    rounds: 15,
    node: node.version,
    async prepare(shop) {
      await idleImage(shop);
      await shop.startDesktops(DESKTOPS, IDLE);
      return {
        ours: async () => {
          const { ms, stdout } = await shop.vncctl(node.path, 'ls');
          if (stdout.split('\n').length !== DESKTOPS + 1) throw new Error(`ls does not list ${DESKTOPS} desktops:\n${stdout}`);
          return ms;
        },
        rival: async () => (await shop.docker('ps')).ms,
        stop: () => shop.clear(),
      };
    },
  };
}
