// The dashboard behind a real door: its routes and the real API on the fake engine, screens that show what a test says.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { dashboardExtension } from '../../src/api/dashboard.ts';
import { giveSignIn } from '../../src/core/sign-in.ts';
import type { DesktopId } from '../../src/core/store.ts';
import { DASHBOARD, revokeTicket, type TicketMode } from '../../src/core/tickets.ts';
import { createDoor } from '../../src/daemon/door.ts';
import { loadDashboardFiles } from '../../src/gateway/dashboard-files.ts';
import { createDashboardRoutes, DASHBOARD_COOKIE } from '../../src/gateway/dashboard-routes.ts';
import { createSessionHalves, SESSION_HEADER } from '../../src/gateway/session-halves.ts';
import { createSessions } from '../../src/gateway/sessions.ts';
import { type Picture, createPicture } from '../../src/rfb/picture.ts';
import { encodePng } from '../../src/rfb/png.ts';
import { createFakeClock } from './fake-clock.ts';
import { createFakeTickets, type FakeTickets } from './fake-tickets.ts';
import { type FrontSettings, frontRules } from './front-rules.ts';
import { createTestApi, type TestApi } from './test-api.ts';
import type { OpenedHeaders } from './test-gateway.ts';

export interface DashboardStand {
  /** `http://127.0.0.1:<port>`. */
  origin: string;
  api: TestApi;
  tickets: FakeTickets;
  /** What the screen of each desktop shows; black where nothing is said, none where it says so. */
  screens: Map<DesktopId, Picture | 'none'>;
  /** The link that signs a browser in. */
  link(mode?: TicketMode): Promise<string>;
  /** The two headers of a page that opened a link. */
  signIn(mode?: TicketMode): Promise<OpenedHeaders>;
}

const BUILT = fileURLToPath(new URL('../../dist/dashboard', import.meta.url));

/** To be called inside a test. Time is now, and stands still. */
export async function createDashboardStand({ folder = BUILT, publicUrl, trustedProxies = [], ...options }: Parameters<typeof createTestApi>[0] & Pick<FrontSettings, 'publicUrl' | 'trustedProxies'> & { folder?: string } = {}): Promise<DashboardStand> {
  const tickets = createFakeTickets();
  const screens: DashboardStand['screens'] = new Map();
  const clock = options.clock ?? createFakeClock({ startAt: new Date().toISOString() });
  const sessions = createSessions({ tickets, halves: createSessionHalves({ instanceKey: randomBytes(32), name: DASHBOARD_COOKIE }), clock });
  const api = await createTestApi({
    ...options,
    clock,
    extensions: [
      (parts) =>
        dashboardExtension(parts, {
          signedIn: (headers) => sessions.find(headers, DASHBOARD),
          isLive: (session) => sessions.isLive(session),
          async picture(id) {
            const screen = screens.get(id) ?? createPicture(320, 180);
            return screen === 'none' ? undefined : { png: await encodePng(screen), takenAt: clock.now() };
          },
        }),
    ],
  });
  const routes = createDashboardRoutes({
    files: () => loadDashboardFiles(folder),
    sessions: async () => sessions,
    signOut: ({ ticketId }) => tickets.update((present) => ({ ...revokeTicket(present, ticketId, clock.now()), result: undefined })),
    hosts: () => frontRules({ publicUrl, trustedProxies }),
    log: api.log,
    clock,
  });
  const door = createDoor({
    readiness: () => ({ ready: true, counts: {} }),
    routes: [
      { request: routes.request, upgrade: () => false },
      {
        request(request, response) {
          api.server.handle(request, response, 'tcp');
          return true;
        },
        upgrade: () => false,
      },
    ],
  });
  onTestFinished(() => door.stop());
  const origin = `http://${await door.listen({ host: '127.0.0.1', port: 0 })}`;
  const link: DashboardStand['link'] = async (mode = 'full') => (await giveSignIn(tickets, `${origin}/`, mode, clock.now())).url;
  return {
    origin,
    api,
    tickets,
    screens,
    link,
    async signIn(mode) {
      const ticket = (await link(mode)).split('#ticket=')[1];
      const { headers } = await fetch(`${origin}/dashboard/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ticket }) });
      return { cookie: headers.get('set-cookie')?.split(';')[0] ?? '', [SESSION_HEADER]: headers.get(SESSION_HEADER) ?? '' };
    },
  };
}
