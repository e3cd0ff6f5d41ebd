// `vncctl pause`: freezes the named desktops because somebody asks for it.
import type { Command } from 'commander';
import { pauseDesktop } from '../core/pause.ts';
import type { CommandContext } from './context.ts';
import { doToEach } from './each-desktop.ts';
import { withExamples } from './help.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        'Freeze desktops: they keep their memory and cost no processor. While the daemon runs, opening its link wakes a desktop; so do vncctl wake and vncctl up, also without it. The lease goes on counting.',
        'vncctl pause 111.222.333-44',
        'vncctl ls -q --filter status=ready | xargs vncctl pause',
      ),
    )
    .argument('<client...>', 'CPFs of the clients, or ids of desktops')
    .option('--json', 'print a JSON array of what each is now, as `vncctl ls --json` does')
    .action((clients: string[], flags: { json?: boolean }) => run(context, clients, flags));
}

async function run(context: CommandContext, clients: string[], flags: { json?: boolean }): Promise<void> {
  const paused = await doToEach(context, clients, flags, pauseDesktop);
  if (paused.length > 0 && !flags.json && context.app().daemon() === undefined) context.io.stderr.write('note: no daemon runs that would wake it when somebody looks: vncctl wake does\n');
}
