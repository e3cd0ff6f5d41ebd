// `vncctl open`: prints the link to a desktop and opens it where there is a screen. Never blocks.
import type { Command } from 'commander';
import { openDesktop } from '../core/link.ts';
import { openBrowser, opensBrowser } from '../ui/browser.ts';
import { writeJson } from '../ui/json.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';

interface OpenFlags {
  direct?: boolean;
  print?: boolean;
  json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      'Print the link to a desktop and open it in the browser. Treat it like a password: while the daemon runs it opens once, within 15 minutes, and wakes a paused or stopped desktop; without it, or with --direct, it holds the key to the screen.',
    )
    .argument('<client>', 'CPF of the client, like 111.222.333-44')
    .option('--direct', "the link to the desktop's own port")
    .option('--print', 'only print the link')
    .option('--json', 'print the link as JSON; opens nothing')
    .action((typed: string, flags: OpenFlags) => run(context, typed, flags));
}

async function run(context: CommandContext, typed: string, flags: OpenFlags): Promise<void> {
  const { io } = context;
  const app = context.app();
  const client = readClient(context, typed);
  const { url, door, desktop } = await openDesktop({ desktops: await app.desktops(), tickets: () => app.tickets() }, client, { askedDirect: flags.direct === true, daemonRuns: app.daemon() !== undefined });
  if (flags.json) return writeJson(io, { id: desktop.id, client, url, door });
  io.stdout.write(`${url}\n`);
  if (!flags.print && opensBrowser(io)) await openBrowser(io, url);
}
