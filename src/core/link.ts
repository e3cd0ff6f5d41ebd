// The link that a person is given to a desktop: through the gateway where a daemon answers, else to the desktop's own port.
import { VncctlError } from '../errors.ts';
import { type ClientId, formatClientId } from './client-id.ts';
import type { Desktop, DesktopStatus } from './desktop.ts';
import type { Door } from './desktop-address.ts';
import { type Desktops, linkUrl, pageUrl, secretOf, titleOf } from './desktops.ts';
import { getDesktopContainer } from './list.ts';
import type { TicketStore } from './tickets.ts';
import { useDesktop } from './touch.ts';

/** A link and the door that it leads through. */
export interface Link {
  url: string;
  door: Door;
}

export interface LinkParts {
  desktops: Desktops;
  tickets: () => Promise<TicketStore>;
}

/** The link to a desktop that is there: with a one-time ticket, or with its key where no daemon answers, or where its own port was asked for and it has one. `direct` is that one, if it has a port. Undefined where no door leads to it. */
export async function makeLink({ desktops, tickets }: LinkParts, desktop: Desktop, { direct, askedDirect }: { direct: string | undefined; askedDirect: boolean }): Promise<Link | undefined> {
  const { gateway } = desktops;
  if (direct !== undefined && (askedDirect || gateway === undefined)) return { url: direct, door: 'direct' };
  if (gateway === undefined) return undefined;
  // Loaded only now: most commands make no ticket.
  const [{ giveLink }, store] = await Promise.all([import('./share.ts'), tickets()]);
  return { url: await giveLink(store, gateway, desktop.id, desktops.clock.now()), door: 'gateway' };
}

/** Those that show a screen at their own port; the gateway wakes and starts the others that have not gone. */
const SHOWN: readonly DesktopStatus[] = ['ready', 'starting'];

/** The link to the client's desktop, which counts as used now. DESKTOP_NOT_FOUND when there is none that could be seen, CONFLICT when it has no port and that was asked for, DAEMON_NOT_RUNNING when no door leads to it. `daemonRuns`: one does, wherever it answers. */
export async function openDesktop(parts: LinkParts, client: ClientId, { askedDirect, daemonRuns }: { askedDirect: boolean; daemonRuns: boolean }): Promise<Link & { desktop: Desktop }> {
  const { desktops } = parts;
  const title = formatClientId(client);
  const { desktop, container } = await getDesktopContainer(desktops, client);
  const page = pageUrl(desktops, desktop);
  if (!page && askedDirect) throw new VncctlError('CONFLICT', `the desktop of ${title} has no port of its own`, { hint: `give it one: vncctl up ${title} --direct --recreate` });
  const isDirect = page !== undefined && (askedDirect || desktops.gateway === undefined);
  if (desktop.status === 'exiting' || (isDirect && !SHOWN.includes(desktop.status))) {
    throw new VncctlError('DESKTOP_NOT_FOUND', `the desktop of ${title} is ${desktop.status}`, { hint: `bring it up: vncctl up ${title}` });
  }
  const link = await makeLink(parts, desktop, { direct: page && linkUrl(page, secretOf(desktops, desktop.image, container)), askedDirect });
  if (!link) throw noDoor(desktop, daemonRuns);
  await useDesktop(desktops, client);
  return { ...link, desktop };
}

/** Why no link leads to a desktop that has no port of its own. `daemonRuns`: one does, but answers nowhere. */
export function noDoor(desktop: Pick<Desktop, 'id' | 'client'>, daemonRuns: boolean): VncctlError {
  const title = titleOf(desktop);
  return daemonNotRunning(daemonRuns, `the desktop of ${title} has no port of its own, and`, `   (or give it a port: vncctl up ${title} --direct --recreate)`);
}

/** The failure of asking for what only a daemon that answers can give. `before` begins the sentence, `otherwise` ends the hint. */
export function daemonNotRunning(daemonRuns: boolean, before = '', otherwise = ''): VncctlError {
  const [why, hint] = daemonRuns ? ['the daemon that runs answers nowhere that a browser could ask', 'see: vncctl config get listen, vncctl config get publicUrl, and start it anew'] : ['no daemon runs that would answer the link', 'start it: vncctl daemon'];
  return new VncctlError('DAEMON_NOT_RUNNING', `${before} ${why}`.trim(), { hint: `${hint}${otherwise}` });
}
