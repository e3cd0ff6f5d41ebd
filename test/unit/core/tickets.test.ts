import { expect, test } from 'vitest';
import type { DesktopId } from '../../../src/core/store.ts';
import { exchangeTicket, isLiveSession, issueTicket, liveShares, newTicketKeys, revokeTicket, type Session, type Ticket, type TicketWish, withoutDead } from '../../../src/core/tickets.ts';

const ONE = 'bcdfghjkmnpq' as DesktopId;
const OTHER = 'zxwvtsrqpnmk' as DesktopId;
const START = Date.parse('2030-01-01T12:00:00.000Z');
const MINUTE = 60_000;
const at = (ms: number): Date => new Date(START + ms);

function give(over: Partial<TicketWish> = {}): { ticket: Ticket; secret: string } {
  const keys = newTicketKeys();
  return { ticket: issueTicket({ desktopId: ONE, mode: 'full', kind: 'share', lifeMs: 15 * MINUTE, ...over }, keys, at(0)), secret: keys.secret };
}

function getExchange(tickets: readonly Ticket[], secret: string, now = at(1), desktopId = ONE): { tickets: readonly Ticket[]; session: Session } {
  const done = exchangeTicket(tickets, { desktopId, secret }, now);
  if (!done) throw new Error('the ticket opens nothing');
  return done;
}

test('keys are of 128 bits, and never the same', () => {
  const all = Array.from({ length: 1000 }, newTicketKeys);
  expect(new Set(all.map(({ secret }) => secret)).size).toBe(1000);
  expect(Buffer.from(all[0]?.secret ?? '', 'base64url')).toHaveLength(16);
});

test('what is kept of a ticket does not hold its secret', () => {
  const { ticket, secret } = give();
  expect(JSON.stringify(ticket)).not.toContain(secret);
  expect(ticket).toMatchObject({ desktopId: ONE, createdAt: '2030-01-01T12:00:00.000Z', expiresAt: '2030-01-01T12:15:00.000Z' });
});

test('a share opens as often as it is used, and what it opened ends with it', () => {
  const { ticket, secret } = give({ mode: 'view-only' });
  const first = getExchange([ticket], secret);
  const second = getExchange(first.tickets, secret, at(14 * MINUTE));
  expect([first.session, second.session]).toEqual(Array.from({ length: 2 }, () => ({ desktopId: ONE, mode: 'view-only', ticketId: ticket.id, expiresAt: ticket.expiresAt })));
});

test('a link opens once, and what it opened outlives it', () => {
  const { ticket, secret } = give({ kind: 'link', uses: 1 });
  const { tickets, session } = getExchange([ticket], secret);
  expect(exchangeTicket(tickets, { desktopId: ONE, secret }, at(2))).toBeUndefined();
  expect(isLiveSession(withoutDead(tickets, at(60 * MINUTE)), session, at(60 * MINUTE))).toBe(true);
});

test('uses are counted, each ticket its own', () => {
  const [two, other] = [give({ uses: 2 }), give({ uses: 2 })];
  let tickets: readonly Ticket[] = [other.ticket, two.ticket];
  for (let use = 0; use < 2; use++) ({ tickets } = getExchange(tickets, two.secret));
  expect(exchangeTicket(tickets, { desktopId: ONE, secret: two.secret }, at(1))).toBeUndefined();
  expect(tickets.map(({ usesLeft }) => usesLeft)).toEqual([2, 0]);
});

test.each([
  ['at the moment it expires', at(15 * MINUTE), ONE],
  ['for another desktop', at(1), OTHER],
])('%s a ticket opens nothing', (_, now, desktopId) => {
  const { ticket, secret } = give();
  expect(exchangeTicket([ticket], { desktopId, secret }, now)).toBeUndefined();
});

test.each(['', 'x', '0'.repeat(64), 'AAAAAAAAAAAAAAAAAAAAAA', '../../../../etc/passwd1', 'ä'.repeat(22)])('%j is no secret of anything', (secret) => {
  expect(exchangeTicket([give().ticket], { desktopId: ONE, secret }, at(1))).toBeUndefined();
});

test('a revoked ticket opens nothing, and what it opened no longer counts', () => {
  const { ticket, secret } = give();
  const { tickets, session } = getExchange([ticket], secret);
  expect(isLiveSession(tickets, session, at(2))).toBe(true);
  const done = revokeTicket(tickets, ticket.id, at(3));
  expect(done?.revoked).toMatchObject({ id: ticket.id, revokedAt: at(3).toISOString() });
  expect(exchangeTicket(done?.tickets ?? [], { desktopId: ONE, secret }, at(4))).toBeUndefined();
  expect(isLiveSession(done?.tickets ?? [], session, at(4))).toBe(false);
  expect(revokeTicket(done?.tickets ?? [], ticket.id, at(5))).toBeUndefined();
  expect(revokeTicket(tickets, 'nosuch', at(5))).toBeUndefined();
});

test('a session counts until its time, and not without its ticket or for another desktop', () => {
  const { ticket, secret } = give();
  const { tickets, session } = getExchange([ticket], secret);
  expect(isLiveSession(tickets, session, at(15 * MINUTE - 1))).toBe(true);
  expect(isLiveSession(tickets, session, at(15 * MINUTE))).toBe(false);
  expect(isLiveSession([], session, at(1))).toBe(false);
  expect(isLiveSession(tickets, { ...session, desktopId: OTHER }, at(1))).toBe(false);
});

test('shares are listed while they count, links are not', () => {
  const [older, newer, link] = [give(), give({ lifeMs: MINUTE }), give({ kind: 'link', uses: 1 })];
  const taken = { ...give().ticket, revokedAt: at(0).toISOString() };
  const all = [{ ...newer.ticket, createdAt: at(1).toISOString() }, older.ticket, link.ticket, taken];
  expect(liveShares(all, at(2)).map(({ id }) => id)).toEqual([older.ticket.id, newer.ticket.id]);
  expect(liveShares(all, at(2 * MINUTE)).map(({ id }) => id)).toEqual([older.ticket.id]);
});

test('a ticket is forgotten when nothing that it opened can be alive, revoked ones no sooner', () => {
  const [share, link, used] = [give(), give({ kind: 'link', uses: 1 }), give({ kind: 'link', uses: 1 })];
  const { tickets } = getExchange([share.ticket, link.ticket, used.ticket], used.secret);
  const revoked = revokeTicket(tickets, used.ticket.id, at(2))?.tickets ?? [];
  const left = (ms: number): string[] => withoutDead(revoked, at(ms)).map(({ id }) => id);
  expect(left(15 * MINUTE - 1)).toEqual([share.ticket.id, link.ticket.id, used.ticket.id]);
  expect(left(15 * MINUTE)).toEqual([used.ticket.id]);
  expect(left(7 * 86_400_000)).toEqual([used.ticket.id]);
  expect(left(7 * 86_400_000 + 15 * MINUTE)).toEqual([]);
});
