// What the dashboard asks of the API beside what everybody does: who it is, what each desktop uses, a picture of each screen; and
// who asks where no token tells it: a browser that has signed in.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Viewer } from '../core/control.ts';
import { explain } from '../core/explain.ts';
import { isDesktopId } from '../core/identity.ts';
import { listWithState } from '../core/list.ts';
import type { DesktopId } from '../core/store.ts';
import type { Session } from '../core/tickets.ts';
import { createUsageReadings } from '../core/usage.ts';
import { getNamed } from './named.ts';
import type { ApiParts } from './parts.ts';
import { type ApiExtension, RawAnswer, route } from './route.ts';
import { ANSWERS, DESKTOP_PARAM } from './schemas.ts';

export interface DashboardParts {
  /** The sign-in that a request shows: its cookie, and what only a page of ours knows. Undefined when none counts. */
  signedIn(headers: IncomingHttpHeaders): Promise<Session | undefined>;
  isLive(session: Session): Promise<boolean>;
  /** The newest picture of a screen; undefined where none was ever taken. DESKTOP_NOT_FOUND. */
  picture(id: DesktopId, width: number): Promise<{ png: Buffer; takenAt: Date } | undefined>;
}

const WIDTH = z.strictObject({ width: z.coerce.number().int().min(64).max(1920).default(480) });

/** What is added to the API. */
export function dashboardExtension(parts: ApiParts, { signedIn, isLive, picture }: DashboardParts): ApiExtension {
  const usage = createUsageReadings({ clock: parts.clock });
  return {
    async authenticate(request) {
      const session = await signedIn(request.headers);
      if (!session) return undefined;
      return { id: `dashboard ${session.ticketId}`, scope: session.mode === 'full' ? 'operate' : 'read', isLive: () => isLive(session) };
    },
    routes: [
      route({
        method: 'GET',
        path: '/api/v1/me',
        access: 'read',
        tag: 'Installation',
        summary: 'what whoever asks may do',
        answer: { schema: ANSWERS.Me, about: 'the scope' },
        async handle({ principal }) {
          return { scope: principal?.scope ?? 'read' };
        },
      }),
      route({
        method: 'GET',
        path: '/api/v1/usage',
        access: 'read',
        tag: 'Desktops',
        summary: 'who looks at each desktop, when somebody last did something in it, and what it uses of the machine',
        about: 'What it uses is read at most every few seconds, and only when somebody asks.',
        answer: { schema: ANSWERS.Usage, about: 'all of them' },
        async handle({ signal }) {
          const desktops = await parts.desktops();
          const { desktops: all, state } = await listWithState(desktops, { signal });
          const [used, viewers] = await Promise.all([usage.read(all, desktops.engine.containers, { signal }), parts.control.viewers()]);
          const own = byDesktop(viewers);
          return {
            at: parts.clock.now().toISOString(),
            desktops: all.map((desktop) => {
              const { facts } = explain(desktops, desktop, state);
              const here = own.get(desktop.id) ?? [];
              const { cpus = null, memoryBytes = null, memoryLimitBytes = null } = used.get(desktop.id) ?? {};
              return {
                id: desktop.id,
                // Through the gateway only, its own count is exact; whoever comes another way is known from the last look.
                viewers: desktop.hostPort === undefined ? here.length : facts.viewers.known ? Math.max(facts.viewers.count, here.length) : null,
                lastInputAt: latest([facts.input.known ? facts.input.at : undefined, ...here.map(({ lastInputAt }) => lastInputAt ?? undefined)]),
                cpus,
                memoryBytes,
                memoryLimitBytes,
              };
            }),
          };
        },
      }),
      route({
        method: 'GET',
        path: '/api/v1/desktops/{desktop}/screen.png',
        access: 'read',
        tag: 'Desktops',
        summary: 'a picture of its screen',
        about: 'Taken at most every five seconds, and only when somebody asks. It wakes nothing: of a desktop that does not run it is the last one that was taken. It counts as nobody looking.',
        params: DESKTOP_PARAM,
        query: WIDTH,
        answer: { type: 'image/png', about: 'the picture; when it was taken stands in `x-vncctl-taken-at`. 204 where none was taken so far' },
        async handle({ params: { desktop }, query, headers, signal }) {
          // By its id nobody has to be looked up: most are asked for again and again.
          const id = isDesktopId(desktop) ? desktop : (await getNamed(parts, await parts.desktops(), desktop, { signal })).id;
          const found = await picture(id, query.width);
          if (!found) return new RawAnswer({ status: 204, headers: { 'cache-control': 'no-store' } });
          const { png, takenAt } = found;
          const etag = `"${createHash('sha256').update(png).digest('base64url').slice(0, 27)}"`;
          const told = { etag, 'cache-control': 'private, no-cache', 'x-vncctl-taken-at': takenAt.toISOString(), 'cross-origin-resource-policy': 'same-origin' };
          if (headers['if-none-match'] === etag) return new RawAnswer({ status: 304, headers: told });
          return new RawAnswer({ headers: { ...told, 'content-type': 'image/png' }, body: png });
        },
      }),
    ],
  };
}

function byDesktop(viewers: readonly Viewer[]): Map<string, Viewer[]> {
  const found = new Map<string, Viewer[]>();
  for (const viewer of viewers) found.set(viewer.desktop, [...(found.get(viewer.desktop) ?? []), viewer]);
  return found;
}

/** Times of one form sort as text. */
function latest(times: readonly (string | undefined)[]): string | null {
  return times.reduce<string | null>((last, time) => (time !== undefined && (last === null || time > last) ? time : last), null);
}
