// Twenty people at once, five warm desktops: the five come first, and all twenty have one in the time that starting fifteen takes by
// engine calls alone, as many at once as gain anything.
import type { NodeProgram } from './nodes.ts';
import type { Samples, Study } from './scenario.ts';
import { timed } from './timing.ts';
import { openWarmPool, type WarmPool } from './warm-pool.ts';
import { clientOf, KIOSK, type Workshop } from './workshop.ts';

const PEOPLE = 20;
const WARM = 5;
const ROUNDS = 3;
const QUICK_ROUNDS = 1;

export function upTwenty(node: NodeProgram): Study<Workshop> {
  return {
    name: 'up-twenty',
    long: true,
    figures: [
      { name: 'up-twenty', about: `${PEOPLE} × \`vncctl up\` at once, ${WARM} warm ones`, rival: `starting ${PEOPLE - WARM} to their painted pages`, goal: 1.1, node: node.version },
      { name: 'up-twenty-warm', about: 'the last of the five who get a warm one', rival: 'the first of the others', goal: 1, node: node.version },
    ],
    async observe(shop, { quick }) {
      const [total, order]: [Samples, Samples] = [{ ours: [], rival: [] }, { ours: [], rival: [] }];
      const pool = await openWarmPool(shop, node, WARM);
      try {
        for (let round = 0; round < (quick ? QUICK_ROUNDS : ROUNDS); round++) {
          await pool.full();
          const { all, lastWarm, firstCold } = await twenty(pool);
          total.ours.push(all);
          order.ours.push(lastWarm);
          order.rival.push(firstCold);
          await pool.vncctl('rm', ...numbers(PEOPLE).map(clientOf), '--yes');
          await pool.full();
          total.rival.push(await timed(async () => {
            const ids = await shop.startDesktops(PEOPLE - WARM, KIOSK, { unpublished: true });
            await Promise.all(ids.map((id) => shop.painted(id)));
          }));
          await pool.vncctl('rm', ...numbers(PEOPLE - WARM).map(clientOf), '--yes');
        }
      } finally {
        await pool.stop();
      }
      return { 'up-twenty': total, 'up-twenty-warm': order };
    },
  };
}

/** Rejects unless each person gets a desktop of their own, five of them a warm one. */
async function twenty(pool: WarmPool): Promise<{ all: number; lastWarm: number; firstCold: number }> {
  const ups = await Promise.all(
    numbers(PEOPLE).map(async (number) => {
      const { ms, stdout } = await pool.vncctl('up', clientOf(number), '--json', '--no-open');
      const { outcome, id } = JSON.parse(stdout) as { outcome: string; id: string };
      return { ms, outcome, id };
    }),
  );
  const times = (wanted: string): number[] => ups.filter(({ outcome }) => outcome === wanted).map(({ ms }) => ms);
  const [warm, cold] = [times('claimed'), times('created')];
  if (warm.length !== WARM || cold.length !== PEOPLE - WARM || new Set(ups.map(({ id }) => id)).size !== PEOPLE) throw new Error(`not what twenty people should get: ${JSON.stringify(ups)}`);
  return { all: Math.max(...warm, ...cold), lastWarm: Math.max(...warm), firstCold: Math.min(...cold) };
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
