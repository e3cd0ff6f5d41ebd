// The gateway's three requests beside the page: a ticket for a session, how the desktop is, and to keep it. Says what an answer
// means; what to do about it belongs to gateway-session.ts. Of a session the browser has one half, a cookie, and the page the other,
// which goes with each request as a header and with the WebSocket as a subprotocol.

import { type DesktopState, parseDesktopState } from './gateway-state.ts';

/** An answer without content. `denied`: ticket or session are not accepted. `silent`: nobody answered who knows, so ask again. */
export type Refusal = { is: 'denied' } | { is: 'busy'; retryMs: number } | { is: 'silent' };

/** None of them ever rejects. */
export interface GatewayDoor {
  /** Gives a ticket for a session with this desktop, of which the page's half is kept. */
  exchange(ticket: string): Promise<{ is: 'ok' } | Refusal>;
  look(): Promise<{ is: 'ok'; desktop: DesktopState } | Refusal>;
  /** Asks that the desktop is not removed when it was going to be; false when that was refused or not heard. */
  keep(): Promise<boolean>;
  /** The subprotocols to offer for the screen; the gateway chooses `binary`, and never repeats the other one. */
  protocols(): string[];
}

/** The page's half of a session, as long as this tab lasts. */
export interface SessionHalf {
  get(): string | undefined;
  keep(half: string): void;
}

/**
 * What `fetch` is told. The mode stays the default, `cors`: with `same-origin` and a page without referrer the Fetch standard makes
 * Origin "null" (Chromium tells it all the same).
 */
export interface DoorRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  credentials: 'include';
  cache: 'no-store';
  redirect: 'error';
  signal: AbortSignal;
}

export interface DoorSurroundings {
  /** Address of the page. */
  page(): string;
  half: SessionHalf;
  fetch: (url: string, request: DoorRequest) => Promise<Response>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Those of gateway/session-halves.ts. */
const SESSION_HEADER = 'x-vncctl-session';
const SESSION_PROTOCOL = 'vncctl.session.';
const DEADLINE_MS = 4000;
const RETRY_BUSY_MS = 10_000;
const LONGEST_RETRY_BUSY_MS = 120_000;

/** The door of the gateway that served the page. */
export function createGatewayDoor(around: DoorSurroundings): GatewayDoor {
  const ask = async (path: string, { headers = {}, ...request }: Pick<DoorRequest, 'method' | 'headers' | 'body'> = {}): Promise<Response | undefined> => {
    const half = around.half.get();
    try {
      return await around.fetch(new URL(path, around.page()).href, {
        ...request,
        headers: { ...headers, ...(half === undefined ? {} : { [SESSION_HEADER]: half }) },
        credentials: 'include',
        cache: 'no-store',
        redirect: 'error',
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
    } catch {
      return undefined;
    }
  };

  return {
    async exchange(ticket) {
      const answer = await ask('session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ticket }) });
      if (!answer?.ok) return refusalOf(answer);
      const half = answer.headers.get(SESSION_HEADER);
      if (half !== null) around.half.keep(half);
      return { is: 'ok' };
    },
    async look() {
      const answer = await ask('state');
      if (answer?.ok || answer?.status === 404 || answer?.status === 410) {
        const body: unknown = await answer.json().catch(() => undefined);
        const desktop = parseDesktopState(body, answer.headers.get('date'), around.now());
        // Proxies answer 404 too, while the gateway behind them starts anew: only the gateway's own word counts.
        return desktop ? { is: 'ok', desktop } : { is: 'silent' };
      }
      return refusalOf(answer);
    },
    async keep() {
      return (await ask('keep', { method: 'POST' }))?.ok ?? false;
    },
    protocols() {
      const half = around.half.get();
      return ['binary', ...(half === undefined ? [] : [`${SESSION_PROTOCOL}${half}`])];
    },
  };
}

function refusalOf(answer: Response | undefined): Refusal {
  switch (answer?.status) {
    case 400:
    case 401:
    case 403:
      return { is: 'denied' };
    case 429:
      return { is: 'busy', retryMs: retryAfterMs(answer?.headers.get('retry-after') ?? null) };
    default:
      return { is: 'silent' };
  }
}

/** Retry-After in seconds, as milliseconds within reason; ten seconds where it is absent or a date. */
function retryAfterMs(header: string | null): number {
  const seconds = header === null ? Number.NaN : Number(header);
  if (!Number.isFinite(seconds) || seconds <= 0) return RETRY_BUSY_MS;
  return Math.min(LONGEST_RETRY_BUSY_MS, seconds * 1000);
}
