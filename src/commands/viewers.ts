// `vncctl viewers`: who looks at a client's desktop, or at all, through the daemon.
import type { Command } from 'commander';
import { type ClientId, formatClientId, maskClientId } from '../core/client-id.ts';
import { type Viewer, viewerRow } from '../core/control.ts';
import { getDesktop } from '../core/list.ts';
import { writeJson } from '../ui/json.ts';
import { writeTable } from '../ui/table.ts';
import { relativeTime } from '../ui/time.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

interface ViewersFlags {
  json?: boolean;
  quiet?: boolean;
  mask?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        'List who looks at a desktop through the daemon, or at all desktops: since when, from where, whether they may type, and when they last did. Whoever comes through the port of a desktop itself is not listed.',
        'vncctl viewers',
        'vncctl viewers 111.222.333-44',
        'vncctl viewers 111.222.333-44 -q | xargs vncctl kick 111.222.333-44',
      ),
    )
    .argument('[client]', 'CPF of the client, like 111.222.333-44; not given: all of them')
    .option('-q, --quiet', 'only the ids of the viewers')
    .option('--mask', 'hide the middle of client ids')
    .option('--json', 'print a JSON array; times are RFC 3339')
    .action((typed: string | undefined, flags: ViewersFlags) => run(context, typed, flags));
}

async function run(context: CommandContext, typed: string | undefined, flags: ViewersFlags): Promise<void> {
  const { io, signal } = context;
  const app = context.app();
  const only = typed === undefined ? undefined : readClient(context, typed);
  const control = await app.control();
  const desktop = only && (await getDesktop(await app.desktops(), only, { signal })).id;
  const viewers = await control.viewers({ signal, ...(desktop === undefined ? {} : { desktop }) });
  if (flags.quiet) {
    for (const { id } of viewers) io.stdout.write(`${id}\n`);
    return;
  }
  const { allocations } = await (await app.store()).read();
  const clientOf = ({ desktop: id }: Viewer): ClientId | undefined => only ?? allocations[id]?.client;
  const mask = flags.mask ?? app.settings.mask;
  if (flags.json) {
    const rows = viewers.map((viewer) => {
      const client = clientOf(viewer);
      return viewerRow(viewer, client !== undefined && mask ? maskClientId(client) : client);
    });
    return writeJson(io, rows);
  }
  const now = app.clock.now();
  await writeTable(io, {
    headers: true,
    columns: [{ heading: 'ID' }, { heading: 'CLIENT' }, { heading: 'MODE' }, { heading: 'FROM', shrinks: true }, { heading: 'SINCE' }, { heading: 'LAST INPUT', drops: 1 }, { heading: 'LINK', drops: 2 }],
    rows: viewers.map((viewer) => {
      const client = clientOf(viewer);
      const title = client === undefined ? `(${viewer.desktop})` : mask ? maskClientId(client) : formatClientId(client);
      return [viewer.id, title, viewer.mode, viewer.address, relativeTime(viewer.since, now), viewer.lastInputAt === null ? '-' : relativeTime(viewer.lastInputAt, now), viewer.ticket];
    }),
  });
}
