// What happens, to whoever follows: life events and the progress of long work, as Server-Sent Events. Whoever was away a moment
// goes on where they were, by the ids in a bounded ring, and behind that by the journal.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import { type ClientNames, eventRow } from '../core/event-clients.ts';
import type { Journal, LifeEvent } from '../core/journal.ts';
import { admit, type Holder, type ShareLimits } from '../core/shares.ts';
import type { DesktopId } from '../core/store.ts';
import { SCOPES } from '../core/tokens.ts';
import { VncctlError } from '../errors.ts';
import type { Principal } from './route.ts';

/** One thing that is told. */
interface Told {
  id: string;
  /** Of a life event: of which desktop; absent for what concerns all. */
  desktop?: string | undefined;
  text: string;
}

export interface EventStreamOptions {
  journal: Journal;
  names: ClientNames;
  mask: () => boolean;
  clock: Clock;
}

export interface FollowOptions {
  principal: Principal | undefined;
  lastEventId?: string | undefined;
  /** Only what is told of that one, and of none in particular. */
  desktop?: string | undefined;
}

export interface EventStream {
  /** Tells life events to whoever follows. */
  tellLife(events: readonly LifeEvent[]): Promise<void>;
  /** Tells anything else, under a name of its own. */
  publish(name: string, data: object): void;
  /** A stream that ends with the daemon, or when the principal may not any more. TOO_MANY_REQUESTS when too many follow. */
  follow(options: FollowOptions): Promise<Readable>;
  /** Tells all that it is still there, and ends those who may follow no more; done by itself every 15 seconds. */
  lookAround(): Promise<void>;
  stop(): void;
}

const RING_SIZE = 1_000;
/** In all, and of one token of each scope: so that none of them keeps the others out. */
const LIMITS: ShareLimits = { most: 128, shares: { read: 32, operate: 64, admin: 96 } };
/** The last moment that a date can be. */
const MOST_MS = 8.64e15;
const STILL_HERE_MS = 15_000;
const RETRY_MS = 2_000;
/** Of those that were missed: each is spelled and hashed. */
const MOST_IN_A_TURN = 64;
/** Who reads no faster than this comes again later, and goes on where they were. */
const MOST_UNREAD_BYTES = 1024 * 1024;

