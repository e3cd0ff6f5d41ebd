// `/websockify?token=<desktop>.<secret>`: the way to a screen for clients that know nothing of cookies. The secret is that of a
// ticket; whoever knows it is let in, a page of another origin only where the settings list that.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import type { ScreenState } from '../core/screens.ts';
import type { DesktopId } from '../core/store.ts';
import type { Session, TicketMode } from '../core/tickets.ts';
import { refuseUpgrade, statusOf } from './answers.ts';
import { type Arrival, arrivalOf } from './arrival.ts';
import { createAttempts } from './attempts.ts';
import { type HostRules, isOurHost, isOurOrigin, ownPageFor } from './checks.ts';
import type { Sessions } from './sessions.ts';
import { createJoins } from './visits.ts';

export interface WebsockifyOptions {
  sessions: Pick<Sessions, 'open'>;
  hosts(): HostRules;
  /** Origins whose pages may come in too; `*` for all. */
  origins(): readonly string[];
  find(desktopId: DesktopId, mode: TicketMode): Promise<ScreenState | undefined>;
  /** Takes over a request that was found right. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, session: Session, address: string): void;
  clock: Pick<Clock, 'monotonicMs'>;
}

/** Takes such a request over; returns whether it is one. */
export type Websockify = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;

export function createWebsockify({ sessions, hosts, origins, find, upgrade, clock }: WebsockifyOptions): Websockify {
  const attempts = createAttempts(clock);
  const joins = createJoins(clock);

  const isListed = (origin: string | undefined): boolean => origin !== undefined && (origins().includes(origin) || origins().includes('*'));

  const isAllowed = (request: IncomingMessage, arrival: Arrival, rules: HostRules): boolean =>
    isOurHost(arrival, request.socket.localAddress, rules) && (isListed(request.headers.origin) || isOurOrigin(request.headers, ownPageFor(arrival, rules)));

  const join = async (request: IncomingMessage, socket: Duplex, head: Buffer, { address }: Arrival): Promise<void> => {
    const token = new URLSearchParams((request.url ?? '').split('?')[1]).get('token') ?? '';
    const [, id, secret] = /^([a-z0-9]{1,64})\.([A-Za-z0-9_-]{1,64})$/.exec(token) ?? [];
    if (id === undefined || secret === undefined) return refuseUpgrade(socket, 401);
    const desktopId = id as DesktopId;
    if (attempts.take(address, desktopId) !== undefined) return refuseUpgrade(socket, 429);
    const session = await sessions.open(desktopId, secret);
    if (!session) {
      attempts.miss(address, desktopId);
      return refuseUpgrade(socket, 401);
    }
    attempts.forgive(address, desktopId);
    if (joins.take(session, address) !== undefined) return refuseUpgrade(socket, 429);
    const found = await find(desktopId, session.mode);
    if (!found || found.status === 'gone') return refuseUpgrade(socket, 404);
    if (!socket.destroyed) upgrade(request, socket, head, session, address);
  };

  return (request, socket, head) => {
    const rules = hosts();
    const path = (request.url ?? '').split('?')[0];
    if (path !== '/websockify' && path !== `${rules.publicAddress?.prefix ?? ''}/websockify`) return false;
    const arrival = arrivalOf(request, rules.proxies);
    // A broken connection is the other side's affair.
    socket.on('error', () => {});
    if (!isAllowed(request, arrival, rules)) refuseUpgrade(socket, 403);
    else if (request.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket') refuseUpgrade(socket, 400);
    else join(request, socket, head, arrival).catch((error: unknown) => refuseUpgrade(socket, statusOf(error)));
    return true;
  };
}
