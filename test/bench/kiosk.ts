// What one kiosk costs, the image's own share of it: from the create request to the greeting and to the painted page, and then, when
// it has come to rest, the CPU time it took and the memory it holds. Both images are started by the very same engine calls.
import { setTimeout as delay } from 'node:timers/promises';
import { cpuMsOf, memoryMBOf } from './container-cost.ts';
import { startKiosk } from './kiosk-start.ts';
import type { NodeProgram } from './nodes.ts';
import type { Samples, Study } from './scenario.ts';
import { KIOSK, TYPICAL, type Workshop } from './workshop.ts';

/** Then both browsers have done what they do after their first picture. */
const SETTLE_MS = 10_000;
const ROUNDS = 10;
const QUICK_ROUNDS = 2;
const RIVAL = 'the typical way: `vncserver` wrapper, openbox, fresh profile, websockify';
const NAMES = ['kiosk-greeting', 'kiosk-page', 'kiosk-cpu', 'kiosk-memory'] as const;

type Cost = Record<(typeof NAMES)[number], number>;

export function kiosk(node: NodeProgram): Study<Workshop> {
  const common = { rival: RIVAL, node: node.version };
  return {
    name: 'kiosk',
    long: true,
    figures: [
      { ...common, name: 'kiosk-greeting', about: 'a new kiosk, to the VNC greeting', goal: 0.7 },
      { ...common, name: 'kiosk-page', about: 'a new kiosk, to the painted page', goal: 0.53 },
      { ...common, name: 'kiosk-cpu', about: `CPU time of one kiosk until it is at rest, ${SETTLE_MS / 1000} s after its page`, goal: 0.5 },
      { ...common, name: 'kiosk-memory', about: 'memory of one idle kiosk (proportional, all its processes)', unit: 'MB', goal: 0.45 },
    ],
    async observe(shop, { quick }) {
      await shop.image(TYPICAL, { folder: 'test/bench/typical' });
      await shop.ensureNetwork();
      const seen = Object.fromEntries(NAMES.map((name) => [name, { ours: [], rival: [] } as Samples]));
      const look = async (side: keyof Samples | undefined): Promise<void> => {
        const cost = await costOf(shop, side === 'rival' ? TYPICAL : KIOSK);
        if (side) for (const name of NAMES) seen[name]?.[side].push(cost[name]);
      };
      try {
        // The first one reads the image's files from the disk.
        await look(undefined);
        for (let round = 0; round < (quick ? QUICK_ROUNDS : ROUNDS); round++) for (const side of ['ours', 'rival', 'rival', 'ours'] as const) await look(side);
      } finally {
        await shop.clear();
      }
      return seen;
    },
  };
}

async function costOf(shop: Workshop, image: string): Promise<Cost> {
  const { id, pid, reachedMs } = await startKiosk(shop, image);
  try {
    await delay(SETTLE_MS);
    return { 'kiosk-greeting': reachedMs.rfb, 'kiosk-page': reachedMs.page, 'kiosk-cpu': cpuMsOf(pid), 'kiosk-memory': memoryMBOf(pid) };
  } finally {
    await shop.engine.containers.remove(id);
  }
}
