// Who looks at the desktops through the gateway, and ending that.
import { z } from 'zod';
import { type Viewer, viewerNotFound, viewerRow } from '../core/control.ts';
import type { DesktopId } from '../core/store.ts';
import { getNamed, spelled } from './named.ts';
import { pageOf } from './page.ts';
import type { ApiParts } from './parts.ts';
import { type ApiRoute, route } from './route.ts';
import { ANSWERS, DESKTOP_PARAM, ID_PARAM, PAGE } from './schemas.ts';

const tag = 'Viewers';
const REVOKE = z.strictObject({ revoke: z.enum(['true', 'false']).optional().describe('take the link back by which they came, too') });

export function viewerRoutes(parts: ApiParts): ApiRoute[] {
  const { control } = parts;
  const rowsOf = async (viewers: readonly Viewer[]) => {
    const { allocations } = await (await parts.desktops()).store.read();
    return viewers.map((viewer) => viewerRow(viewer, spelled(parts, allocations[viewer.desktop]?.client)));
  };
  const list = async (desktop: string | undefined, query: { limit: number; cursor?: string | undefined }) => {
    const viewers = await control.viewers(desktop === undefined ? {} : { desktop: desktop as DesktopId });
    // In the order of their coming; of those who came at once, by name.
    const { page, next } = pageOf([...viewers].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)), keyOf, query);
    return { viewers: await rowsOf(page), next };
  };
  const end = async (id: string, revoke: string | undefined) => {
    const [row] = await rowsOf([await control.endViewer(id, { revoke: revoke === 'true' })]);
    if (!row) throw viewerNotFound(id);
    return row;
  };
  return [
    route({
      method: 'GET',
      path: '/api/v1/viewers',
      access: 'read',
      tag,
      summary: 'who looks at the desktops through the daemon',
      query: z.strictObject({ ...PAGE, desktop: z.string().max(200).optional().describe('the id of one desktop') }),
      answer: { schema: ANSWERS.ViewerList, about: 'a page of them, in the order of their coming' },
      handle: ({ query }) => list(query.desktop, query),
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/viewers/{id}',
      access: 'operate',
      tag,
      summary: 'end the view of one',
      params: ID_PARAM,
      query: REVOKE,
      answer: { schema: ANSWERS.Viewer, about: 'who it was' },
      handle: ({ params, query }) => end(params.id, query.revoke),
    }),
    route({
      method: 'GET',
      path: '/api/v1/desktops/{desktop}/viewers',
      access: 'read',
      tag,
      summary: 'who looks at this desktop through the daemon',
      params: DESKTOP_PARAM,
      query: z.strictObject(PAGE),
      answer: { schema: ANSWERS.ViewerList, about: 'a page of them, in the order of their coming' },
      async handle({ params, query, signal }) {
        return list((await getNamed(parts, await parts.desktops(), params.desktop, { signal })).id, query);
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/desktops/{desktop}/viewers/{id}',
      access: 'operate',
      tag,
      summary: 'end the view of one who looks at this desktop',
      params: DESKTOP_PARAM.extend(ID_PARAM.shape),
      query: REVOKE,
      answer: { schema: ANSWERS.Viewer, about: 'who it was' },
      async handle({ params, query, signal }) {
        const { id: desktop } = await getNamed(parts, await parts.desktops(), params.desktop, { signal });
        // A slip in an id hits nobody else's desktop.
        if (!(await control.viewers({ desktop })).some(({ id }) => id === params.id)) throw viewerNotFound(params.id);
        return end(params.id, query.revoke);
      },
    }),
  ];
}

const keyOf = ({ since, id }: Viewer): string => `${since} ${id}`;
