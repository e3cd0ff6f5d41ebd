// What is answered under /d/: the viewer page of a desktop and its files, the exchange of a ticket, how the desktop stands, and
// the way to its screen. Asks in this order: was it sent to us, by a page of ours, by somebody who may, to something that is
// there. Acts only through what it is given.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { ScreenState } from '../core/screens.ts';
import type { DesktopId } from '../core/store.ts';
import type { Session } from '../core/tickets.ts';
import { isVncctlError } from '../errors.ts';
import { refuse, refuseUpgrade, send, sendJson, statusOf } from './answers.ts';
import { createAttempts } from './attempts.ts';
import { type HostRules, isOurHost, isOurOrigin } from './checks.ts';
import type { Sessions } from './sessions.ts';
import { readTicketBody } from './ticket-body.ts';
import type { ViewerFiles } from './viewer-files.ts';

export interface GatewayRoutesOptions {
  files: ViewerFiles;
  sessions: Sessions;
  hosts: HostRules;
  /** How that desktop stands; undefined when there is none. */
  find(desktopId: DesktopId): Promise<ScreenState | undefined>;
  /** Makes it count as used now; returns how it stands then, undefined when there is none. */
  keep(desktopId: DesktopId): Promise<ScreenState | undefined>;
  /** Takes a request for a WebSocket over that was found right, with its socket; `head` is what came behind it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, session: Session): void | Promise<void>;
  log: Log;
  clock: Pick<Clock, 'monotonicMs'>;
}

/** Answers what is under /d/. Both return whether the request was theirs. */
export interface GatewayRoutes {
  request(request: IncomingMessage, response: ServerResponse): boolean;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
}

interface Target {
  desktopId: DesktopId;
  /** What stands behind the desktop's id: empty for the page; undefined without the slash. */
  name: string | undefined;
  query: URLSearchParams;
}

/** The routes; nothing is kept between requests but the count of tries. */
export function createGatewayRoutes({ files, sessions, hosts, find, keep, upgrade, log, clock }: GatewayRoutesOptions): GatewayRoutes {
  const attempts = createAttempts(clock);

  const failed = (error: unknown, { desktopId }: Target): number => {
    const status = statusOf(error);
    // Messages of failures may name a client.
    const reason = isVncctlError(error) ? error.code : String(error);
    if (status >= 500) log.write('error', 'could not answer a viewer', { desktop: desktopId, reason });
    return status;
  };

  const exchange = async (request: IncomingMessage, response: ServerResponse, { desktopId }: Target): Promise<void> => {
    const body = await readTicketBody(request);
    if ('status' in body) return refuse(request, response, body.status);
    const address = request.socket.remoteAddress ?? '';
    const waitSeconds = attempts.take(address, desktopId);
    if (waitSeconds !== undefined) return refuse(request, response, 429, { 'retry-after': String(waitSeconds) });
    const session = await sessions.open(desktopId, body.secret);
    if (!session) {
      attempts.miss(address, desktopId);
      return refuse(request, response, 401);
    }
    attempts.forgive(address, desktopId);
    log.write('info', 'a link was opened', { desktop: desktopId, ticket: session.ticketId, mode: session.mode });
    send(request, response, 204, { 'set-cookie': sessions.cookieOf(session) });
  };

  const page = async (request: IncomingMessage, response: ServerResponse, { desktopId }: Target): Promise<void> => {
    // The same for every id, there or not: the ticket is in a part of the address that no server sees.
    const session = await sessions.find(request.headers.cookie, desktopId);
    files.sendPage(request, response, { viewOnly: session?.mode === 'view-only' });
  };

  const tellState = (request: IncomingMessage, response: ServerResponse, session: Session, found: ScreenState | undefined): void => {
    const { status, removeAt = null, canKeep = false, reason, phaseMs } = found ?? { status: 'gone' as const };
    const viewOnly = session.mode === 'view-only';
    sendJson(request, response, status === 'gone' ? 404 : 200, { status, viewOnly, removeAt, canKeep: canKeep && !viewOnly, reason, phaseMs });
  };

  const withSession = async (request: IncomingMessage, response: ServerResponse, { desktopId }: Target, act: (session: Session) => Promise<void>): Promise<void> => {
    const session = await sessions.find(request.headers.cookie, desktopId);
    return session ? act(session) : refuse(request, response, 401);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse, target: Target): Promise<void> => {
    const { desktopId, name, query } = target;
    const method = request.method ?? '';
    const reads = method === 'GET' || method === 'HEAD';
    const allowed = name === 'session' || name === 'keep' ? 'POST' : 'GET, HEAD';
    if (allowed === 'POST' ? method !== 'POST' : !reads) return refuse(request, response, 405, { allow: allowed });
    switch (name) {
      case undefined:
        // What the page loads is beside it, so its own address ends in a slash.
        return send(request, response, 308, { location: `${desktopId}/` });
      case '':
        return page(request, response, target);
      case 'session':
        return exchange(request, response, target);
      case 'state':
        return withSession(request, response, target, async (session) => tellState(request, response, session, await find(desktopId)));
      case 'keep':
        return withSession(request, response, target, async (session) => {
          if (session.mode !== 'full') return refuse(request, response, 403);
          tellState(request, response, session, await keep(desktopId));
        });
      case 'ws':
        return refuse(request, response, 426, { upgrade: 'websocket', connection: 'upgrade, close' });
      default:
        if (!files.sendFile(request, response, name, query.get('v'))) refuse(request, response, 404);
    }
  };

  const join = async (request: IncomingMessage, socket: Duplex, head: Buffer, target: Target): Promise<void> => {
    const session = await sessions.find(request.headers.cookie, target.desktopId);
    if (!session) return refuseUpgrade(socket, 401);
    const found = await find(target.desktopId);
    if (!found || found.status === 'gone') return refuseUpgrade(socket, 404);
    if (socket.destroyed) return;
    try {
      await upgrade(request, socket, head, session);
    } catch (error) {
      // Whatever was said on it by then was no HTTP.
      failed(error, target);
      socket.destroy();
    }
  };

  return {
    request(request, response) {
      if (!isOurs(request)) return false;
      const target = targetOf(request);
      if (!isOurHost(request, hosts) || (request.method === 'POST' && !isOurOrigin(request, hosts))) refuse(request, response, 403);
      else if (!target) refuse(request, response, 404);
      else {
        answer(request, response, target).catch((error: unknown) => {
          // Whoever left while asking gets no answer, and is no failure.
          if (request.destroyed && !request.complete) return;
          const status = failed(error, target);
          if (response.headersSent) response.destroy();
          else refuse(request, response, status);
        });
      }
      return true;
    },

    upgrade(request, socket, head) {
      if (!isOurs(request)) return false;
      const target = targetOf(request);
      // A broken connection is the other side's affair.
      socket.on('error', () => {});
      if (!isOurHost(request, hosts) || !isOurOrigin(request, hosts)) refuseUpgrade(socket, 403);
      else if (target?.name !== 'ws') refuseUpgrade(socket, 404);
      else if (request.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket') refuseUpgrade(socket, 400);
      else join(request, socket, head, target).catch((error: unknown) => refuseUpgrade(socket, failed(error, target)));
      return true;
    },
  };
}

function isOurs({ url = '' }: IncomingMessage): boolean {
  return /^\/d(?:[/?#]|$)/.test(url);
}

// As it was sent: nothing is decoded and no dots are followed, so one spelling leads to one thing.
function targetOf({ url = '' }: IncomingMessage): Target | undefined {
  const [, desktopId, slash, name, query] = /^\/d\/([a-z0-9]{1,64})(?:(\/)([a-z.]*))?(?:\?(.*))?$/.exec(url) ?? [];
  if (desktopId === undefined) return undefined;
  return { desktopId: desktopId as DesktopId, name: slash === undefined ? undefined : (name ?? ''), query: new URLSearchParams(query) };
}
