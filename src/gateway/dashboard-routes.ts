// What is answered at `/` and under /dashboard/: the dashboard's page and files, and the two ends of a sign-in. Everything that the
// page shows and does comes from the API. Asks first whether it was sent to a name of ours, and by a page of ours.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { type InnerPath, innerPaths } from '../core/public-address.ts';
import { DASHBOARD, type Session } from '../core/tickets.ts';
import { isVncctlError } from '../errors.ts';
import { refuse, send, statusOf } from './answers.ts';
import { arrivalOf } from './arrival.ts';
import { createAttempts } from './attempts.ts';
import { type HostRules, isOurHost, isOurOrigin, ownPageFor } from './checks.ts';
import type { DashboardFiles } from './dashboard-files.ts';
import type { CookieScope } from './session-halves.ts';
import type { Sessions } from './sessions.ts';
import { readTicketBody } from './ticket-body.ts';

export interface DashboardRoutesOptions {
  files(): Promise<DashboardFiles>;
  sessions(): Promise<Sessions>;
  /** Takes a sign-in back. */
  signOut(session: Session): Promise<void>;
  hosts: () => HostRules;
  log: Log;
  clock: Pick<Clock, 'monotonicMs'>;
}

/** The name of the cookie of a sign-in, which goes to the API too. */
export const DASHBOARD_COOKIE = 'vncctl-dashboard';

/** A request that is the dashboard's to answer. */
interface Asked extends InnerPath {
  version: string | null;
  /** Of the client. */
  address: string;
  /** What the cookie counts for: the two ends of a sign-in, and the API. */
  scope: CookieScope;
}

/** Answers what is the dashboard's; returns whether it was. */
export function createDashboardRoutes({ files, sessions, signOut, hosts, log, clock }: DashboardRoutesOptions): { request(request: IncomingMessage, response: ServerResponse): boolean } {
  const attempts = createAttempts(clock);

  const signIn = async (request: IncomingMessage, response: ServerResponse, { address, scope }: Asked): Promise<void> => {
    const body = await readTicketBody(request);
    if ('status' in body) return refuse(request, response, body.status);
    const waitSeconds = attempts.take(address, DASHBOARD);
    if (waitSeconds !== undefined) return refuse(request, response, 429, { 'retry-after': String(waitSeconds) });
    const session = await (await sessions()).open(DASHBOARD, body.secret);
    if (!session) {
      attempts.miss(address, DASHBOARD);
      return refuse(request, response, 401);
    }
    attempts.forgive(address, DASHBOARD);
    log.write('info', 'somebody signed in to the dashboard', { ticket: session.ticketId, mode: session.mode });
    send(request, response, 204, (await sessions()).handOver(session, request.headers, scope));
  };

  const end = async (request: IncomingMessage, response: ServerResponse, { scope }: Asked): Promise<void> => {
    const session = await (await sessions()).find(request.headers, DASHBOARD);
    if (session) {
      await signOut(session);
      log.write('info', 'somebody signed out of the dashboard', { ticket: session.ticketId });
    }
    send(request, response, 204, { 'set-cookie': scope.paths.map((path) => `${DASHBOARD_COOKIE}=; Path=${path}; Max-Age=0; HttpOnly; SameSite=Strict`) });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> => {
    const { path, before, version } = asked;
    const method = request.method ?? '';
    if (path === '/dashboard/session') {
      if (method === 'POST') return signIn(request, response, asked);
      return method === 'DELETE' ? end(request, response, asked) : refuse(request, response, 405, { allow: 'DELETE, POST' });
    }
    if (method !== 'GET' && method !== 'HEAD') return refuse(request, response, 405, { allow: 'GET, HEAD' });
    // What the page loads is beside it, so its own address ends in a slash.
    if (path === '') return send(request, response, 308, { location: `${before.split('/').at(-1) ?? ''}/` });
    const loaded = await files();
    if (path === '/') return loaded.sendPage(request, response);
    if (!loaded.sendFile(request, response, path.slice('/dashboard/'.length), version)) refuse(request, response, 404);
  };

  return {
    request(request, response) {
      // As it was sent: one spelling leads to one thing.
      const [sent = '', query] = (request.url ?? '').split('?', 2);
      const rules = hosts();
      const arrival = arrivalOf(request, rules.proxies);
      const inner = innerPaths(rules.publicAddress, { ...arrival, path: sent }).find(({ path }) => path === '' || path === '/' || path.startsWith('/dashboard/'));
      if (!inner) return false;
      const reads = request.method === 'GET' || request.method === 'HEAD';
      const page = ownPageFor(arrival, rules);
      if (!isOurHost(arrival, request.socket.localAddress, rules) || (!reads && !isOurOrigin(request.headers, page))) {
        refuse(request, response, 403);
        return true;
      }
      const scope = { paths: [`${inner.before}/api/v1/`, `${inner.before}/dashboard/`], secure: page.secure };
      answer(request, response, { ...inner, version: new URLSearchParams(query).get('v'), address: arrival.address, scope }).catch((error: unknown) => {
        // Whoever left while asking gets no answer, and is no failure.
        if (request.destroyed && !request.complete) return;
        log.write('error', 'could not answer at the dashboard', { reason: isVncctlError(error) ? error.code : String(error) });
        if (response.headersSent) response.destroy();
        else refuse(request, response, statusOf(error));
      });
      return true;
    },
  };
}
