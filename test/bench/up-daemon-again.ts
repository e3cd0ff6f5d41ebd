// A second `up` of a desktop that is ready, through a daemon, against a Node that does nothing: what is left is the start of the
// process and one question over a socket.
import type { NodeProgram } from './nodes.ts';
import type { Scenario } from './scenario.ts';
import { run } from './timing.ts';
import { startProgram } from './watched-program.ts';
import { clientOf, type Workshop } from './workshop.ts';

export function upDaemonAgain(node: NodeProgram): Scenario<Workshop> {
  return {
    name: 'up-daemon-again',
    about: '`vncctl up` of a desktop that is there, through the daemon',
    rival: '`node -e 0`',
    // Node 20 can't keep compiled code.
    margin: node.version.startsWith('v20.') ? 120 : 60,
    rounds: 15,
    node: node.version,
    async prepare(shop) {
      const daemon = startProgram(node.path, [shop.program, 'daemon', '--listen', '127.0.0.1:0'], shop.env);
      const up = (...flags: string[]): ReturnType<Workshop['vncctl']> => shop.vncctl(node.path, 'up', clientOf(1), '--no-open', ...flags);
      const stop = async (): Promise<void> => {
        await daemon.stop();
        await shop.clear();
      };
      try {
        await daemon.said(/watching/);
        await up();
        const [left] = /^debug: .*$/m.exec((await up('--debug')).stderr) ?? [];
        if (left !== undefined) throw new Error(`this is not the daemon's up: ${left}`);
      } catch (error) {
        await stop();
        throw error;
      }
      return { ours: async () => (await up()).ms, rival: async () => (await run(node.path, ['-e', '0'], shop.env)).ms, stop };
    },
  };
}
