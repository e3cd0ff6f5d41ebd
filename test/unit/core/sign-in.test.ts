import { expect, test } from 'vitest';
import { parsePublicTemplate } from '../../../src/core/public-address.ts';
import { dashboardAddress, giveSignIn, revokeSignIn } from '../../../src/core/sign-in.ts';
import { newDesktopId } from '../../../src/core/identity.ts';
import { giveLink, giveTicket } from '../../../src/core/share.ts';
import { DASHBOARD, exchangeTicket, isLiveSession, liveShares, liveSignIns, withoutDead } from '../../../src/core/tickets.ts';
import { createFakeTickets } from '../../support/fake-tickets.ts';
import { LOCAL_GATEWAY } from '../../support/test-desktops.ts';

const NOON = new Date('2030-01-01T12:00:00.000Z');
const later = (ms: number): Date => new Date(NOON.getTime() + ms);
const MINUTE = 60_000;
const DAY = 86_400_000;

async function given() {
  const tickets = createFakeTickets();
  const { ticket, url } = await giveSignIn(tickets, 'http://127.0.0.1:8080/', 'full', NOON);
  const secret = /^http:\/\/127\.0\.0\.1:8080\/#ticket=(.+)$/.exec(url)?.[1] ?? expect.unreachable();
  const open = (at: Date, desktopId = DASHBOARD) => exchangeTicket(tickets.all, { desktopId, secret }, at);
  return { tickets, ticket, open };
}

test('its link opens the dashboard once, within 15 minutes, and no desktop', async () => {
  const { tickets, open } = await given();
  expect(open(NOON, newDesktopId())).toBeUndefined();
  expect(open(later(15 * MINUTE))).toBeUndefined();
  const opened = open(later(14 * MINUTE)) ?? expect.unreachable();
  expect(opened.session).toMatchObject({ desktopId: DASHBOARD, mode: 'full' });
  tickets.all = opened.tickets;
  expect(open(later(14 * MINUTE))).toBeUndefined();
});

test('what it opened counts for a week, and until it is taken back', async () => {
  const { tickets, ticket, open } = await given();
  const { session, tickets: after } = open(NOON) ?? expect.unreachable();
  tickets.all = after;
  expect(withoutDead(tickets.all, later(7 * DAY))).toHaveLength(1);
  expect(isLiveSession(tickets.all, session, later(7 * DAY - 1))).toBe(true);
  expect(isLiveSession(tickets.all, session, later(7 * DAY))).toBe(false);
  await revokeSignIn(tickets, ticket.id, later(DAY));
  expect(isLiveSession(tickets.all, session, later(DAY))).toBe(false);
  expect(liveSignIns(tickets.all, later(DAY))).toEqual([]);
  await expect(revokeSignIn(tickets, ticket.id, later(DAY))).rejects.toMatchObject({ code: 'TICKET_NOT_FOUND' });
});

test('a link that nobody opened in time is over', async () => {
  const { tickets } = await given();
  expect(liveSignIns(tickets.all, later(14 * MINUTE))).toHaveLength(1);
  expect(liveSignIns(tickets.all, later(15 * MINUTE))).toEqual([]);
  expect(withoutDead(tickets.all, later(15 * MINUTE))).toEqual([]);
});

test('links to desktops are no sign-ins: they open no dashboard, and are not taken back as one', async () => {
  const tickets = createFakeTickets();
  const id = newDesktopId();
  const url = await giveLink(tickets, LOCAL_GATEWAY, id, NOON);
  const { ticket } = await giveTicket(tickets, { desktopId: id, kind: 'share', mode: 'full', lifeMs: DAY }, NOON);
  expect(exchangeTicket(tickets.all, { desktopId: DASHBOARD, secret: url.split('=')[1] ?? '' }, NOON)).toBeUndefined();
  expect(liveSignIns(tickets.all, NOON)).toEqual([]);
  await expect(revokeSignIn(tickets, ticket.id, NOON)).rejects.toMatchObject({ code: 'TICKET_NOT_FOUND' });
  expect(liveShares(tickets.all, NOON)).toHaveLength(1);
});

test.each([
  [undefined, 'http://127.0.0.1:8080/'],
  ['https://desktops.example.org/', 'https://desktops.example.org/'],
  ['https://example.org:8443/', 'https://example.org:8443/'],
  ['https://example.org/vnc/', 'https://example.org/vnc/'],
  ['https://[2001:db8::7]/vnc/d/{id}/', 'https://[2001:db8::7]/vnc/'],
  // It is at no desktop's own host.
  ['https://{id}.example.org/', 'http://127.0.0.1:8080/'],
])('where the public address is %s the dashboard is at %s', (typed, address) => {
  const publicUrl = typed === undefined ? undefined : (parsePublicTemplate(typed) ?? expect.unreachable());
  expect(dashboardAddress({ address: '127.0.0.1:8080' }, { host: 'localhost', publicUrl })).toBe(address);
  expect(dashboardAddress({}, { host: 'localhost', publicUrl })).toBeUndefined();
});