/** Nobody follows yet. */
export function createEventStream({ journal, names, mask, clock }: EventStreamOptions): EventStream {
  const ring: Told[] = [];
  const followers = new Set<Follower>();
  let count = 0;

  const spell = (id: string, name: string, data: object): string => `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  const lifeText = (event: LifeEvent): Told => ({ id: idOf(event), desktop: event.desktop, text: spell(idOf(event), event.event, eventRow(event, names, mask())) });
  const tell = (told: Told): void => {
    ring.push(told);
    if (ring.length > RING_SIZE) ring.shift();
    for (const follower of followers) follower.take(told);
  };

  /** What was told behind that one; each is spelled when it is read. */
  const missed = async (lastId: string, desktop: string | undefined): Promise<(() => Told)[]> => {
    const place = ring.findIndex(({ id }) => id === lastId);
    if (place !== -1) return ring.slice(place + 1).map((told) => () => told);
    const sinceMs = Number(/^(\d{1,16})-/.exec(lastId)?.[1]);
    if (!Number.isFinite(sinceMs) || sinceMs > MOST_MS) return [];
    const since = new Date(sinceMs).toISOString();
    const past = await journal.read({ since, ...(desktop === undefined ? {} : { desktop: desktop as DesktopId }) });
    // An id costs a hash: only those of that very second can be it.
    const second = since.slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
    const after = past.slice(past.findIndex((event) => event.at.startsWith(second) && idOf(event) === lastId) + 1);
    if (after.length > 0) await names.look();
    return after.map((event) => () => lifeText(event));
  };

  // One timer for all, while there is anybody.
  let timer: NodeJS.Timeout | undefined;
  const lookAround = async (): Promise<void> => {
    await Promise.all([...followers].map((follower) => follower.stillHere()));
  };

  /** TOO_MANY_REQUESTS when there is none. Those of a smaller scope give way to those of a greater one. */
  const makePlaceFor = (principal: Principal | undefined): void => {
    const rank = rankOf(principal);
    const holders = [...followers].map((follower) => ({ ...follower, yields: follower.rank < rank ? follower.rank : undefined }));
    const admission = admit(holders, { counts: countsOf(principal) }, LIMITS);
    if (!admission.isAdmitted) {
      const why = admission.full === 'all' ? `${LIMITS.most} follow the events already` : 'the events are followed too often already with this token';
      throw new VncctlError('TOO_MANY_REQUESTS', why, { hint: 'end some of them, or try again later' });
    }
    const evicted = [...followers].find(({ stream }) => stream === admission.evicts?.stream);
    if (!evicted) return;
    followers.delete(evicted);
    // At once, whether or not it is read.
    evicted.stream.destroy();
  };

  return {
    async tellLife(events) {
      for (const event of events) {
        if (followers.size > 0) await names.lookFor(event);
        tell(lifeText(event));
      }
    },
    publish(name, data) {
      const id = `${clock.now().getTime()}-p${++count}`;
      const { desktop } = data as { desktop?: unknown };
      tell({ id, desktop: typeof desktop === 'string' ? desktop : undefined, text: spell(id, name, data) });
    },
    async follow({ principal, lastEventId, desktop }) {
      makePlaceFor(principal);
      const follower = createFollower({ principal, desktop, onEnd: () => {
        followers.delete(follower);
        if (followers.size === 0) clearInterval(timer);
      } });
      followers.add(follower);
      if (followers.size === 1) timer = setInterval(() => void lookAround(), STILL_HERE_MS);
      try {
        // What comes meanwhile is told after it, and once.
        follower.begin(lastEventId === undefined ? [] : await missed(lastEventId, desktop));
      } catch (error) {
        follower.stream.destroy();
        throw error;
      }
      return follower.stream;
    },
    lookAround,
    stop() {
      clearInterval(timer);
      for (const follower of followers) follower.stream.push(null);
    },
  };
}

interface Follower {
  stream: Readable;
  counts: Holder['counts'];
  heardAtMs: number;
  rank: number;
  take(told: Told): void;
  begin(missed: readonly (() => Told)[]): void;
  stillHere(): Promise<void>;
}

function createFollower({ principal, desktop, onEnd }: { principal: Principal | undefined; desktop: string | undefined; onEnd: () => void }): Follower {
  let isDue = false;
  // Others have their turn in between.
  const goOnLater = (): void => {
    if (isDue || !past) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      catchUp();
    });
  };
  const stream = new Readable({ read: goOnLater });
  stream.once('close', onEnd);
  stream.on('error', () => {});
  /** What comes while there is something missed to tell; undefined once there is nothing. */
  let waiting: Told[] | undefined = [];
  let past: { missed: readonly (() => Told)[]; place: number; lastIds: Set<string> } | undefined;
  /** Whether more may be pushed at once. */
  const write = ({ desktop: of, text }: Told): boolean => {
    if (desktop !== undefined && of !== undefined && of !== desktop) return true;
    if (stream.readableLength <= MOST_UNREAD_BYTES) return stream.push(text);
    stream.destroy();
    return false;
  };
  // What was missed may be much: it is told as fast as it is read, and then what came meanwhile, once.
  const catchUp = (): void => {
    if (!past || !waiting || stream.destroyed) return;
    const { missed, lastIds } = past;
    for (const end = Math.min(missed.length, past.place + MOST_IN_A_TURN); past.place < end; ) {
      const told = missed[past.place++]?.();
      if (!told) continue;
      if (past.place > missed.length - RING_SIZE) lastIds.add(told.id);
      if (!write(told)) return;
    }
    if (past.place < missed.length) return goOnLater();
    const meanwhile = waiting;
    waiting = undefined;
    past = undefined;
    for (const told of meanwhile) if (!lastIds.has(told.id)) write(told);
  };
  return {
    stream,
    counts: countsOf(principal),
    heardAtMs: performance.now(),
    rank: rankOf(principal),
    take(told) {
      if (!waiting) return void write(told);
      waiting.push(told);
      // It comes again later, and goes on where it was.
      if (waiting.length > RING_SIZE) stream.destroy();
    },
    begin(missed) {
      past = { missed, place: 0, lastIds: new Set() };
      stream.push(`retry: ${RETRY_MS}\n\n`);
      catchUp();
    },
    async stillHere() {
      // A store that can't be read for a moment throws nobody out.
      const isLive = principal === undefined || (await principal.isLive().catch(() => true));
      if (stream.destroyed) return;
      stream.push(isLive ? ': still here\n\n' : null);
    },
  };
}

function countsOf(principal: Principal | undefined): Holder['counts'] {
  return principal ? { [principal.scope]: principal.id } : {};
}

function rankOf(principal: Principal | undefined): number {
  return principal ? SCOPES.indexOf(principal.scope) + 1 : 0;
}

/** The same whether it comes from the journal or as it happens, in this run of the daemon or the next. */
function idOf(event: LifeEvent): string {
  const { at, event: kind, desktop, cause } = event;
  return `${Date.parse(at)}-${createHash('sha256').update(JSON.stringify([at, kind, desktop, cause])).digest('hex').slice(0, 12)}`;
}
