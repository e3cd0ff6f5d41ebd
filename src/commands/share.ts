// `vncctl share`: a link to a desktop that ends by itself; which there are, and taking one back.
import type { Command } from 'commander';
import { formatClientId, maskClientId } from '../core/client-id.ts';
import { titleOf } from '../core/desktops.ts';
import { DURATION_FORM, parseDuration } from '../core/duration.ts';
import { daemonNotRunning } from '../core/link.ts';
import { revokeShare, shareDesktop, shareRow, ticketUrl } from '../core/share.ts';
import { liveShares, type Ticket } from '../core/tickets.ts';
import { VncctlError } from '../errors.ts';
import { writeJson } from '../ui/json.ts';
import { writeTable } from '../ui/table.ts';
import { momentText, relativeTime } from '../ui/time.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';
import { innerFlags } from './inner-flags.ts';

interface ShareFlags {
  viewOnly?: boolean;
  for: string;
  uses?: string;
  json?: boolean;
}

interface ListFlags {
  json?: boolean;
  quiet?: boolean;
  mask?: boolean;
}

const DEFAULT_LENGTH = '15m';
const MOST_USES = 1_000_000;

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        'Print a link to a desktop for somebody else. It needs the daemon, opens as often as it is used, and ends by itself, with all that look through it. Whoever has the link sees the screen: treat it like a password.',
        'vncctl share 111.222.333-44 --view-only --for 1h',
        'vncctl share 111.222.333-44 --uses 1',
        'vncctl share ls',
        'vncctl share revoke 5f0c9a1d22',
      ),
    )
    .argument('<client>', 'CPF of the client, like 111.222.333-44')
    .option('--view-only', 'who opens it sees the screen and can do nothing')
    .option('--for <duration>', 'how long it lasts, like 15m or 2h', DEFAULT_LENGTH)
    .option('--uses <count>', 'how often it can be opened; not given: until it ends')
    .option('--json', 'print the link as JSON')
    .action((typed: string, flags: ShareFlags) => share(context, typed, flags));
  command
    .command('ls')
    .alias('list')
    .summary('list the links that were given and still count')
    .description('List the links that were given and still count. The links themselves are kept nowhere.')
    .option('-q, --quiet', 'only the ids')
    .option('--mask', 'hide the middle of client ids')
    .option('--json', 'print a JSON array; times are RFC 3339')
    .action((_, inner: Command) => list(context, innerFlags<ListFlags>(inner)));
  command
    .command('revoke')
    .summary('take a link back')
    .description('Take a link back. Whoever looks through it sees nothing any more.')
    .argument('<id>', 'id of the link, as `vncctl share ls` shows it')
    .option('--json', 'print what was taken back as JSON')
    .action((id: string, _, inner: Command) => revoke(context, id, innerFlags<{ json?: boolean }>(inner)));
}

async function share(context: CommandContext, typed: string, flags: ShareFlags): Promise<void> {
  const { io } = context;
  const lifeMs = parseDuration(flags.for);
  if (!lifeMs) throw new VncctlError('USAGE', `--for: "${flags.for}" is not ${DURATION_FORM}`, { hint: 'see: vncctl share --help' });
  const uses = flags.uses === undefined ? undefined : readUses(flags.uses);
  const app = context.app();
  const client = readClient(context, typed);
  const desktops = await app.desktops();
  if (desktops.gateway === undefined) throw daemonNotRunning(app.daemon() !== undefined);
  const { desktop, ticket, secret } = await shareDesktop(desktops, await app.tickets(), client, {
    mode: flags.viewOnly ? 'view-only' : 'full',
    lifeMs,
    ...(uses === undefined ? {} : { uses }),
  });
  const url = ticketUrl(desktops.gateway, desktop.id, secret);
  if (flags.json) return writeJson(io, { ...shareRow(ticket, desktop.client), url });
  io.stdout.write(`${url}\n`);
  io.stderr.write(`share ${ticket.id} of ${titleOf(desktop)}, ${ticket.mode}, until ${momentText(ticket.expiresAt, app.clock.now())}\n`);
}

async function list(context: CommandContext, flags: ListFlags): Promise<void> {
  const { io } = context;
  const app = context.app();
  const now = app.clock.now();
  const [tickets, { allocations }] = await Promise.all([(await app.tickets()).read(), (await app.store()).read()]);
  const shares = liveShares(tickets, now);
  if (flags.quiet) {
    for (const { id } of shares) io.stdout.write(`${id}\n`);
    return;
  }
  const mask = flags.mask ?? app.settings.mask;
  const clientOf = ({ desktopId }: Ticket): string | undefined => {
    const client = allocations[desktopId]?.client;
    return client === undefined ? undefined : mask ? maskClientId(client) : client;
  };
  if (flags.json) {
    return writeJson(io, shares.map((ticket) => shareRow(ticket, clientOf(ticket))));
  }
  await writeTable(io, {
    headers: true,
    columns: [{ heading: 'ID' }, { heading: 'CLIENT' }, { heading: 'MODE' }, { heading: 'GIVEN', drops: 1 }, { heading: 'EXPIRES' }, { heading: 'USES LEFT', right: true }],
    rows: shares.map((ticket) => {
      const client = allocations[ticket.desktopId]?.client;
      const title = client === undefined ? `(${ticket.desktopId})` : mask ? maskClientId(client) : formatClientId(client);
      return [ticket.id, title, ticket.mode, relativeTime(ticket.createdAt, now), relativeTime(ticket.expiresAt, now), String(ticket.usesLeft ?? '-')];
    }),
  });
}

async function revoke(context: CommandContext, id: string, flags: { json?: boolean }): Promise<void> {
  const app = context.app();
  const revoked = await revokeShare(await app.tickets(), id, app.clock.now());
  if (flags.json) return writeJson(context.io, { id: revoked.id, desktop: revoked.desktopId, revokedAt: revoked.revokedAt });
  context.io.stdout.write(`revoked ${revoked.id}\n`);
}

function readUses(typed: string): number {
  const uses = /^\d{1,7}$/.test(typed) ? Number(typed) : 0;
  if (uses < 1 || uses > MOST_USES) throw new VncctlError('USAGE', `--uses: "${typed}" is not a whole number from 1 to ${MOST_USES}`, { hint: 'see: vncctl share --help' });
  return uses;
}
