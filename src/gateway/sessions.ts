// From a ticket to a session, and from what a request shows back to it: the credentials of the gateway. What they are worth is
// decided in core/tickets.ts, how they are split between browser and page in session-halves.ts.
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { DesktopId } from '../core/store.ts';
import { exchangeTicket, isLiveSession, type Session, type TicketStore } from '../core/tickets.ts';
import { type CookieScope, SESSION_HEADER, type SessionHalves } from './session-halves.ts';

/** Who may see what. */
export interface Sessions {
  /** Trades the secret of a ticket for a session; undefined when it opens nothing. STORE_LOCKED when that can't be written down in time. */
  open(desktopId: DesktopId, secret: string): Promise<Session | undefined>;
  /** The session for that desktop that a request shows both halves of; undefined when there is none that counts. */
  find(headers: IncomingHttpHeaders, desktopId: DesktopId): Promise<Session | undefined>;
  /** Whether a session still counts: to be asked while a viewer stays. */
  isLive(session: Session): Promise<boolean>;
  /** The headers that hand both halves of a session to the page that asked for it. */
  handOver(session: Session, headers: IncomingHttpHeaders, scope: CookieScope): OutgoingHttpHeaders;
}

export interface SessionsOptions {
  tickets: TicketStore;
  halves: SessionHalves;
  clock: Pick<Clock, 'now'>;
}

/** Sessions over a store of tickets. */
export function createSessions({ tickets, halves, clock }: SessionsOptions): Sessions {
  const isLive = async (session: Session): Promise<boolean> => isLiveSession(await tickets.read(), session, clock.now());
  return {
    async open(desktopId, secret) {
      // A guess is not worth the lock, which the command line needs too.
      if (!exchangeTicket(await tickets.read(), { desktopId, secret }, clock.now())) return undefined;
      return tickets.update((present) => {
        const done = exchangeTicket(present, { desktopId, secret }, clock.now());
        return done ? { tickets: done.tickets, result: done.session } : { result: undefined };
      });
    },
    async find(headers, desktopId) {
      const session = halves.join(headers, desktopId);
      return session && (await isLive(session)) ? session : undefined;
    },
    isLive,
    handOver(session, headers, scope) {
      const { page, browser } = halves.split(session, headers);
      return { [SESSION_HEADER]: page, 'set-cookie': halves.cookies(browser, session, clock.now(), scope) };
    },
  };
}
