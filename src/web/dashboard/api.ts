// Asking the API: with the half of a session that this page holds, beside the browser's half, a cookie. Addresses are relative, so
// that a prefix in front of all of it changes nothing.
import type { DesktopFigures, DesktopRow, Failure, Host, ImageRow, LifeEventRow, OperationRow, Scope } from './answers.ts';

/** A failure in the API's own words. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly hint: string | null;

  constructor(status: number, { message, hint }: Pick<Failure, 'message' | 'hint'>) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

export interface NewDesktop {
  client: string;
  image: string;
  url?: string;
  size?: string;
  cpus?: number;
  memory?: string;
}

export interface NewShare {
  desktop: string;
  mode: 'full' | 'view-only';
  for: string;
}

/** All reject with ApiFailure, or with what `fetch` throws where nobody answers. */
export interface Api {
  me(): Promise<{ scope: Scope }>;
  desktops(): Promise<DesktopRow[]>;
  figures(): Promise<DesktopFigures[]>;
  host(): Promise<Host>;
  images(): Promise<ImageRow[]>;
  /** The key of the image that `vncctl up` takes where none is named. */
  defaultImage(): Promise<string | undefined>;
  /** Of the last day, oldest first. */
  pastEvents(): Promise<LifeEventRow[]>;
  create(wish: NewDesktop): Promise<OperationRow>;
  operation(id: string): Promise<OperationRow>;
  /** The link to its screen, which opens once. */
  open(id: string): Promise<string>;
  share(wish: NewShare): Promise<{ url: string; expiresAt: string }>;
  act(id: string, action: 'touch' | 'pause' | 'wake' | 'restart'): Promise<void>;
  /** `leaving`: the page is going away and waits for nothing. */
  remove(id: string, leaving: boolean): Promise<void>;
  /** A picture of a screen and what names its content; undefined where there is none. */
  picture(id: string, width: number, signal: AbortSignal): Promise<{ image: Blob; tag: string } | undefined>;
  /** Whether the secret of a link was taken. */
  signIn(ticket: string): Promise<boolean>;
  signOut(): Promise<void>;
  /** The stream of what happens, from behind that event on; the answer may be a refusal. */
  events(lastId: string | undefined, signal: AbortSignal): Promise<Response>;
}

/** The page's half of a sign-in, as long as this tab lasts. */
export interface SessionHalf {
  get(): string | undefined;
  keep(half: string): void;
  forget(): void;
}

/** The one of gateway/session-halves.ts. */
const SESSION_HEADER = 'x-vncctl-session';
const PAGE_SIZE = 1000;

/** Asks where this page comes from. */
export function createApi(fetch: typeof globalThis.fetch, half: SessionHalf, newKey: () => string): Api {
  const own = (): Record<string, string> => {
    const held = half.get();
    return held === undefined ? {} : { [SESSION_HEADER]: held };
  };
  const ask = async (method: string, path: string, { body, headers = {}, ...init }: { body?: object; headers?: Record<string, string>; signal?: AbortSignal; keepalive?: boolean } = {}): Promise<Response> => {
    const sent = { ...own(), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers };
    const response = await fetch(path, { method, headers: sent, ...(body === undefined ? {} : { body: JSON.stringify(body) }), ...init });
    if (!response.ok) throw new ApiFailure(response.status, await failureIn(response));
    return response;
  };
  const get = async <T>(path: string): Promise<T> => (await ask('GET', `api/v1/${path}`)).json() as Promise<T>;
  const post = async <T>(path: string, body?: object, headers?: Record<string, string>): Promise<T> =>
    (await ask('POST', `api/v1/${path}`, { ...(body ? { body } : {}), ...(headers ? { headers } : {}) })).json() as Promise<T>;

  const all = async <T>(path: string, read: (page: never) => T[]): Promise<T[]> => {
    const found: T[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { next: string | null } = await get(`${path}${path.includes('?') ? '&' : '?'}limit=${PAGE_SIZE}${cursor === '' ? '' : `&cursor=${cursor}`}`);
      found.push(...read(page as never));
      cursor = page.next;
    }
    return found;
  };

  return {
    me: () => get('me'),
    desktops: () => all('desktops', (page: { desktops: DesktopRow[] }) => page.desktops),
    figures: async () => (await get<{ desktops: DesktopFigures[] }>('usage')).desktops,
    host: async () => (await get<{ host: Host }>('stats')).host,
    images: async () => (await get<{ images: ImageRow[] }>('images')).images,
    async defaultImage() {
      const { settings } = await get<{ settings: { name: string; value: unknown }[] }>('settings');
      const value = settings.find(({ name }) => name === 'image')?.value;
      return typeof value === 'string' ? value : undefined;
    },
    pastEvents: () => all('events?since=24h', (page: { events: LifeEventRow[] }) => page.events),
    create: (wish) => post('desktops', wish, { prefer: 'respond-async', 'idempotency-key': newKey() }),
    operation: (id) => get(`operations/${id}`),
    open: async (id) => (await post<{ url: string }>(`desktops/${id}/open`)).url,
    share: (wish) => post('shares', wish),
    act: async (id, action) => void (await post(`desktops/${id}/${action}`)),
    async remove(id, leaving) {
      await ask('DELETE', `api/v1/desktops/${id}`, leaving ? { keepalive: true, headers: { prefer: 'respond-async' } } : {});
    },
    async picture(id, width, signal) {
      const response = await ask('GET', `api/v1/desktops/${id}/screen.png?width=${width}`, { signal });
      return response.status === 204 ? undefined : { image: await response.blob(), tag: response.headers.get('etag') ?? '' };
    },
    async signIn(ticket) {
      try {
        const answer = await ask('POST', 'dashboard/session', { body: { ticket } });
        const given = answer.headers.get(SESSION_HEADER);
        if (given !== null) half.keep(given);
        return true;
      } catch (error) {
        if (error instanceof ApiFailure && error.status < 500) return false;
        throw error;
      }
    },
    async signOut() {
      await ask('DELETE', 'dashboard/session');
      half.forget();
    },
    events: (lastId, signal) =>
      fetch('api/v1/events', { headers: { accept: 'text/event-stream', ...own(), ...(lastId === undefined ? {} : { 'last-event-id': lastId }) }, signal }),
  };
}

async function failureIn(response: Response): Promise<Pick<Failure, 'message' | 'hint'>> {
  try {
    const { error } = (await response.json()) as { error: Failure };
    return { message: error.message, hint: error.hint ?? null };
  } catch {
    return { message: `HTTP ${response.status}`, hint: null };
  }
}
