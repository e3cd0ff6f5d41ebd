// The part of the composition root that serves screens: the routes under /d/ with their tickets, and the tunnels behind them.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { App } from '../app.ts';
import type { ActivitySource } from '../core/activity.ts';
import type { Clock } from '../core/clock.ts';
import { type DaemonControl, type Viewer, viewerNotFound } from '../core/control.ts';
import { givesScreenAddresses } from '../core/dialects.ts';
import type { InstanceJournal } from '../core/journal.ts';
import type { Log, LogFacts } from '../core/log.ts';
import { publicAddressOf } from '../core/public-address.ts';
import { sharedLook } from '../core/shared-look.ts';
import { findScreen, keepScreen, openScreen, type ScreenState } from '../core/screens.ts';
import { type Geometry, MAX_SIZE_DEFAULT } from '../core/size.ts';
import type { DesktopId } from '../core/store.ts';
import { revokeTicket, type Session, type TicketMode } from '../core/tickets.ts';
import { viewOnlyRefused } from '../core/view-only.ts';
import { trustProxies } from '../gateway/arrival.ts';
import type { HostRules } from '../gateway/checks.ts';
import { CLOSE_CODES } from '../gateway/close-codes.ts';
import { filterFor } from '../gateway/message-filter.ts';
import { createOpenings, type TellStep } from '../gateway/openings.ts';
import { createOwnViewers } from '../gateway/own-viewers.ts';
import { type LinkOptions, openRfbLink, type RfbLink } from '../gateway/rfb-link.ts';
import { createGatewayRoutes, type GatewayRoutes } from '../gateway/routes.ts';
import { createSessionHalves } from '../gateway/session-halves.ts';
import { createSessions } from '../gateway/sessions.ts';
import { createTunnels, type TunnelLimits } from '../gateway/tunnels.ts';
import { loadViewerFiles } from '../gateway/viewer-files.ts';
import { openWebSocketLink } from '../gateway/websocket-link.ts';
import { createWebsockify } from '../gateway/websockify.ts';
import { RfbFailure } from '../rfb/failure.ts';
import { authenticate } from '../rfb/handshake.ts';
import { serveHandshake } from '../rfb/server-handshake.ts';
import type { Settings } from '../settings.ts';
import { getInstanceKey } from '../store/instance-key.ts';
import { instanceKeyFileOf } from '../store/paths.ts';

export interface GatewayInput {
  /** As it is now: settings may be read anew. */
  app: () => App;
  journal: InstanceJournal;
  clock: Clock;
  log: Log;
}

export interface Traffic {
  toViewerBytes: number;
  fromViewerBytes: number;
}

export interface Gateway {
  routes: GatewayRoutes;
  /** Who its viewers are, and to end one. */
  control: DaemonControl;
  /** What its own viewers do, put together with what another source tells. */
  activityWith(source: ActivitySource): ActivitySource;
  /** RFB bytes of all viewers, since the daemon started. */
  traffic(): Traffic;
  /** Tells all viewers to go away, and waits until they have: no longer than the setting `drain`. */
  stop(): Promise<void>;
}

// A ticket that ran out or was taken back ends its viewers this soon.
const CHECK_SESSIONS_MS = 5_000;
const DIAL_AGAIN_MS = 50;

