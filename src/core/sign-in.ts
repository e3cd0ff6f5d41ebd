// Signing in to the dashboard: a link for the person at this terminal, and taking back what it opened.
import { VncctlError } from '../errors.ts';
import { gatewayAddress, publicAddressOf, publicHome, type PublicTemplate } from './public-address.ts';
import { giveTicket } from './share.ts';
import { DASHBOARD, liveSignIns, revokeTicket, type Ticket, ticketFragment, type TicketMode, type TicketStore } from './tickets.ts';

/** The address of the dashboard of a daemon, ending in a slash: the public one, where that is one host for all, else where it listens. Undefined where no browser could ask it. */
export function dashboardAddress(daemon: { address?: string; scheme?: 'http' | 'https' }, { host, publicUrl }: { host: string; publicUrl?: PublicTemplate | undefined }): string | undefined {
  const listening = gatewayAddress(daemon, { host });
  const outside = publicUrl === undefined ? undefined : publicAddressOf(publicUrl, host);
  return listening && ((outside && publicHome(outside)) ?? publicHome(listening));
}

// Long enough to walk over to the browser; whoever is later asks for another one.
const LINK_LIFE_MS = 15 * 60_000;

/** A link to the dashboard at `address` (like `http://127.0.0.1:8080/`): opens once, within 15 minutes; what it opened stays for a week. STORE_LOCKED when that can't be written down in time. */
export async function giveSignIn(tickets: TicketStore, address: string, mode: TicketMode, now: Date): Promise<{ ticket: Ticket; url: string }> {
  const { ticket, secret } = await giveTicket(tickets, { desktopId: DASHBOARD, kind: 'dashboard', mode, uses: 1, lifeMs: LINK_LIFE_MS }, now);
  return { ticket, url: `${address}${ticketFragment(secret)}` };
}

/** Takes a sign-in back, or a link that nobody has opened. TICKET_NOT_FOUND when no live one has that id. */
export async function revokeSignIn(tickets: TicketStore, id: string, now: Date): Promise<Ticket> {
  const revoked = await tickets.update((present) => {
    const known = liveSignIns(present, now).some((ticket) => ticket.id === id);
    const done = known ? revokeTicket(present, id, now) : undefined;
    return done ? { tickets: done.tickets, result: done.revoked } : { result: undefined };
  });
  if (!revoked) throw new VncctlError('TICKET_NOT_FOUND', `nobody is signed in by "${id}"`, { hint: 'see who is: vncctl dashboard ls' });
  return revoked;
}
