// `up` with another page than the warm desktop shows, to that page's picture; against the same browser, open and awake, that is told by
// the same message to show it, with the same probe. The rival is spared a process, the claim and the waking.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openPage } from '../../src/claim/open-page.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { NodeProgram } from './nodes.ts';
import type { Scenario } from './scenario.ts';
import { timed } from './timing.ts';
import { openWarmPool } from './warm-pool.ts';
import { nameOf, NETWORK_ADDRESS, type Workshop } from './workshop.ts';

const PAGE = '<!doctype html><meta charset="utf-8"><title>another</title><style>body { background: #2d6a4f; color: #fff; font: 40px sans-serif }</style><h1>Another page</h1><p>with some words on it.</p>';

export function upWarmUrl(node: NodeProgram): Scenario<Workshop> {
  return {
    name: 'up-warm-url',
    about: '`vncctl up --url`, a warm desktop waits, to that page\'s picture',
    rival: 'the same browser, already open, told to show it',
    goal: 1.5,
    rounds: 10,
    node: node.version,
    async prepare(shop) {
      const pool = await openWarmPool(shop, node, 1);
      const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(PAGE));
      server.listen(0, NETWORK_ADDRESS);
      await once(server, 'listening');
      const url = `http://${NETWORK_ADDRESS}:${(server.address() as AddressInfo).port}/`;
      return {
        async ours() {
          await pool.full();
          return pool.claim(1, '--url', url);
        },
        async rival() {
          const { containers } = shop.engine;
          const [member] = await pool.full();
          if (!member?.address) throw new Error('the warm desktop has no address');
          await containers.rename(member.id, nameOf(2), { from: member.name });
          await containers.unpause(member.id);
          await pool.full();
          const place = { host: member.address, port: shop.entry.ports.claim ?? 0 };
          const ms = await timed(async () => {
            await openPage(place, member.env['VNC_SECRET'] ?? '', { url }, { signal: AbortSignal.timeout(20_000), clock: systemClock });
            await shop.painted(member.id);
          });
          await containers.remove(member.id);
          return ms;
        },
        async stop() {
          server.close();
          server.closeAllConnections();
          await pool.stop();
        },
      };
    },
  };
}
