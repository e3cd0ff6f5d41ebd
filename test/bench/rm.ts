// `rm` of twenty against ending and removing the same twenty one after the other, by the same engine calls in one process that
// is running already: only what doing them at once gains is measured.
import { idleImage } from './idle.ts';
import type { NodeProgram } from './nodes.ts';
import type { Scenario } from './scenario.ts';
import { timed } from './timing.ts';
import { IDLE, KIOSK, type Workshop } from './workshop.ts';

const DESKTOPS = 20;

/** Of containers that end at once: the engine's own work. */
export function rmIdle(node: NodeProgram): Scenario<Workshop> {
  return { ...rm(node, IDLE), name: 'rm-idle', about: `\`vncctl rm\` of ${DESKTOPS} empty containers`, rounds: 3 };
}

/** Of kiosks, whose browser is asked to quit first. */
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
        if (ready) await Promise.all(ids.map((id) => pageOf(shop, id)));
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

async function pageOf(shop: Workshop, id: Parameters<Workshop['engine']['containers']['find']>[0]): Promise<void> {
  const container = await shop.engine.containers.find(id);
  if (!container?.address) throw new Error(`container ${id} has no address`);
  await shop.probe.waitFor('page', { kind: 'tcp', host: container.address, port: 5900, secret: container.env['VNC_SECRET'] ?? '' }, { signal: AbortSignal.timeout(120_000) });
}
