// `vncctl engine`: the container engine of this machine; starts the embedded one where none answers.
import type { Command } from 'commander';
import { writeJson } from '../ui/json.ts';
import { startProgress } from '../ui/progress.ts';
import { confirm } from '../ui/prompt.ts';
import { VncctlError } from '../errors.ts';
import type { CommandContext } from './context.ts';

interface Flags {
  json?: boolean;
  yes?: boolean;
  beside?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command.description('Start, stop and look at the container engine. An engine that answers is used as it is; where none does, a private one is brought up.');
  command
    .command('start')
    .summary('make sure that an engine answers; after a reboot too')
    .description('Make sure that an engine answers: use the one that is there, else install (Debian, Ubuntu) and start a private one. After a reboot: the same call.')
    .option('--beside', 'start beside another Docker engine of this machine (it resets the other one\'s firewall rules)')
    .option('--json', 'print the outcome as JSON')
    .action(async (flags: Flags) => {
      const progress = startProgress(context.io, { silent: flags.json === true });
      const result = await context
        .app()
        .embedded()
        .then((embedded) => embedded.start((line) => progress.update(line), { beside: flags.beside === true }))
        .finally(() => progress.stop());
      if (flags.json) return writeJson(context.io, result);
      const words = { started: 'engine started', running: 'the embedded engine is running', used: `an engine answers (${result.source})` };
      context.io.stdout.write(`${words[result.outcome]}: ${result.address}\n`);
    });
  command
    .command('status')
    .summary('say whether the embedded engine runs')
    .description('Say whether the embedded engine runs, and where it keeps its things.')
    .option('--json', 'print it as JSON')
    .action(async (flags: Flags) => {
      const status = await (await context.app().embedded()).status();
      if (flags.json) writeJson(context.io, status);
      else context.io.stdout.write(`${status.state}: ${status.address}\n${status.state === 'absent' ? '' : `  data ${status.folder}\n  log  ${status.log}\n`}`);
    });
  command
    .command('stop')
    .summary('stop the embedded engine and its desktops')
    .description('Stop the embedded engine and every desktop in it. They are there again after the next start.')
    .action(async () => {
      const stopped = await (await context.app().embedded()).stop();
      context.io.stdout.write(stopped ? 'engine stopped\n' : 'the embedded engine was not running\n');
    });
  command
    .command('rm')
    .summary('delete the embedded engine with all its images and desktops')
    .description('Stop the embedded engine and delete its data: all its images and desktops.')
    .option('-y, --yes', 'do not ask')
    .action(async (flags: Flags) => {
      const yes = flags.yes || (await confirm(context.io, 'Delete the embedded engine with all its images and desktops?', { refusal: 'deleting the engine needs a yes', hint: 'vncctl engine rm --yes', signal: context.signal }));
      if (!yes) throw new VncctlError('INTERRUPTED', 'nothing was deleted');
      const removed = await (await context.app().embedded()).remove();
      context.io.stdout.write(removed ? 'engine deleted\n' : 'there is no embedded engine\n');
    });
}
