// `/websockify?token=<desktop>.<secret>`: the way to a screen for clients that know nothing of cookies. The secret is that of a
// ticket; whoever knows it is let in, a page of another origin only where the settings list that.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import type { ScreenState } from '../core/screens.ts';
import type { DesktopId } from '../core/store.ts';
import type { Session } from '../core/tickets.ts';
import { refuseUpgrade, statusOf } from './answers.ts';
import { createAttempts } from './attempts.ts';
import { type HostRules, isOurHost, isOurOrigin } from './checks.ts';
import type { Sessions } from './sessions.ts';

export interface WebsockifyOptions {
  sessions: Pick<Sessions, 'open'>;
  hosts: HostRules;
  /** Origins whose pages may come in too; `*` for all. */
  origins(): readonly string[];
  find(desktopId: DesktopId): Promise<ScreenState | undefined>;
  /** Takes over a request that was found right. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, session: Session): void;
  clock: Pick<Clock, 'monotonicMs'>;
}

/** Takes such a request over; returns whether it is one. */
export type Websockify = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;

export function createWebsockify({ sessions, hosts, origins, find, upgrade, clock }: WebsockifyOptions): Websockify {
  const attempts = createAttempts(clock);

  const isListed = (origin: string | undefined): boolean => origin !== undefined && (origins().includes(origin) || origins().includes('*'));

  const join = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const [, id, secret] = /^\/websockify\?(?:[^#]*&)?token=([a-z0-9]{1,64})\.([A-Za-z0-9_-]{1,64})(?:&|$)/.exec(request.url ?? '') ?? [];
    if (id === undefined || secret === undefined) return refuseUpgrade(socket, 401);
    const desktopId = id as DesktopId;
    const address = request.socket.remoteAddress ?? '';
    if (attempts.take(address, desktopId) !== undefined) return refuseUpgrade(socket, 429);
    const session = await sessions.open(desktopId, secret);
    if (!session) return refuseUpgrade(socket, 401);
    attempts.forgive(address, desktopId);
    const found = await find(desktopId);
    if (!found || found.status === 'gone') return refuseUpgrade(socket, 404);
    if (!socket.destroyed) upgrade(request, socket, head, session);
  };

  return (request, socket, head) => {
    if (!/^\/websockify(?:\?|$)/.test(request.url ?? '')) return false;
    // A broken connection is the other side's affair.
    socket.on('error', () => {});
    if (!isOurHost(request, hosts) || !(isOurOrigin(request, hosts) || isListed(request.headers.origin))) refuseUpgrade(socket, 403);
    else if (request.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket') refuseUpgrade(socket, 400);
    else join(request, socket, head).catch((error: unknown) => refuseUpgrade(socket, statusOf(error)));
    return true;
  };
}
