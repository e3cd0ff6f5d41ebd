// The cookie that says which desktop a browser may see: a session in plain text and a keyed hash over it (HMAC-SHA-256), so that
// it holds after a restart of the daemon and nobody but this installation can make one. Its time is checked with its ticket.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DesktopId } from '../core/store.ts';
import type { Session } from '../core/tickets.ts';

/** Signs and reads sessions. */
export interface SessionCookies {
  /** The value of a Set-Cookie header, for the paths of the scope only. */
  set(session: Session, now: Date, scope: CookieScope): string;
  /** The session for that desktop in a Cookie header; undefined when none in it was signed here. */
  read(header: string | undefined, desktopId: DesktopId): Session | undefined;
}

/** What a browser sends a cookie back with. */
export interface CookieScope {
  /** The path of the desktop's address, ending in a slash. */
  path: string;
  /** Whether by TLS only. */
  secure: boolean;
}

export interface SessionCookieOptions {
  /** The key of the instance; the one for cookies is derived from it. */
  instanceKey: Uint8Array;
  /** What they are called; absent: as those of desktops. */
  name?: string;
}

const LAYOUT = '1';
const LONGEST = 256;
// Of several with the name (another path's, a stranger's) each is tried.
const MOST = 8;

/** Cookies of this instance. */
export function createSessionCookies({ instanceKey, name = 'vncctl' }: SessionCookieOptions): SessionCookies {
  // No client id has a NUL in it, and the journal's hashes begin otherwise: no other use of the instance's key makes this one.
  const key = createHmac('sha256', instanceKey).update('cookie\0sessions').digest();
  const macOf = (payload: string): string => createHmac('sha256', key).update(payload).digest('base64url');

  const verify = (value: string): Session | undefined => {
    if (value.length > LONGEST) return undefined;
    const end = value.lastIndexOf('.');
    const payload = value.slice(0, Math.max(0, end));
    // As text: several spellings of base64 mean the same bytes.
    const mac = Buffer.from(value.slice(end + 1));
    const right = Buffer.from(macOf(payload));
    return mac.length === right.length && timingSafeEqual(mac, right) ? decode(payload) : undefined;
  };

  return {
    set(session, now, { path, secure }) {
      const payload = encode(session);
      const maxAgeSeconds = Math.max(0, Math.floor((Date.parse(session.expiresAt) - now.getTime()) / 1000));
      return `${name}=${payload}.${macOf(payload)}; Path=${path}; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
    },
    read(header = '', desktopId) {
      const values = header
        .split(';')
        .map((part) => part.trim())
        .filter((part) => part.startsWith(`${name}=`))
        .slice(0, MOST);
      for (const value of values) {
        const session = verify(value.slice(name.length + 1));
        if (session?.desktopId === desktopId) return session;
      }
      return undefined;
    },
  };
}

function encode({ desktopId, mode, ticketId, expiresAt }: Session): string {
  return [LAYOUT, desktopId, mode, ticketId, Date.parse(expiresAt).toString(36)].join('.');
}

// What is signed was written by `encode`, maybe that of another version.
function decode(payload: string): Session | undefined {
  const [layout, desktopId, mode, ticketId, expiry, ...rest] = payload.split('.');
  const expiresMs = Number.parseInt(expiry ?? '', 36);
  if (layout !== LAYOUT || !desktopId || !ticketId || rest.length > 0 || !Number.isSafeInteger(expiresMs)) return undefined;
  if (mode !== 'full' && mode !== 'view-only') return undefined;
  return { desktopId: desktopId as DesktopId, mode, ticketId, expiresAt: new Date(expiresMs).toISOString() };
}
