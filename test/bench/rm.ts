// `rm` of twenty against ending and removing the same twenty one after the other, by the same engine calls in one process that
// is running already: only what doing them at once gains is measured. And `rm` of one against the engine's own command, which kills.
import { idleImage } from './idle.ts';
import type { NodeProgram } from './nodes.ts';
import type { Scenario } from './scenario.ts';
import { timed } from './timing.ts';
import { clientOf, IDLE, KIOSK, nameOf, type Workshop } from './workshop.ts';

const DESKTOPS = 20;

/** Of containers that end at once: the engine's own work. */
export function rmIdle(node: NodeProgram): Scenario<Workshop> {
  return { ...rm(node, IDLE), name: 'rm-idle', about: `\`vncctl rm\` of ${DESKTOPS} empty containers`, rounds: 3 };
}

/** Of kiosks, whose browser leaves its page first. */
export function rmKiosks(node: NodeProgram): Scenario<Workshop> {
  return { ...rm(node, KIOSK), name: 'rm-kiosks', about: `\`vncctl rm\` of ${DESKTOPS} kiosks`, rounds: 1 };
}

function rm(node: NodeProgram, image: string): Omit<Scenario<Workshop>, 'name' | 'about' | 'rounds'> {
  return {
    rival: 'one after the other',
    goal: 0.3,
    node: node.version,
    async prepare(shop) {
      await idleImage(shop);
      const ready = image === KIOSK;
      const start = async (): ReturnType<Workshop['startDesktops']> => {
        const ids = await shop.startDesktops(DESKTOPS, image);
        if (ready) await Promise.all(ids.map((id) => shop.painted(id)));
        return ids;
      };
      return {
        async ours() {
          await start();
          return (await shop.vncctl(node.path, 'rm', '--all', '--yes')).ms;
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
        stop: () => shop.clear(),
      };
    },
  };
}

/** Of one kiosk, whose browser leaves its page and says so by ending. */
export function rmOne(node: NodeProgram): Scenario<Workshop> {
  return {
    name: 'rm-one',
    about: '`vncctl rm` of one kiosk',
    rival: '`docker rm -f` of the same, which kills its browser',
    goal: 1.2,
    rounds: 10,
    node: node.version,
    async prepare(shop) {
      const start = async (): Promise<void> => {
        const [id] = await shop.startDesktops(1, KIOSK);
        if (id) await shop.painted(id);
      };
      return {
        async ours() {
          await start();
          return (await shop.vncctl(node.path, 'rm', clientOf(1), '--yes')).ms;
        },
        async rival() {
          await start();
          return (await shop.docker('rm', '-f', nameOf(1))).ms;
        },
        stop: () => shop.clear(),
      };
    },
  };
}
