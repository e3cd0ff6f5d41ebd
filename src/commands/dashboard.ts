// `vncctl dashboard`: the link that signs a browser in to the daemon's dashboard; who is signed in, and ending that.
import type { Command } from 'commander';
import { daemonNotRunning } from '../core/link.ts';
import { dashboardAddress, giveSignIn, revokeSignIn } from '../core/sign-in.ts';
import { liveSignIns, type Ticket } from '../core/tickets.ts';
import { openBrowser, opensBrowser } from '../ui/browser.ts';
import { writeJson } from '../ui/json.ts';
import { writeTable } from '../ui/table.ts';
import { relativeTime } from '../ui/time.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';
import { innerFlags } from './inner-flags.ts';

interface OpenFlags {
  print?: boolean;
  viewOnly?: boolean;
  json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        "Print the link to the daemon's dashboard, which shows all desktops and everything that can be done with them, and open it in the browser. The link opens once, within 15 minutes; the browser that opened it stays signed in for a week. Treat it like a password.",
        'vncctl dashboard',
        'vncctl dashboard --view-only --print',
        'vncctl dashboard ls',
        'vncctl dashboard revoke 5f0c9a1d22',
      ),
    )
    .option('--print', 'only print the link')
    .option('--view-only', 'who opens it sees everything and can change nothing: for a screen on the wall')
    .option('--json', 'print the link as JSON; opens nothing')
    .action((flags: OpenFlags) => open(context, flags));
  command
    .command('ls')
    .alias('list')
    .summary('list the browsers that are signed in')
    .description('List the sign-ins that count, and the links that can still be opened.')
    .option('-q, --quiet', 'only the ids')
    .option('--json', 'print a JSON array; times are RFC 3339')
    .action((_, inner: Command) => list(context, innerFlags(inner)));
  command
    .command('revoke')
    .summary('sign a browser out')
    .description('Take a sign-in back: the browser sees nothing any more.')
    .argument('<id>', 'id of the sign-in, as `vncctl dashboard ls` shows it')
    .option('--json', 'print what was taken back as JSON')
    .action((id: string, _, inner: Command) => revoke(context, id, innerFlags(inner)));
}

async function open(context: CommandContext, flags: OpenFlags): Promise<void> {
  const { io } = context;
  const app = context.app();
  const daemon = app.daemon();
  const address = daemon && dashboardAddress(daemon, app.settings);
  if (address === undefined) throw daemonNotRunning(daemon !== undefined);
  const { ticket, url } = await giveSignIn(await app.tickets(), address, flags.viewOnly ? 'view-only' : 'full', app.clock.now());
  if (flags.json) return writeJson(io, { ...rowOf(ticket), url });
  io.stdout.write(`${url}\n`);
  if (!flags.print && opensBrowser(io)) await openBrowser(io, url);
}

async function list({ app, io }: CommandContext, flags: { quiet?: boolean; json?: boolean }): Promise<void> {
  const now = app().clock.now();
  const signIns = liveSignIns(await (await app().tickets()).read(), now);
  if (flags.quiet) {
    for (const { id } of signIns) io.stdout.write(`${id}\n`);
    return;
  }
  if (flags.json) return writeJson(io, signIns.map(rowOf));
  await writeTable(io, {
    headers: true,
    columns: [{ heading: 'ID' }, { heading: 'MODE' }, { heading: 'GIVEN' }, { heading: 'OPENED' }],
    rows: signIns.map(({ id, mode, createdAt, usesLeft }) => [id, mode, relativeTime(createdAt, now), usesLeft === 0 ? 'yes' : 'not yet']),
  });
}

async function revoke({ app, io }: CommandContext, id: string, flags: { json?: boolean }): Promise<void> {
  const revoked = await revokeSignIn(await app().tickets(), id, app().clock.now());
  if (flags.json) return writeJson(io, rowOf(revoked));
  io.stdout.write(`revoked ${revoked.id}\n`);
}

function rowOf({ id, mode, createdAt, usesLeft }: Ticket): Record<string, unknown> {
  return { id, mode, createdAt, opened: usesLeft === 0 };
}
