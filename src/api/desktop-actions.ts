// What is done to one desktop that is there: using, keeping, pausing, waking, restarting.
import { DURATION_FORM, parseDuration } from '../core/duration.ts';
import { openDesktop } from '../core/link.ts';
import { MOMENT_FORM, parseMoment } from '../core/moment.ts';
import { pauseDesktop, restartDesktop, wakeDesktop } from '../core/pause.ts';
import { touchDesktop, touchedFacts } from '../core/touch.ts';
import { upReport } from '../core/up-facts.ts';
import { desktopRow, maskRow } from '../core/desktop-row.ts';
import type { Desktop } from '../core/desktop.ts';
import type { Desktops } from '../core/desktops.ts';
import { VncctlError } from '../errors.ts';
import { upOptions } from './desktops.ts';
import { getNamedClient, spelled } from './named.ts';
import type { ApiParts } from './parts.ts';
import { type ApiRoute, route } from './route.ts';
import { ANSWERS, BODIES, DESKTOP_PARAM } from './schemas.ts';

const tag = 'Desktops';
const params = DESKTOP_PARAM;
const path = (action: string): string => `/api/v1/desktops/{desktop}/${action}`;

export function desktopActionRoutes(parts: ApiParts): ApiRoute[] {
  const rowOf = async (desktops: Desktops, desktop: Desktop) => {
    const row = desktopRow(desktops, desktop, await desktops.store.read(), false);
    return parts.settings().mask ? maskRow(row) : row;
  };
  return [
    route({
      method: 'POST',
      path: path('open'),
      access: 'operate',
      tag,
      summary: 'a link to its screen; it counts as used now',
      params,
      body: BODIES.OpenDesktop.optional(),
      answer: { schema: ANSWERS.Link, about: 'the link, a secret: it opens once, within 15 minutes' },
      async handle({ params: named, body, signal }) {
        const desktops = await parts.desktops();
        const client = await getNamedClient(parts, desktops, named.desktop, { signal });
        const { desktop, url, door } = await openDesktop({ desktops, tickets: () => parts.tickets() }, client, { askedDirect: body?.direct === true, daemonRuns: true });
        return { id: desktop.id, client: spelled(parts, client) ?? null, url, door };
      },
    }),
    route({
      method: 'POST',
      path: path('touch'),
      access: 'operate',
      tag,
      summary: 'keep it: it counts as used now, and its ttl begins anew',
      params,
      body: BODIES.TouchDesktop.optional(),
      answer: { schema: ANSWERS.Touched, about: 'what its clocks count from' },
      async handle({ params: named, body = {}, signal }) {
        const desktops = await parts.desktops();
        const until = readEnd(body, parts.clock.now());
        const facts = touchedFacts(await touchDesktop(desktops, await getNamedClient(parts, desktops, named.desktop, { signal }), until));
        return { ...facts, client: spelled(parts, facts.client ?? undefined) ?? null };
      },
    }),
    route({
      method: 'POST',
      path: path('pause'),
      access: 'operate',
      tag,
      summary: 'freeze it: it costs no processor until somebody opens its link, or wakes it',
      params,
      answer: { schema: ANSWERS.Desktop, about: 'the desktop' },
      async handle({ params: named, signal }) {
        const desktops = await parts.desktops();
        return rowOf(desktops, await pauseDesktop(desktops, await getNamedClient(parts, desktops, named.desktop, { signal }), { signal }));
      },
    }),
    route({
      method: 'POST',
      path: path('wake'),
      access: 'operate',
      tag,
      summary: 'have a paused one run on',
      params,
      answer: { schema: ANSWERS.Desktop, about: 'the desktop' },
      async handle({ params: named, signal }) {
        const desktops = await parts.desktops();
        return rowOf(desktops, await wakeDesktop(desktops, await getNamedClient(parts, desktops, named.desktop, { signal }), { signal }));
      },
    }),
    route({
      method: 'POST',
      path: path('restart'),
      access: 'operate',
      tag,
      summary: 'end it and start it again, as it was made',
      params,
      answer: { schema: ANSWERS.CreatedDesktop, about: 'the desktop, and a new link to it' },
      long: 'restart',
      async handle(call) {
        const desktops = await parts.desktops();
        const client = await getNamedClient(parts, desktops, call.params.desktop, { signal: call.signal });
        const result = await parts.waiting.during(() => restartDesktop(desktops, client, upOptions(parts, call)));
        const facts = await upReport({ desktops, tickets: () => parts.tickets() }, result, { askedDirect: false });
        return { ...facts, phases: [...facts.phases], notes: [...facts.notes] };
      },
    }),
  ];
}

function readEnd({ for: length, until }: { for?: string | undefined; until?: string | undefined }, now: Date): Date | undefined {
  const hint = 'see what is taken: /api/docs';
  if (length !== undefined && until !== undefined) throw new VncctlError('USAGE', 'for and until exclude each other', { hint });
  if (length !== undefined) {
    const lengthMs = parseDuration(length);
    if (!lengthMs) throw new VncctlError('USAGE', `for: "${length}" is not ${DURATION_FORM}`, { hint });
    return new Date(now.getTime() + lengthMs);
  }
  const moment = until === undefined ? undefined : parseMoment(until, now);
  if (until !== undefined && !moment) throw new VncctlError('USAGE', `until: "${until}" is not ${MOMENT_FORM}`, { hint });
  return moment;
}
