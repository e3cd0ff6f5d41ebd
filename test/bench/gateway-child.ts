// The gateway's tunnels as a program of their own, so that their CPU time can be told from that of the load: every upgrade is
// joined to one port of this machine, which asks for no authentication.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/core/clock.ts';
import { openRfbLink } from '../../src/gateway/rfb-link.ts';
import { createTunnels } from '../../src/gateway/tunnels.ts';
import { DEFAULT_TUNNEL_LIMITS } from '../support/tunnel-limits.ts';

const place = { host: '127.0.0.1', port: Number(process.argv[2]) };
const tunnels = createTunnels({ clock: systemClock, limits: DEFAULT_TUNNEL_LIMITS });
const http = createServer();
http.on('upgrade', (request, socket, head) =>
  tunnels.accept(request, socket, head, {
    desktop: 'measured',
    viewOnly: false,
    address: '127.0.0.1',
    dial: (signal) => openRfbLink(place, { clock: systemClock, signal, authenticate: async () => undefined }),
    filter: (chunk) => ({ forward: [chunk], input: false }),
  }),
);
http.listen(0, '127.0.0.1', () => process.stderr.write(`listening on ${(http.address() as AddressInfo).port}\n`));
process.once('SIGTERM', () => process.exit(0));
