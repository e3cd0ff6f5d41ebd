// The link that a person is given to a desktop: through the gateway where one answers, else to the desktop's own port.
import type { Desktop } from './desktop.ts';
import type { Door } from './desktop-address.ts';
import type { Desktops } from './desktops.ts';
import type { TicketStore } from './tickets.ts';

/** A link and the door that it leads through. */
export interface Link {
  url: string;
  door: Door;
}

/** What is known of the way to a desktop: the link to its own port, if it has one, and whether that was asked for. */
export interface LinkWish {
  direct: string | undefined;
  askedDirect: boolean;
}

/** The link to a desktop that is there: with a one-time ticket, or with its key where no gateway answers, or where its own port was asked for and it has one. Undefined where no door leads to it. */
export async function makeLink({ gateway, clock }: Pick<Desktops, 'gateway' | 'clock'>, getTickets: () => Promise<TicketStore>, { id }: Pick<Desktop, 'id'>, { direct, askedDirect }: LinkWish): Promise<Link | undefined> {
  if (direct !== undefined && (askedDirect || gateway === undefined)) return { url: direct, door: 'direct' };
  if (gateway === undefined) return undefined;
  // Loaded only now: without a gateway no ticket is made.
  const [{ giveLink }, tickets] = await Promise.all([import('./share.ts'), getTickets()]);
  return { url: await giveLink(tickets, gateway, id, clock.now()), door: 'gateway' };
}
