// From a ticket to a session, and from a cookie back to it: the credentials of the gateway. What they are worth is decided in
// core/tickets.ts.
import type { Clock } from '../core/clock.ts';
import type { DesktopId } from '../core/store.ts';
import { exchangeTicket, isLiveSession, type Session, type TicketStore } from '../core/tickets.ts';
import type { CookieScope, SessionCookies } from './cookie.ts';

/** Who may see what. */
export interface Sessions {
  /** Trades the secret of a ticket for a session; undefined when it opens nothing. STORE_LOCKED when that can't be written down in time. */
  open(desktopId: DesktopId, secret: string): Promise<Session | undefined>;
  /** The session for that desktop in a Cookie header; undefined when there is none that counts. */
  find(cookieHeader: string | undefined, desktopId: DesktopId): Promise<Session | undefined>;
  /** Whether a session still counts: to be asked while a viewer stays. */
  isLive(session: Session): Promise<boolean>;
  /** The Set-Cookie header of a session. */
  cookieOf(session: Session, scope: CookieScope): string;
}

export interface SessionsOptions {
  tickets: TicketStore;
  cookies: SessionCookies;
  clock: Pick<Clock, 'now'>;
}

/** Sessions over a store of tickets. */
export function createSessions({ tickets, cookies, clock }: SessionsOptions): Sessions {
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
    async find(cookieHeader, desktopId) {
      const session = cookies.read(cookieHeader, desktopId);
      return session && (await isLive(session)) ? session : undefined;
    },
    isLive,
    cookieOf: (session, scope) => cookies.set(session, clock.now(), scope),
  };
}
