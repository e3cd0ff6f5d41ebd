// Giving tickets out and taking them back: what `share` does, and the first half of every link that leads to the gateway.
import { VncctlError } from '../errors.ts';
import type { ClientId } from './client-id.ts';
import { formatClientId } from './client-id.ts';
import type { Desktop } from './desktop.ts';
import type { Desktops } from './desktops.ts';
import { getDesktop } from './list.ts';
import { type PublicAddress, publicPage } from './public-address.ts';
import type { DesktopId } from './store.ts';
import { checkShares, withTickets } from './ticket-bounds.ts';
import { issueTicket, newTicketKeys, revokeTicket, type Ticket, ticketFragment, type TicketMode, type TicketStore, type TicketWish } from './tickets.ts';
import { checkViewOnly } from './view-only.ts';

/** A ticket and the secret of its link, which is nowhere else. */
export interface GivenTicket {
  ticket: Ticket;
  secret: string;
}

/** Makes a ticket and keeps it; of a kind that a desktop has many of, the oldest leaves (see `withTickets`). STORE_LOCKED when that can't be done in time. */
export async function giveTicket(tickets: TicketStore, wish: TicketWish, now: Date): Promise<GivenTicket> {
  const given = giveOne(wish, now);
  await tickets.update((present) => ({ tickets: withTickets(present, [given.ticket]), result: undefined }));
  return given;
}

/** The same for several at once. */
export async function giveTickets(tickets: TicketStore, wishes: readonly TicketWish[], now: Date): Promise<GivenTicket[]> {
  const given = wishes.map((wish) => giveOne(wish, now));
  await tickets.update((present) => ({ tickets: withTickets(present, given.map(({ ticket }) => ticket)), result: undefined }));
  return given;
}

function giveOne(wish: TicketWish, now: Date): GivenTicket {
  const keys = newTicketKeys();
  return { ticket: issueTicket(wish, keys, now), secret: keys.secret };
}

// Long enough to walk over to the browser; whoever is later asks for another one.
const LINK_LIFE_MS = 15 * 60_000;

/** A link to a desktop for the person at this terminal: opens once, within 15 minutes; what it opened stays. */
export async function giveLink(tickets: TicketStore, gateway: PublicAddress, desktopId: DesktopId, now: Date): Promise<string> {
  const { secret } = await giveTicket(tickets, { desktopId, kind: 'link', mode: 'full', uses: 1, lifeMs: LINK_LIFE_MS }, now);
  return ticketUrl(gateway, desktopId, secret);
}

/** A ticket to the client's desktop. DESKTOP_NOT_FOUND when there is none, or only the memory of it; VIEW_ONLY_REFUSED where its image can't be shown so; TOO_MANY_SHARES. */
export async function shareDesktop(desktops: Desktops, tickets: TicketStore, client: ClientId, wish: Pick<TicketWish, 'mode' | 'lifeMs' | 'uses'>): Promise<GivenTicket & { desktop: Desktop }> {
  const desktop = await getDesktop(desktops, client);
  if (!desktop.container) {
    const title = formatClientId(client);
    throw new VncctlError('DESKTOP_NOT_FOUND', `the desktop of ${title} is lost: its container was removed by somebody else`, { hint: `make it anew: vncctl up ${title}` });
  }
  if (wish.mode === 'view-only') checkViewOnly(desktops.catalog.find(desktop.image), desktop.image);
  const now = desktops.clock.now();
  const given = giveOne({ ...wish, desktopId: desktop.id, kind: 'share' }, now);
  await tickets.update((present) => {
    checkShares(present, desktop.id, now);
    return { tickets: withTickets(present, [given.ticket]), result: undefined };
  });
  return { ...given, desktop };
}

/** One share as the command line and the API show it; null where something is unknown or without a bound. */
export interface ShareRow {
  id: string;
  desktop: DesktopId;
  client: string | null;
  mode: TicketMode;
  createdAt: string;
  expiresAt: string;
  usesLeft: number | null;
}

/** A row; `client` as it is to be spelled. */
export function shareRow({ id, desktopId, mode, createdAt, expiresAt, usesLeft }: Ticket, client: string | undefined): ShareRow {
  return { id, desktop: desktopId, client: client ?? null, mode, createdAt, expiresAt, usesLeft: usesLeft ?? null };
}

/** Takes a ticket back, with what it opened. TICKET_NOT_FOUND when no live one has that id. */
export async function revokeShare(tickets: TicketStore, id: string, now: Date): Promise<Ticket> {
  const revoked = await tickets.update((present) => {
    const done = revokeTicket(present, id, now);
    return done ? { tickets: done.tickets, result: done.revoked } : { result: undefined };
  });
  if (!revoked) throw new VncctlError('TICKET_NOT_FOUND', `there is no live share "${id}"`, { hint: 'see them: vncctl share ls' });
  return revoked;
}

/** The link of a ticket: the page of its desktop with the secret in the fragment, which no server ever sees. */
export function ticketUrl(gateway: PublicAddress, desktopId: DesktopId, secret: string): string {
  return `${publicPage(gateway, desktopId)}${ticketFragment(secret)}`;
}
