// A session in two halves, neither of which opens anything alone. The browser's half is a random value in a cookie; cookies know no
// ports, so whatever answers under the same host name may learn it. The page's half stays in the page (its origin has a port) and is
// sent as a header, or as a subprotocol of a WebSocket: it says what the session is for and which cookie it belongs to, under a keyed
// hash (HMAC-SHA-256) of this installation, so that it holds after a restart of the daemon.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { DesktopId } from '../core/store.ts';
import { LINK_SESSION_MS, type Session } from '../core/tickets.ts';

/** Makes and joins the halves of sessions. */
export interface SessionHalves {
  /** The two halves of a session. A browser that sends a cookie of ours keeps it, so that what its other tabs opened still counts. */
  split(session: Session, headers: IncomingHttpHeaders): Halves;
  /** The session for that desktop that a request shows both halves of; undefined when there is none. */
  join(headers: IncomingHttpHeaders, desktopId: DesktopId): Session | undefined;
  /** The Set-Cookie headers that hand the browser's half over, one a path. */
  cookies(half: string, session: Session, now: Date, scope: CookieScope): string[];
}

export interface Halves {
  /** For the header SESSION_HEADER; visible letters that a subprotocol may have too. */
  page: string;
  /** The value of the cookie. */
  browser: string;
}

/** What a browser sends a cookie back with. */
export interface CookieScope {
  /** The paths that ask for it, each ending in a slash. */
  paths: readonly string[];
  /** Whether by TLS only. */
  secure: boolean;
}

export interface SessionHalvesOptions {
  /** The key of the instance; the one for sessions is derived from it. */
  instanceKey: Uint8Array;
  /** What the cookie is called; absent: as those of desktops. */
  name?: string;
}

/** The header that holds the page's half, in the answer that hands it over and in each request. */
export const SESSION_HEADER = 'x-vncctl-session';
/** What the page's half stands behind among the subprotocols of a WebSocket, whose headers no page can set. */
export const SESSION_PROTOCOL = 'vncctl.session.';

const LAYOUT = '2';
const LONGEST = 256;
const BROWSER_HALF = /^[A-Za-z0-9_-]{22}$/;

/** Halves of this instance. */
export function createSessionHalves({ instanceKey, name = 'vncctl' }: SessionHalvesOptions): SessionHalves {
  // No client id has a NUL in it, and the journal's hashes begin otherwise: no other use of the instance's key makes this one.
  const key = createHmac('sha256', instanceKey).update(`session\0${name}`).digest();
  const macOf = (payload: string): string => createHmac('sha256', key).update(payload).digest('base64url');

  const verify = (half: string): { session: Session; belongsTo: string } | undefined => {
    if (half.length > LONGEST) return undefined;
    const end = half.lastIndexOf('.');
    const payload = half.slice(0, Math.max(0, end));
    // As text: several spellings of base64 mean the same bytes.
    return isSame(half.slice(end + 1), macOf(payload)) ? decode(payload) : undefined;
  };

  return {
    split(session, headers) {
      const browser = cookiesIn(headers, name)[0] ?? randomBytes(16).toString('base64url');
      const payload = encode(session, digestOf(browser));
      return { browser, page: `${payload}.${macOf(payload)}` };
    },
    join(headers, desktopId) {
      const half = pageHalfIn(headers);
      const shown = half === undefined ? undefined : verify(half);
      if (shown?.session.desktopId !== desktopId) return undefined;
      // Every one that the browser sent, since a stranger on another port may have put any number of them in front.
      return cookiesIn(headers, name).some((cookie) => isSame(digestOf(cookie), shown.belongsTo)) ? shown.session : undefined;
    },
    cookies(half, session, now, { paths, secure }) {
      // Other sessions of the same browser may count for longer than this one, and the cookie alone is worth nothing.
      const lifeMs = Math.max(LINK_SESSION_MS, Date.parse(session.expiresAt) - now.getTime());
      return paths.map((path) => `${name}=${half}; Path=${path}; Max-Age=${Math.floor(lifeMs / 1000)}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`);
    },
  };
}

/** The page's half that a request shows; undefined for none. */
export function pageHalfIn(headers: IncomingHttpHeaders): string | undefined {
  const sent = headers[SESSION_HEADER];
  if (typeof sent === 'string') return sent;
  return headers['sec-websocket-protocol']
    ?.split(',')
    .map((offered) => offered.trim())
    .find((offered) => offered.startsWith(SESSION_PROTOCOL))
    ?.slice(SESSION_PROTOCOL.length);
}

/** The values of that name in the form of ours, in the order of the header; a header has at most 16 KiB. */
function cookiesIn({ cookie = '' }: IncomingHttpHeaders, name: string): string[] {
  return cookie
    .split(';')
    .map((pair) => pair.trim())
    .flatMap((pair) => (pair.startsWith(`${name}=`) ? [pair.slice(name.length + 1)] : []))
    .filter((value) => BROWSER_HALF.test(value));
}

/** Names a cookie in a page's half without giving it away. */
function digestOf(browserHalf: string): string {
  return createHash('sha256').update(browserHalf).digest('base64url');
}

function isSame(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}

function encode({ desktopId, mode, ticketId, expiresAt }: Session, belongsTo: string): string {
  return [LAYOUT, desktopId, mode, ticketId, Date.parse(expiresAt).toString(36), belongsTo].join('.');
}

// What is signed was written by `encode`, maybe that of another version.
function decode(payload: string): { session: Session; belongsTo: string } | undefined {
  const [layout, desktopId, mode, ticketId, expiry, belongsTo, ...rest] = payload.split('.');
  const expiresMs = Number.parseInt(expiry ?? '', 36);
  if (layout !== LAYOUT || !desktopId || !ticketId || !belongsTo || rest.length > 0 || !Number.isSafeInteger(expiresMs)) return undefined;
  if (mode !== 'full' && mode !== 'view-only') return undefined;
  return { session: { desktopId: desktopId as DesktopId, mode, ticketId, expiresAt: new Date(expiresMs).toISOString() }, belongsTo };
}
