// How many tickets one desktop may have: so that giving links in a loop fills neither the file nor the time of each look into it.
import { VncctlError } from '../errors.ts';
import type { DesktopId } from './store.ts';
import type { Ticket, TicketKind } from './tickets.ts';

/** Of each kind and desktop; for the dashboard likewise. */
export const MOST_TICKETS: Readonly<Record<TicketKind, number>> = { share: 100, link: 200, dashboard: 200 };

/** The tickets with the added ones. Of a kind and desktop that has too many those leave that were taken back, and then the oldest, with what they opened. */
export function withTickets(present: readonly Ticket[], added: readonly Ticket[]): readonly Ticket[] {
  const groups = new Map<string, Ticket[]>();
  for (const ticket of added) groups.set(groupOf(ticket), []);
  const all = [...present, ...added];
  for (const ticket of all) groups.get(groupOf(ticket))?.push(ticket);
  const leaving = new Set([...groups.values()].flatMap((group) => inOrderOfLeaving(group).slice(0, Math.max(0, group.length - MOST_TICKETS[group[0]?.kind ?? 'link']))));
  return leaving.size === 0 ? all : all.filter((ticket) => !leaving.has(ticket));
}

/** TOO_MANY_SHARES where a desktop has as many live shares as it may: none that was given to somebody is taken away for another. */
export function checkShares(present: readonly Ticket[], desktopId: DesktopId, now: Date): void {
  const live = present.filter((ticket) => ticket.kind === 'share' && ticket.desktopId === desktopId && ticket.revokedAt === undefined && Date.parse(ticket.expiresAt) > now.getTime());
  if (live.length < MOST_TICKETS.share) return;
  throw new VncctlError('TOO_MANY_SHARES', `this desktop has ${live.length} shares already`, { hint: 'revoke some of them: vncctl share ls, vncctl share revoke <id>' });
}

function groupOf({ kind, desktopId }: Ticket): string {
  return `${kind} ${desktopId}`;
}

function inOrderOfLeaving(group: readonly Ticket[]): Ticket[] {
  const isLive = ({ revokedAt }: Ticket): number => (revokedAt === undefined ? 1 : 0);
  return [...group].sort((a, b) => isLive(a) - isLive(b) || Date.parse(a.createdAt) - Date.parse(b.createdAt));
}
