// The part of the composition root that serves the dashboard: its page and sign-in at the daemon's door, what it adds to the API,
// and the pictures of screens.
import { join } from 'node:path';
import type { ExtensionMaker } from '../api/server.ts';
import type { App } from '../app.ts';
import type { ActivitySource } from '../core/activity.ts';
import type { Desktops } from '../core/desktops.ts';
import type { Log } from '../core/log.ts';
import { findRunningScreen } from '../core/screens.ts';
import { DASHBOARD, revokeTicket } from '../core/tickets.ts';
import type { DoorRoutes } from '../daemon/door.ts';
import { type DashboardFiles, loadDashboardFiles } from '../gateway/dashboard-files.ts';
import { createDashboardRoutes, DASHBOARD_COOKIE } from '../gateway/dashboard-routes.ts';
import { createPictures } from '../gateway/pictures.ts';
import { createSessionHalves } from '../gateway/session-halves.ts';
import { createSessions, type Sessions } from '../gateway/sessions.ts';
import { createPictureThread } from '../rfb/picture-thread.ts';
import { getInstanceKey } from '../store/instance-key.ts';
import { instanceKeyFileOf } from '../store/paths.ts';
import { rulesOnce } from './gateway.ts';

export interface DashboardInput {
  /** As it is now: settings may be read anew. */
  app: () => App;
  desktops: () => Promise<Desktops>;
  log: Log;
}

export interface Dashboard {
  /** At the TCP door. */
  routes: DoorRoutes;
  /** Loaded with the API. */
  extension(): Promise<ExtensionMaker>;
  /** A source of activity that the taking of pictures is not seen by. */
  apartFrom(source: ActivitySource): ActivitySource;
  /** Ends the taking of pictures. */
  stop(): Promise<void>;
}

/** A dashboard that nobody has opened yet: its files are read with the first request for them. */
export function openDashboard({ app, desktops, log }: DashboardInput): Dashboard {
  const { clock, paths, root, settings } = app();
  const rulesFor = rulesOnce();
  const thread = createPictureThread({ program: join(root, 'dist/picture-worker.js') });
  const pictures = createPictures({
    clock,
    async take(id, width, signal) {
      const target = await findRunningScreen(await desktops(), id, { signal });
      return target && thread.take(target, width, signal);
    },
  });
  let opened: Promise<Sessions> | undefined;
  const sessions = (): Promise<Sessions> =>
    (opened ??= (async () => {
      const [instanceKey, tickets] = await Promise.all([getInstanceKey(instanceKeyFileOf(paths, settings.instance)), app().tickets()]);
      return createSessions({ tickets, halves: createSessionHalves({ instanceKey, name: DASHBOARD_COOKIE }), clock });
    })().catch((error: unknown) => {
      opened = undefined;
      throw error;
    }));
  let loaded: Promise<DashboardFiles> | undefined;
  const routes = createDashboardRoutes({
    files: () => (loaded ??= loadDashboardFiles(join(root, 'dist/dashboard'))),
    sessions,
    async signOut({ ticketId }) {
      await (await app().tickets()).update((present) => ({ ...revokeTicket(present, ticketId, clock.now()), result: undefined }));
    },
    hosts: () => rulesFor(app().settings),
    log,
    clock,
  });
  return {
    routes: { request: routes.request, upgrade: () => false },
    async extension() {
      const { dashboardExtension } = await import('../api/dashboard.ts');
      return (parts) =>
        dashboardExtension(parts, {
          signedIn: async (headers) => (headers.cookie?.includes(DASHBOARD_COOKIE) ? (await sessions()).find(headers, DASHBOARD) : undefined),
          isLive: async (session) => (await sessions()).isLive(session),
          picture: (id, width) => pictures.get(id, width),
        });
    },
    apartFrom: (source) => pictures.apartFrom(source),
    stop: () => thread.stop(),
  };
}
