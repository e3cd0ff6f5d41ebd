// The gateway's tunnels as a program of their own: every upgrade is joined to one port of this machine, as the product does it, with
// both handshakes of RFB and, unless the second argument is `pass`, its filter.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/core/clock.ts';
import type { DesktopId } from '../../src/core/store.ts';
import { keepYoungSpaceSmall } from '../../src/daemon/young-space.ts';
import { filterFor } from '../../src/gateway/message-filter.ts';
import { createOwnViewers } from '../../src/gateway/own-viewers.ts';
import { openRfbLink } from '../../src/gateway/rfb-link.ts';
import { createTunnels } from '../../src/gateway/tunnels.ts';
import type { ViewerFilter } from '../../src/gateway/viewer-filter.ts';
import { authenticate } from '../../src/rfb/handshake.ts';
import { serveHandshake } from '../../src/rfb/server-handshake.ts';
import { DEFAULT_TUNNEL_LIMITS } from '../support/tunnel-limits.ts';

const [, , port, filter] = process.argv;
const place = { host: '127.0.0.1', port: Number(port) };
const desktop = 'measured' as DesktopId;
const passAll: ViewerFilter = (chunk) => ({ forward: [chunk], input: false });

keepYoungSpaceSmall();
const tunnels = createTunnels({ clock: systemClock, limits: DEFAULT_TUNNEL_LIMITS });
const own = createOwnViewers(() => tunnels.list());
const http = createServer();
http.on('upgrade', (request, socket, head) =>
  tunnels.accept(request, socket, head, {
    desktop,
    viewOnly: false,
    address: '127.0.0.1',
    dial: (signal) =>
      openRfbLink(place, {
        clock: systemClock,
        signal,
        async authenticate(stream) {
          await authenticate(stream, { secret: 'measured' });
          stream.write(Buffer.of(1));
        },
      }),
    greet: serveHandshake,
    filter: filter === 'pass' ? passAll : filterFor('full'),
    onInput: (at) => own.sawInput(desktop, at),
  }),
);
http.listen(0, '127.0.0.1', 1_024, () => process.stderr.write(`listening on ${(http.address() as AddressInfo).port}\n`));
process.once('SIGTERM', () => process.exit(0));
