// From asking for a WebSocket to the first whole picture of a kiosk that is paused, against one that runs.
import { authenticate, initialise } from '../../src/rfb/handshake.ts';
import { Framebuffer } from '../../src/rfb/framebuffer.ts';
import { connectScreen, openLink } from '../support/gateway-visitor.ts';
import type { NodeProgram } from './nodes.ts';
import type { Scenario } from './scenario.ts';
import { timed } from './timing.ts';
import { startProgram } from './watched-program.ts';
import { clientOf, nameOf, type Workshop } from './workshop.ts';

export function gatewayWake(node: NodeProgram): Scenario<Workshop> {
  return {
    name: 'gateway-wake',
    about: 'a paused kiosk, from opening its link to its first picture',
    rival: 'one that runs',
    limit: 300,
    rounds: 15,
    node: node.version,
    async prepare(shop) {
      await shop.vncctl(node.path, 'up', clientOf(1), '--size', '1280x720', '--no-open');
      const daemon = startProgram(node.path, [shop.program, 'daemon', '--listen', '127.0.0.1:0'], shop.env);
      await daemon.said(/answering at/);
      const { url } = JSON.parse((await shop.vncctl(node.path, 'share', clientOf(1), '--for', '1h', '--json')).stdout) as { url: string };
      const visit = await openLink(url);
      const container = await shop.engine.containers.find(nameOf(1));
      if (!container) throw new Error('the kiosk is not there');
      const firstPicture = (): Promise<number> =>
        timed(async () => {
          const stream = await connectScreen(visit);
          await authenticate(stream, {});
          await new Framebuffer(stream, await initialise(stream), 'once').capture();
          stream.close();
        });
      return {
        async ours() {
          await shop.engine.containers.pause(container.id);
          return firstPicture();
        },
        rival: firstPicture,
        async stop() {
          await daemon.stop();
          await shop.clear();
        },
      };
    },
  };
}
