// `vncctl open`: prints the link to a desktop and opens it where there is a screen. Never blocks.
import type { Command } from 'commander';
import { formatClientId } from '../core/client-id.ts';
import { linkUrl, pageUrl, secretOf } from '../core/desktops.ts';
import { getDesktopContainer } from '../core/list.ts';
import { useDesktop } from '../core/touch.ts';
import { VncctlError } from '../errors.ts';
import { openBrowser, opensBrowser } from '../ui/browser.ts';
import { writeJson } from '../ui/json.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .description('Print the link to a desktop and open it in the browser. The link holds the key to the screen: treat it like a password.')
    .argument('<client>', 'CPF of the client, like 111.222.333-44')
    .option('--print', 'only print the link')
    .option('--json', 'print the link as JSON; opens nothing')
    .action(async (typed: string, flags: { print?: boolean; json?: boolean }) => {
      const { io } = context;
      const desktops = await context.app().desktops();
      const client = readClient(context, typed);
      const { desktop, container } = await getDesktopContainer(desktops, client);
      if (desktop.status !== 'ready' && desktop.status !== 'starting') {
        throw new VncctlError('DESKTOP_NOT_FOUND', `the desktop of ${formatClientId(client)} is ${desktop.status}`, { hint: `bring it up: vncctl up ${formatClientId(client)}` });
      }
      const page = pageUrl(desktops, desktop);
      if (!page) throw new VncctlError('DESKTOP_NOT_FOUND', `the desktop of ${formatClientId(client)} has no published port`, { hint: `replace it: vncctl up ${formatClientId(client)} --recreate` });
      const link = linkUrl(page, secretOf(desktops, desktop.image, container));
      await useDesktop(desktops, client);
      if (flags.json) return writeJson(io, { id: desktop.id, client, url: link });
      io.stdout.write(`${link}\n`);
      if (!flags.print && opensBrowser(io)) await openBrowser(io, link);
    });
}
