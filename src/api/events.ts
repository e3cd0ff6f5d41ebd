// What happened and what happens: the journal as a list, and as a stream to whoever asks for one.
import { z } from 'zod';
import { DURATION_FORM, parseDuration } from '../core/duration.ts';
import { type ClientNames, eventRow } from '../core/event-clients.ts';
import type { JournalFilter, LifeEvent } from '../core/journal.ts';
import type { DesktopId } from '../core/store.ts';
import { VncctlError } from '../errors.ts';
import type { EventStream } from './event-stream.ts';
import { readClient } from './named.ts';
import type { Operations } from './operations.ts';
import { decodeCursor, encodeCursor } from './page.ts';
import type { ApiParts } from './parts.ts';
import { type ApiRoute, RawAnswer, route } from './route.ts';
import { ANSWERS, ID_PARAM, PAGE } from './schemas.ts';

const tag = 'Events';
const EVENTS = z.strictObject({
  ...PAGE,
  since: z.string().max(40).optional().describe('a length of time like 2h, or RFC 3339'),
  desktop: z.string().max(200).optional().describe('the id of one desktop, also of one that is gone'),
  client: z.string().max(200).optional().describe('in any spelling; of the list only'),
});

export interface EventParts extends ApiParts {
  stream: EventStream;
  operations: Operations;
  names: ClientNames;
}

export function eventRoutes(parts: EventParts): ApiRoute[] {
  const { journal, stream, operations, names } = parts;
  return [
    route({
      method: 'GET',
      path: '/api/v1/events',
      access: 'read',
      tag,
      summary: 'what happened in the last seven days; with `Accept: text/event-stream`, what happens from now on',
      about: 'The stream tells life events by their names (created, ready, warned, paused, …), `operation` for each step of long work, and `changed` once a request has changed something. It goes on behind `Last-Event-ID`.',
      query: EVENTS,
      answer: { schema: ANSWERS.EventList, about: 'a page of them, oldest first; or the stream' },
      stream: true,
      async handle({ query, headers, principal }) {
        if (/\btext\/event-stream\b/i.test(headers.accept ?? '')) {
          const last = headers['last-event-id'];
          const body = await stream.follow({ principal, lastEventId: typeof last === 'string' ? last : undefined, desktop: query.desktop });
          return new RawAnswer({ headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }, body });
        }
        const events = await journal.read(filterOf(parts, query));
        const { page, next } = pageOfEvents(events, query);
        if (page.length > 0) await names.look();
        return { events: page.map((event) => eventRow(event, names, parts.settings().mask)), next };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/operations/{id}',
      access: 'operate',
      tag,
      summary: 'how long work stands that was answered with 202',
      params: ID_PARAM,
      answer: { schema: ANSWERS.Operation, about: 'the operation; to whoever began it, and to an admin' },
      handle: async ({ params, principal }) => operations.get(params.id, principal),
    }),
  ];
}

/** Those behind the cursor, as many as the limit. A key is the time and, since several may be of one millisecond, a count. Only keys of the page itself are spelled: there may be many thousands before it. */
function pageOfEvents(events: readonly LifeEvent[], { limit, cursor }: { limit: number; cursor?: string | undefined }): { page: LifeEvent[]; next: string | null } {
  const [, afterAt = '', afterCount = '-1'] = cursor === undefined ? [] : (/^(.*?)(?: (\d{1,9}))?$/s.exec(decodeCursor(cursor)) ?? []);
  const page: LifeEvent[] = [];
  let lastKey = '';
  let at = '';
  let count = 0;
  for (const event of events) {
    // Written by several processes, they may be out of order by a little.
    const before = at;
    if (event.at > at) ({ at } = event);
    count = at === before ? count + 1 : 0;
    if (at < afterAt || (at === afterAt && count <= Number(afterCount))) continue;
    if (page.length === limit) return { page, next: encodeCursor(lastKey) };
    page.push(event);
    lastKey = `${at} ${String(count).padStart(9, '0')}`;
  }
  return { page, next: null };
}

function filterOf(parts: ApiParts, { since, desktop, client }: z.output<typeof EVENTS>): JournalFilter {
  return {
    ...(since === undefined ? {} : { since: readSince(since, parts.clock.now()) }),
    ...(desktop === undefined ? {} : { desktop: desktop as DesktopId }),
    ...(client === undefined ? {} : { client: parts.journal.hashOf(readClient(parts, client).id) }),
  };
}

function readSince(text: string, now: Date): string {
  const length = parseDuration(text);
  if (length !== undefined) return new Date(now.getTime() - length).toISOString();
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return new Date(text).toISOString();
  throw new VncctlError('USAGE', `since: "${text}" is neither ${DURATION_FORM} nor an RFC 3339 time`, { hint: 'like this: since=2h' });
}
