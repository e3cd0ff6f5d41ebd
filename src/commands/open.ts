// `vncctl open`: prints the link to a desktop and opens it where there is a screen. Never blocks.
import type { Command } from 'commander';
import { formatClientId } from '../core/client-id.ts';
import type { DesktopStatus } from '../core/desktop.ts';
import { linkUrl, pageUrl, secretOf } from '../core/desktops.ts';
import { makeLink, noDoor } from '../core/link.ts';
import { getDesktopContainer } from '../core/list.ts';
import { useDesktop } from '../core/touch.ts';
import { VncctlError } from '../errors.ts';
import { openBrowser, opensBrowser } from '../ui/browser.ts';
import { writeJson } from '../ui/json.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';

interface OpenFlags {
  direct?: boolean;
  print?: boolean;
  json?: boolean;
}

/** Those that show a screen at their own port; the gateway wakes and starts the others that have not gone. */
const SHOWN: readonly DesktopStatus[] = ['ready', 'starting'];

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
  const desktops = await app.desktops();
  const client = readClient(context, typed);
  const title = formatClientId(client);
  const { desktop, container } = await getDesktopContainer(desktops, client);
  const askedDirect = flags.direct === true;
  const page = pageUrl(desktops, desktop);
  if (!page && askedDirect) throw new VncctlError('CONFLICT', `the desktop of ${title} has no port of its own`, { hint: `give it one: vncctl up ${title} --direct --recreate` });
  const isDirect = page !== undefined && (askedDirect || desktops.gateway === undefined);
  if (desktop.status === 'exiting' || (isDirect && !SHOWN.includes(desktop.status))) {
    throw new VncctlError('DESKTOP_NOT_FOUND', `the desktop of ${title} is ${desktop.status}`, { hint: `bring it up: vncctl up ${title}` });
  }
  const link = await makeLink({ desktops, tickets: () => app.tickets() }, desktop, { direct: page && linkUrl(page, secretOf(desktops, desktop.image, container)), askedDirect });
  if (!link) throw noDoor(desktop, app.daemon() !== undefined);
  await useDesktop(desktops, client);
  if (flags.json) return writeJson(io, { id: desktop.id, client, ...link });
  io.stdout.write(`${link.url}\n`);
  if (!flags.print && opensBrowser(io)) await openBrowser(io, link.url);
}
