// What is answered under a desktop's address (/d/<id>/, or what stands for it in public): the viewer page and its files, the
// exchange of a ticket, how the desktop stands, and the way to its screen. Asks in this order: was it sent to us, by a page of
// ours, by somebody who may, to something that is there. Acts only through what it is given.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { findDestination } from '../core/public-address.ts';
import type { ScreenState } from '../core/screens.ts';
import type { DesktopId } from '../core/store.ts';
import type { Session, TicketMode } from '../core/tickets.ts';
import { isVncctlError } from '../errors.ts';
import { refuse, refuseUpgrade, send, sendJson, statusOf } from './answers.ts';
import { type Arrival, arrivalOf } from './arrival.ts';
import { createAttempts } from './attempts.ts';
import { type HostRules, isOurHost, isOurOrigin } from './checks.ts';
import type { CookieScope } from './session-halves.ts';
import type { Sessions } from './sessions.ts';
import { readTicketBody } from './ticket-body.ts';
import type { ViewerFiles } from './viewer-files.ts';
import { createJoins, createLooks } from './visits.ts';

export interface GatewayRoutesOptions {
  files: ViewerFiles;
  sessions: Sessions;
  /** As they are now: settings may be read anew. */
  hosts: () => HostRules;
  /** How that desktop stands for somebody let in by this mode; undefined when there is none. */
  find(desktopId: DesktopId, mode: TicketMode): Promise<ScreenState | undefined>;
  /** Makes it count as used now; returns how it stands then, undefined when there is none. */
  keep(desktopId: DesktopId): Promise<ScreenState | undefined>;
  /** Takes a request for a WebSocket over that was found right, with its socket; `head` is what came behind it, `address` that of the client. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, session: Session, address: string): void | Promise<void>;
  log: Log;
  clock: Pick<Clock, 'monotonicMs'>;
}

/** Answers what is sent to a desktop's address. Both return whether the request was theirs. */
export interface GatewayRoutes {
  request(request: IncomingMessage, response: ServerResponse): boolean;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
}

interface Target {
  desktopId: DesktopId;
  /** What stands behind the desktop's address: empty for the page; undefined without the slash. */
  name: string | undefined;
  query: URLSearchParams;
  arrival: Arrival;
  /** The path of the desktop's address, ending in a slash. */
  home: string;
  /** What its cookie counts for. */
  scope: CookieScope;
}

/** A request that is ours to answer: why it is refused, or where it leads. */
type Asked = { refused: 403 | 404 } | { target: Target };

/** The routes; nothing is kept between requests but the counts of tries and looks. */
export function createGatewayRoutes({ files, sessions, hosts, find, keep, upgrade, log, clock }: GatewayRoutesOptions): GatewayRoutes {
  const attempts = createAttempts(clock);
  const looks = createLooks(clock);
  const joins = createJoins(clock);

  const failed = (error: unknown, { desktopId }: Target): number => {
    const status = statusOf(error);
    // Messages of failures may name a client.
    const reason = isVncctlError(error) ? error.code : String(error);
    if (status >= 500) log.write('error', 'could not answer a viewer', { desktop: desktopId, reason });
    return status;
  };

  const exchange = async (request: IncomingMessage, response: ServerResponse, { desktopId, arrival, scope }: Target): Promise<void> => {
    const body = await readTicketBody(request);
    if ('status' in body) return refuse(request, response, body.status);
    const { address } = arrival;
    const waitSeconds = attempts.take(address, desktopId);
    if (waitSeconds !== undefined) return refuse(request, response, 429, { 'retry-after': String(waitSeconds) });
    const session = await sessions.open(desktopId, body.secret);
    if (!session) {
      attempts.miss(address, desktopId);
      return refuse(request, response, 401);
    }
    attempts.forgive(address, desktopId);
    log.write('info', 'a link was opened', { desktop: desktopId, ticket: session.ticketId, mode: session.mode });
    send(request, response, 204, sessions.handOver(session, request.headers, scope));
  };

  const tellState = (request: IncomingMessage, response: ServerResponse, session: Session, found: ScreenState | undefined): void => {
    const { status, removeAt = null, canKeep = false, reason, phaseMs } = found ?? { status: 'gone' as const };
    const viewOnly = session.mode === 'view-only';
    sendJson(request, response, status === 'gone' ? 404 : 200, { status, viewOnly, removeAt, canKeep: canKeep && !viewOnly, reason, phaseMs });
  };

  const withSession = async (request: IncomingMessage, response: ServerResponse, { desktopId, arrival }: Target, act: (session: Session) => Promise<void>): Promise<void> => {
    const session = await sessions.find(request.headers, desktopId);
    if (!session) return refuse(request, response, 401);
    const waitSeconds = looks.take(session, arrival.address);
    return waitSeconds === undefined ? act(session) : refuse(request, response, 429, { 'retry-after': String(waitSeconds) });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse, target: Target): Promise<void> => {
    const { desktopId, name, query, home } = target;
    const method = request.method ?? '';
    const reads = method === 'GET' || method === 'HEAD';
    const allowed = name === 'session' || name === 'keep' ? 'POST' : 'GET, HEAD';
    if (allowed === 'POST' ? method !== 'POST' : !reads) return refuse(request, response, 405, { allow: allowed });
    switch (name) {
      case undefined:
        // What the page loads is beside it, so its own address ends in a slash.
        return send(request, response, 308, { location: `${home.split('/').at(-2) ?? ''}/` });
      case '':
        // The same for every id, there or not, and for everybody: what may be seen is asked for by the page.
        return files.sendPage(request, response);
      case 'session':
        return exchange(request, response, target);
      case 'state':
        return withSession(request, response, target, async (session) => tellState(request, response, session, await find(desktopId, session.mode)));
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
    const session = await sessions.find(request.headers, target.desktopId);
    if (!session) return refuseUpgrade(socket, 401);
    if (joins.take(session, target.arrival.address) !== undefined) return refuseUpgrade(socket, 429);
    const found = await find(target.desktopId, session.mode);
    if (!found || found.status === 'gone') return refuseUpgrade(socket, 404);
    if (socket.destroyed) return;
    try {
      await upgrade(request, socket, head, session, target.arrival.address);
    } catch (error) {
      // Whatever was said on it by then was no HTTP.
      failed(error, target);
      socket.destroy();
    }
  };

  /** What a request asks of us; undefined when it is not ours. Each acting one is asked for its page. */
  const examine = (request: IncomingMessage, { acts }: { acts: boolean }): Asked | undefined => {
    const rules = hosts();
    const { publicAddress } = rules;
    const arrival = arrivalOf(request, rules.proxies);
    const { host } = arrival;
    const [path = '', ...query] = (request.url ?? '').split('?');
    const found = findDestination(publicAddress, { host, path, prefix: arrival.prefix });
    if (!found) return undefined;
    const { isPublic, desktopId, rest, home } = found;
    const secure = arrival.secure || (isPublic && publicAddress?.scheme === 'https');
    const at = isPublic && publicAddress && desktopId !== undefined ? { publicAddress, desktopId } : undefined;
    if (!isOurHost(arrival, request.socket.localAddress, rules) || (acts && !isOurOrigin(request.headers, { host, secure, at }))) return { refused: 403 };
    // As it was sent: nothing is decoded and no dots are followed, so one spelling leads to one thing.
    if (desktopId === undefined || !/^(\/[a-z.]*)?$/.test(rest)) return { refused: 404 };
    const name = rest === '' ? undefined : rest.slice(1);
    return { target: { desktopId, name, query: new URLSearchParams(query.join('?')), arrival, home, scope: { paths: [home], secure } } };
  };

  return {
    request(request, response) {
      const asked = examine(request, { acts: request.method === 'POST' });
      if (!asked) return false;
      if ('refused' in asked) {
        refuse(request, response, asked.refused);
        return true;
      }
      const { target } = asked;
      answer(request, response, target).catch((error: unknown) => {
        // Whoever left while asking gets no answer, and is no failure.
        if (request.destroyed && !request.complete) return;
        const status = failed(error, target);
        if (response.headersSent) response.destroy();
        else refuse(request, response, status);
      });
      return true;
    },

    upgrade(request, socket, head) {
      const asked = examine(request, { acts: true });
      if (!asked) return false;
      // A broken connection is the other side's affair.
      socket.on('error', () => {});
      if ('refused' in asked) refuseUpgrade(socket, asked.refused);
      else if (asked.target.name !== 'ws') refuseUpgrade(socket, 404);
      else if (request.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket') refuseUpgrade(socket, 400);
      else {
        const { target } = asked;
        join(request, socket, head, target).catch((error: unknown) => refuseUpgrade(socket, failed(error, target)));
      }
      return true;
    },
  };
}
