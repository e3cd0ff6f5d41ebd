// `vncctl touch`: the desktop counts as used now.
import type { Command } from 'commander';
import { titleOf } from '../core/desktops.ts';
import { touchDesktop } from '../core/touch.ts';
import { writeJson } from '../ui/json.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .description('Keep a desktop: it counts as used now.')
    .argument('<client>', 'CPF of the client, like 111.222.333-44')
    .option('--json', 'print the desktop as JSON')
    .action(async (typed: string, flags: { json?: boolean }) => {
      const desktop = await touchDesktop(await context.app().desktops(), readClient(context, typed));
      if (flags.json) writeJson(context.io, { id: desktop.id, client: desktop.client, lastUsedAt: desktop.lastUsedAt });
      else context.io.stderr.write(`${titleOf(desktop)} counts as used now\n`);
    });
}
