// `vncctl restart`: ends a desktop and starts it again as it was made, then prints the link to it.
import type { Command } from 'commander';
import { ensureImage } from '../core/images.ts';
import { clientNamed, listDesktops } from '../core/list.ts';
import { restartDesktop } from '../core/pause.ts';
import { upReport } from '../core/up-facts.ts';
import { startProgress } from '../ui/progress.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';
import { phaseText, printHandedOut } from './handed-out.ts';
import { withExamples } from './help.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        'End a desktop and start it again as it was made; what was open in it is lost. Answers once it can be seen, with a link to it: treat it like a password. Open pages of the old link come back by themselves. For another image or page: vncctl up … --recreate',
        'vncctl restart 111.222.333-44',
        'vncctl restart 111.222.333-44 --json | jq -r .url',
      ),
    )
    .argument('<client>', 'CPF of the client, or id of the desktop')
    .option('--json', 'print everything about the desktop and the milliseconds of each phase')
    .action((typed: string, flags: { json?: boolean }) => run(context, typed, flags));
}

async function run(context: CommandContext, typed: string, flags: { json?: boolean }): Promise<void> {
  const { io, signal } = context;
  const app = context.app();
  const desktops = await app.desktops();
  const client = clientNamed(await listDesktops(desktops, { signal }), typed, desktops, (text) => readClient(context, text));
  const progress = startProgress(io, { silent: flags.json === true });
  try {
    const result = await restartDesktop(desktops, client, {
      signal,
      onPhase: (phase) => {
        if (io.stderr.isTTY) progress.update(phaseText(phase));
      },
      onProgress: (line) => progress.update(line),
      getImage: async (entry, tell, stop) => {
        await ensureImage(await app.images(), entry, { signal: stop, onProgress: tell });
      },
    });
    progress.stop();
    await printHandedOut(context, await upReport({ desktops, tickets: () => app.tickets() }, result, { askedDirect: false }), flags);
  } finally {
    progress.stop();
  }
}
