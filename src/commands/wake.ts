// `vncctl wake`: has the named desktops, which are paused, run on.
import type { Command } from 'commander';
import { wakeDesktop } from '../core/pause.ts';
import type { CommandContext } from './context.ts';
import { doToEach } from './each-desktop.ts';
import { withExamples } from './help.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .description(withExamples('Have paused desktops run on, whoever paused them; they count as used now. One that was stopped is started by: vncctl up', 'vncctl wake 111.222.333-44', 'vncctl ls -q --filter status=paused | xargs vncctl wake'))
    .argument('<client...>', 'CPFs of the clients, or ids of desktops')
    .option('--json', 'print a JSON array of what each is now, as `vncctl ls --json` does')
    .action(async (clients: string[], flags: { json?: boolean }) => void (await doToEach(context, clients, flags, wakeDesktop)));
}
