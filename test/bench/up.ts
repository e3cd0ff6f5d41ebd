// `up` of a new desktop, to the greeting of its VNC server and to its painted page, against `docker run` and waiting with the
// very same probe. The rival is spared a Node that starts: this one polls.
import type { ReadyStage } from '../../src/core/catalog.ts';
import type { ContainerId } from '../../src/core/engine.ts';
import type { NodeProgram } from './nodes.ts';
import type { Contest, Scenario } from './scenario.ts';
import { timed } from './timing.ts';
import { addressOf, clientOf, dockerRunArguments, KIOSK, SECRET, TYPICAL, type Workshop } from './workshop.ts';

/** To the greeting: what vncctl adds to starting the same container by hand. */
export function upToGreeting(node: NodeProgram): Scenario<Workshop> {
  return {
    name: 'up-rfb',
    about: '`vncctl up` of a new desktop, to the VNC greeting',
    rival: '`docker run` of the same image and options, polled for the greeting',
    goal: 1.25,
    rounds: 8,
    node: node.version,
    prepare: (shop) => prepare(shop, node, 'rfb', KIOSK),
  };
}

/** To the page: what the image and its prepared profile save. */
export function upToPage(node: NodeProgram): Scenario<Workshop> {
  return {
    name: 'up-page',
    about: '`vncctl up` of a new desktop, to the painted page',
    rival: 'the typical way: `vncserver` wrapper, openbox, fresh profile',
    goal: 0.65,
    rounds: 6,
    node: node.version,
    async prepare(shop) {
      await shop.image(TYPICAL, { folder: 'test/bench/typical' });
      return prepare(shop, node, 'page', TYPICAL);
    },
  };
}

async function prepare(shop: Workshop, node: NodeProgram, stage: ReadyStage, rivalImage: string): Promise<Contest> {
  await shop.ensureNetwork();
  const remove = (id: string): Promise<void> => shop.engine.containers.remove(id as ContainerId);
  return {
    async ours() {
      const { ms } = await shop.vncctl(node.path, 'up', clientOf(1), '--size', '1280x720', '--wait', stage, '--no-open');
      await remove(`vnc_bench.${clientOf(1)}`);
      return ms;
    },
    async rival() {
      const address = addressOf(1);
      let id = '';
      const ms = await timed(async () => {
        id = (await shop.docker(...dockerRunArguments(shop.spec(2, rivalImage), address))).stdout;
        await shop.probe.waitFor(stage, { kind: 'tcp', host: address, port: 5900, secret: SECRET }, { signal: AbortSignal.timeout(60_000) });
      });
      await remove(id);
      return ms;
    },
    stop: () => shop.clear(),
  };
}
