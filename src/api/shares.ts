// Links that are given away, and taken back.
import { z } from 'zod';
import { DURATION_FORM, milliseconds, parseDuration } from '../core/duration.ts';
import { daemonNotRunning } from '../core/link.ts';
import { revokeShare, shareDesktop, shareRow, ticketUrl } from '../core/share.ts';
import { liveShares } from '../core/tickets.ts';
import { VncctlError } from '../errors.ts';
import { getNamedClient, spelled } from './named.ts';
import { pageOf } from './page.ts';
import type { ApiParts } from './parts.ts';
import { type ApiRoute, route } from './route.ts';
import { ANSWERS, BODIES, ID_PARAM, PAGE } from './schemas.ts';

const tag = 'Shares';
const DEFAULT_LENGTH = milliseconds(15 * 60_000);

export function shareRoutes(parts: ApiParts): ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/shares',
      access: 'read',
      tag,
      summary: 'the links that were given and still count',
      query: z.strictObject(PAGE),
      answer: { schema: ANSWERS.ShareList, about: 'a page of them, oldest first; the links themselves are kept nowhere' },
      async handle({ query }) {
        const [tickets, { allocations }] = await Promise.all([(await parts.tickets()).read(), (await parts.desktops()).store.read()]);
        const { page, next } = pageOf(liveShares(tickets, parts.clock.now()), ({ createdAt, id }) => `${createdAt} ${id}`, query);
        return { shares: page.map((ticket) => shareRow(ticket, spelled(parts, allocations[ticket.desktopId]?.client))), next };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/shares',
      access: 'operate',
      tag,
      summary: 'a link to a desktop for somebody else, that ends by itself',
      body: BODIES.CreateShare,
      answer: { status: 201, schema: ANSWERS.NewShare, about: 'the link' },
      async handle({ body, signal }) {
        const lifeMs = body.for === undefined ? DEFAULT_LENGTH : parseDuration(body.for);
        if (!lifeMs) throw new VncctlError('USAGE', `for: "${body.for}" is not ${DURATION_FORM}`, { hint: 'see what is taken: /api/docs' });
        const desktops = await parts.desktops();
        if (desktops.gateway === undefined) throw daemonNotRunning(true);
        const client = await getNamedClient(parts, desktops, body.desktop, { signal });
        const { uses } = body;
        const { desktop, ticket, secret } = await shareDesktop(desktops, await parts.tickets(), client, { mode: body.mode ?? 'full', lifeMs, ...(uses === undefined ? {} : { uses }) });
        return { ...shareRow(ticket, spelled(parts, desktop.client)), url: ticketUrl(desktops.gateway, desktop.id, secret) };
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/shares/{id}',
      access: 'operate',
      tag,
      summary: 'take a link back; whoever looks through it sees nothing any more',
      params: ID_PARAM,
      answer: { schema: ANSWERS.RevokedShare, about: 'what was taken back' },
      async handle({ params }) {
        const { id, desktopId, revokedAt } = await revokeShare(await parts.tickets(), params.id, parts.clock.now());
        return { id, desktop: desktopId, revokedAt: revokedAt ?? null };
      },
    }),
  ];
}
