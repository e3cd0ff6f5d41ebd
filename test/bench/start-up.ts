// `--version` and `--help` against a Node that does nothing at all.
import type { NodeProgram } from './nodes.ts';
import type { Scenario } from './scenario.ts';
import { run } from './timing.ts';
import type { Workshop } from './workshop.ts';

/** The scenario of a flag that is answered without an engine. */
export function startUp(flag: 'version' | 'help', node: NodeProgram): Scenario<Workshop> {
  return {
    name: flag,
    about: `\`vncctl --${flag}\``,
    rival: '`node -e 0`',
    goal: 1.5,
    rounds: 15,
    node: node.version,
    prepare: async (shop) => ({
      ours: async () => (await shop.vncctl(node.path, `--${flag}`)).ms,
      rival: async () => (await run(node.path, ['-e', '0'], shop.env)).ms,
      stop: async () => {},
    }),
  };
}
