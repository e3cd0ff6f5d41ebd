import { expect, test } from 'vitest';
import { giveLink, giveTicket } from '../../../src/core/share.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { checkShares, MOST_TICKETS, withTickets } from '../../../src/core/ticket-bounds.ts';
import { exchangeTicket, issueTicket, newTicketKeys, type Ticket, type TicketWish } from '../../../src/core/tickets.ts';
import { createFakeTickets } from '../../support/fake-tickets.ts';

const ONE = 'bcdfghjkmnpq' as DesktopId;
const OTHER = 'zxwvtsrqpnmk' as DesktopId;
const NOON = Date.parse('2030-01-01T12:00:00Z');

const at = (second: number, over: Partial<TicketWish> = {}): Ticket => issueTicket({ desktopId: ONE, mode: 'full', kind: 'share', lifeMs: 3_600_000, ...over }, newTicketKeys(), new Date(NOON + second * 1000));
const shares = (count: number, over?: Partial<TicketWish>): Ticket[] => Array.from({ length: count }, (_, second) => at(second, over));

test('a desktop has no more shares than the bound; one that ended or was taken back counts no more, another desktop has its own', () => {
  const present = shares(MOST_TICKETS.share);
  const now = new Date(NOON + 200_000);
  expect(() => checkShares(present, ONE, now)).toThrow(expect.objectContaining({ code: 'TOO_MANY_SHARES', hint: 'revoke some of them: vncctl share ls, vncctl share revoke <id>' }));
  expect(() => checkShares(present, OTHER, now)).not.toThrow();
  expect(() => checkShares(present.map((ticket, place) => (place === 3 ? { ...ticket, revokedAt: now.toISOString() } : ticket)), ONE, now)).not.toThrow();
  expect(() => checkShares(present, ONE, new Date(NOON + 3_600_000))).not.toThrow();
});

test('of links to one desktop the newest stay, those that were taken back leave first, and no other desktop loses one', () => {
  const links = shares(MOST_TICKETS.link, { kind: 'link', uses: 1 });
  const revoked = { ...at(500, { kind: 'link', uses: 1 }), revokedAt: new Date(NOON).toISOString() };
  const other = at(-5, { kind: 'link', desktopId: OTHER, uses: 1 });
  const share = at(-5);
  const added = at(501, { kind: 'link', uses: 1 });
  const once = withTickets([other, share, ...links, revoked], [added]);
  expect(once).toEqual([other, share, ...links.slice(1), added]);
  const twice = withTickets(once, [at(502, { kind: 'link', uses: 1 })]);
  expect(twice).toContain(other);
  expect(twice).toContain(share);
  expect(twice).toContain(added);
  expect(twice).toHaveLength(2 + MOST_TICKETS.link);
});

test('links given in a loop are bounded, and the newest opens', async () => {
  const tickets = createFakeTickets();
  const gateway = { scheme: 'http', host: '127.0.0.1:1', name: '127.0.0.1', prefix: '' } as unknown as Parameters<typeof giveLink>[1];
  let url = '';
  for (let count = 0; count < 500; count++) url = await giveLink(tickets, gateway, ONE, new Date(NOON + count));
  expect(tickets.all).toHaveLength(MOST_TICKETS.link);
  const secret = url.split('#ticket=')[1] ?? '';
  expect(exchangeTicket(tickets.all, { desktopId: ONE, secret }, new Date(NOON + 600))?.session.mode).toBe('full');
  await giveTicket(tickets, { desktopId: OTHER, kind: 'link', mode: 'full', uses: 1, lifeMs: 1_000 }, new Date(NOON));
  expect(tickets.all).toHaveLength(MOST_TICKETS.link + 1);
});