/** A gateway that serves nobody yet. */
export async function openGateway({ app, journal, clock, log }: GatewayInput): Promise<Gateway> {
  const { paths, root, settings } = app();
  const instanceKey = await getInstanceKey(instanceKeyFileOf(paths, settings.instance));
  const tickets = await app().tickets();
  const sessions = createSessions({ tickets, halves: createSessionHalves({ instanceKey }), clock });
  /** What each viewer is called, and was let in by: by the number of its tunnel. */
  const viewers = new Map<number, { id: string; session: Session }>();
  /** Of those who are gone. */
  const ended: Traffic = { toViewerBytes: 0, fromViewerBytes: 0 };
  const tunnels = createTunnels({
    clock,
    limits: limitsOf(settings),
    onEnd({ id, toViewerBytes, fromViewerBytes }, failure) {
      ended.toViewerBytes += toViewerBytes;
      ended.fromViewerBytes += fromViewerBytes;
      const viewer = viewers.get(id);
      viewers.delete(id);
      // Absent: it was kicked, which was told.
      if (viewer) log.write('info', 'a viewer left', { ...factsOf(viewer), reason: failure instanceof Error ? failure.message : undefined });
    },
  });
  const rulesFor = rulesOnce();
  const own = createOwnViewers(() => tunnels.list());
  const openings = createOpenings(clock);

  const dial = async ({ desktopId: id, mode }: Session, signal: AbortSignal, onStep: TellStep, onMaxSize: (maxSize: Geometry) => void): Promise<RfbLink> => {
    const target = await openScreen(await app().desktops(), id, mode, signal, onStep);
    onMaxSize(target.maxSize);
    const options: LinkOptions = {
      clock,
      signal,
      async authenticate(stream) {
        await authenticate(stream, { secret: target.secret, mustProve: mode === 'view-only' });
        // Shared, whatever the viewer says: some would throw the others out.
        stream.write(Buffer.of(1));
      },
    };
    for (;;) {
      try {
        return await (target.kind === 'tcp' ? openRfbLink(target, options) : openWebSocketLink(target.url, options));
      } catch (error) {
        // One that was just started is not listening yet.
        if (signal.aborted || !(error instanceof RfbFailure)) throw error;
        // Never by the other password, whose holder gets all that is copied.
        if (mode === 'view-only' && error.kind === 'wrong-secret') throw viewOnlyRefused(`its VNC server refuses the view-only password (${error.message})`, error);
        if (error.kind !== 'ended') throw error;
        await clock.sleep(DIAL_AGAIN_MS, signal);
      }
    }
  };

  const hosts = (): HostRules => rulesFor(app().settings);
  const findShared = sharedLook(async (id) => findScreen(await app().desktops(), journal, id as DesktopId));
  const find = async (id: DesktopId, mode: TicketMode): Promise<ScreenState | undefined> => {
    const found = await findShared(id);
    return found && openings.addedTo(id, mode, found);
  };
  const letIn = (request: IncomingMessage, socket: Duplex, head: Buffer, session: Session, address: string): void => {
    // Nothing goes to a desktop before it is dialled, and by then its own bound is known.
    let maxSize = MAX_SIZE_DEFAULT;
    const learn = (known: Geometry): void => void (maxSize = known);
    const number = tunnels.accept(request, socket, head, {
      desktop: session.desktopId,
      viewOnly: session.mode === 'view-only',
      address,
      ticket: session.ticketId,
      dial: (signal) => openings.during(session.desktopId, session.mode, (tell) => dial(session, signal, tell, learn)),
      greet: serveHandshake,
      filter: filterFor(session.mode, () => maxSize),
      onInput: (at) => own.sawInput(session.desktopId, at),
    });
    if (number === undefined) return;
    const viewer = { id: randomBytes(4).toString('hex'), session };
    viewers.set(number, viewer);
    log.write('info', 'a viewer came', factsOf(viewer));
  };
  const pages = createGatewayRoutes({
    files: await loadViewerFiles(join(root, 'dist/viewer')),
    sessions,
    hosts,
    find,
    keep: async (id) => keepScreen(await app().desktops(), journal, id),
    upgrade: letIn,
    log,
    clock,
  });
  const websockify = givesScreenAddresses(settings.dialects) ? createWebsockify({ sessions, hosts, origins: () => app().settings.corsOrigins, find, upgrade: letIn, clock }) : () => false;
  const routes: GatewayRoutes = { request: pages.request, upgrade: (request, socket, head) => pages.upgrade(request, socket, head) || websockify(request, socket, head) };

  const check = setInterval(() => void closeDead(), CHECK_SESSIONS_MS);
  // A daemon that can't start after all is not kept by it.
  check.unref();
  const closeDead = async (): Promise<void> => {
    for (const [number, { session }] of viewers) {
      // A file that can't be read for a moment throws nobody out.
      const live = await sessions.isLive(session).catch(() => true);
      if (!live) tunnels.close(number, CLOSE_CODES.policy, 'this link is over');
    }
  };

  const list = (): { number: number; viewer: Viewer }[] =>
    tunnels.list().flatMap(({ id: number, address, since, lastInputAt }) => {
      const known = viewers.get(number);
      if (!known) return [];
      const { desktopId: desktop, mode, ticketId: ticket } = known.session;
      return [{ number, viewer: { id: known.id, desktop, mode, address, since: since.toISOString(), lastInputAt: lastInputAt?.toISOString() ?? null, ticket } }];
    });

  const control: DaemonControl = {
    viewers: async ({ desktop } = {}) => list().flatMap(({ viewer }) => (desktop === undefined || viewer.desktop === desktop ? [viewer] : [])),
    async endViewer(id, { revoke = false } = {}) {
      const found = list().find(({ viewer }) => viewer.id === id);
      if (!found) throw viewerNotFound(id);
      const { number, viewer } = found;
      // First: a page that is quick must not find it open.
      if (revoke) await tickets.update((present) => ({ ...revokeTicket(present, viewer.ticket, clock.now()), result: undefined }));
      const { desktop, mode } = viewer;
      log.write('info', 'a viewer was kicked', { desktop, viewer: id, mode, ticket: revoke ? viewer.ticket : undefined });
      // Not listed from here on, however long it takes to answer.
      viewers.delete(number);
      tunnels.close(number, CLOSE_CODES.kicked, 'ended by the operator');
      // Whoever else came by it.
      if (revoke) await closeDead();
      return viewer;
    },
  };

  return {
    routes,
    control,
    traffic: () =>
      tunnels.list().reduce((sum, { toViewerBytes, fromViewerBytes }) => ({ toViewerBytes: sum.toViewerBytes + toViewerBytes, fromViewerBytes: sum.fromViewerBytes + fromViewerBytes }), ended),
    activityWith: (source) => own.addedTo(source),
    async stop() {
      clearInterval(check);
      await tunnels.stop();
    },
  };
}

function limitsOf({ connectTimeout, pingInterval, viewerTimeout, maxViewers, drain }: Settings): TunnelLimits {
  return { connectTimeoutMs: connectTimeout, pingEveryMs: pingInterval, idleTimeoutMs: viewerTimeout, maxSessions: maxViewers, drainMs: drain };
}

/** Makes the rules of the settings that are asked about; again only for others. */
export function rulesOnce(): (settings: Settings) => HostRules {
  let made: { from: Settings; rules: HostRules } | undefined;
  return (settings) => {
    if (made?.from !== settings) {
      const { host, publicUrl, trustedProxies } = settings;
      const publicAddress = publicUrl && publicAddressOf(publicUrl, host);
      made = { from: settings, rules: { names: [host.toLowerCase()], publicAddress, proxies: trustProxies(trustedProxies) } };
    }
    return made.rules;
  };
}

function factsOf({ id, session }: { id: string; session: Session }): LogFacts {
  return { desktop: session.desktopId, viewer: id, mode: session.mode, ticket: session.ticketId };
}
