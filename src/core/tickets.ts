// Tickets: rights to see one desktop, each behind a secret that only its link holds. Decides who may in, and for how long; what
// is kept is a hash of the secret. Pure: the moment and the secret come as arguments, the file is behind `TicketStore`.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { DesktopId } from './store.ts';

/** What a viewer may do: everything, or only look. */
export type TicketMode = 'full' | 'view-only';

/** A link for the person at this terminal, which opens once: a desktop, or the dashboard; or one that is given away, which opens until it ends. */
export type TicketKind = 'link' | 'share' | 'dashboard';

/** What is kept of a ticket. Times are ISO-8601 UTC. */
export interface Ticket {
  /** Names it where a person lists and revokes; opens nothing. */
  id: string;
  /** SHA-256 of its secret, hexadecimal. */
  hash: string;
  /** What it opens; DASHBOARD for one of that kind. */
  desktopId: DesktopId;
  mode: TicketMode;
  kind: TicketKind;
  createdAt: string;
  /** From then on it opens nothing; what a share opened ends then too. */
  expiresAt: string;
  /** How often it can still be exchanged; absent: until it expires. */
  usesLeft?: number;
  /** Set once it was taken back: neither it nor what it opened counts any more. */
  revokedAt?: string;
}

/** What a ticket was exchanged for: the right of one browser to one desktop. Times are ISO-8601 UTC. */
export interface Session {
  desktopId: DesktopId;
  mode: TicketMode;
  ticketId: string;
  expiresAt: string;
}

/** Where tickets are kept. Implemented in store/. */
export interface TicketStore {
  /** The present tickets; none when nothing was stored. Never waits for the lock. */
  read(): Promise<readonly Ticket[]>;
  /** Reads, changes and writes under the cross-process lock; STORE_LOCKED when it can't be had in time. Returning no tickets writes nothing. */
  update<T>(change: (tickets: readonly Ticket[]) => { tickets?: readonly Ticket[]; result: T }): Promise<T>;
}

/** What a new ticket is to allow. */
export interface TicketWish {
  desktopId: DesktopId;
  mode: TicketMode;
  kind: TicketKind;
  lifeMs: number;
  /** How often it opens; absent: until it expires. */
  uses?: number;
}

/** The random parts of a ticket: its name, and the 128 bits that its link holds. */
export interface TicketKeys {
  id: string;
  secret: string;
}

/** What a ticket to the dashboard names in place of a desktop: no desktop's id has a vowel in it. */
export const DASHBOARD = 'dashboard' as DesktopId;

/** How long what a link opened counts: a tab that stays open comes back by it after each pause of the desktop. A share ends with its ticket. */
export const LINK_SESSION_MS = 7 * 86_400_000;
const SECRET_FORM = /^[A-Za-z0-9_-]{22}$/;

/** New keys; every call gives others. */
export function newTicketKeys(): TicketKeys {
  return { id: randomBytes(5).toString('hex'), secret: randomBytes(16).toString('base64url') };
}

/** The ticket as it is kept: without its secret. */
export function issueTicket({ desktopId, mode, kind, lifeMs, uses }: TicketWish, { id, secret }: TicketKeys, now: Date): Ticket {
  return {
    id,
    hash: hashOf(secret).toString('hex'),
    desktopId,
    mode,
    kind,
    createdAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + lifeMs).toISOString(),
    ...(uses === undefined ? {} : { usesLeft: uses }),
  };
}

/** The fragment of a link that opens a desktop. */
export function ticketFragment(secret: string): string {
  return `#ticket=${secret}`;
}

/** Trades a secret for a session and counts the use. No session: there is no such ticket for that desktop, or it is expired, used up or revoked. */
export function exchangeTicket(tickets: readonly Ticket[], { desktopId, secret }: { desktopId: DesktopId; secret: string }, now: Date): { tickets: readonly Ticket[]; session: Session } | undefined {
  if (!SECRET_FORM.test(secret)) return undefined;
  const hash = hashOf(secret);
  let found: Ticket | undefined;
  // All of that desktop each time: how long it takes tells nothing of any, and a guess costs no look at all others.
  for (const ticket of tickets) {
    if (ticket.desktopId === desktopId && timingSafeEqual(Buffer.from(ticket.hash, 'hex'), hash)) found = ticket;
  }
  if (!found || !opens(found, now)) return undefined;
  const { id, mode, usesLeft } = found;
  const used = usesLeft === undefined ? found : { ...found, usesLeft: usesLeft - 1 };
  const session = { desktopId, mode, ticketId: id, expiresAt: new Date(sessionEndMs(found, now)).toISOString() };
  return { tickets: tickets.map((ticket) => (ticket === found ? used : ticket)), session };
}

/** Whether a session still counts: its time isn't over, and its ticket is known and was not revoked. */
export function isLiveSession(tickets: readonly Ticket[], session: Session, now: Date): boolean {
  const ticket = tickets.find(({ id }) => id === session.ticketId);
  return ticket !== undefined && ticket.desktopId === session.desktopId && ticket.revokedAt === undefined && Date.parse(session.expiresAt) > now.getTime();
}

/** Takes a ticket back, with all that it opened. Undefined when no live one has that id. */
export function revokeTicket(tickets: readonly Ticket[], id: string, now: Date): { tickets: readonly Ticket[]; revoked: Ticket } | undefined {
  const found = tickets.find((ticket) => ticket.id === id && ticket.revokedAt === undefined && !isOver(ticket, now));
  if (!found) return undefined;
  const revoked = { ...found, revokedAt: now.toISOString() };
  return { tickets: tickets.map((ticket) => (ticket === found ? revoked : ticket)), revoked };
}

/** The shares that count, oldest first; one that is used up does, since what it opened lasts until it expires. */
export function liveShares(tickets: readonly Ticket[], now: Date): Ticket[] {
  return liveOf('share', tickets, now);
}

/** The sign-ins to the dashboard that count, and the links to it that can still be opened; oldest first. */
export function liveSignIns(tickets: readonly Ticket[], now: Date): Ticket[] {
  return liveOf('dashboard', tickets, now);
}

function liveOf(kind: TicketKind, tickets: readonly Ticket[], now: Date): Ticket[] {
  return tickets
    .filter((ticket) => ticket.kind === kind && ticket.revokedAt === undefined && !isOver(ticket, now))
    .sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
}

/** Those that are still good for anything: to open a desktop, or to know what they opened. */
export function withoutDead(tickets: readonly Ticket[], now: Date): readonly Ticket[] {
  return tickets.filter((ticket) => !isOver(ticket, now));
}

function opens(ticket: Ticket, now: Date): boolean {
  return ticket.revokedAt === undefined && Date.parse(ticket.expiresAt) > now.getTime() && (ticket.usesLeft ?? 1) > 0;
}

function sessionEndMs({ kind, expiresAt }: Ticket, openedAt: Date): number {
  return kind === 'share' ? Date.parse(expiresAt) : openedAt.getTime() + LINK_SESSION_MS;
}

/** Whether nothing that it opened can be alive: an unused link leaves nothing behind it. */
function isOver(ticket: Ticket, now: Date): boolean {
  const unused = ticket.kind !== 'share' && (ticket.usesLeft ?? 0) > 0;
  const last = unused ? Date.parse(ticket.expiresAt) : sessionEndMs(ticket, new Date(ticket.expiresAt));
  return last <= now.getTime();
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
