// The API of the daemon: one Fastify that answers both doors, put together from the lists of routes. Never listens by itself: the
// daemon's doors hand it the requests that are its own.
import type { IncomingMessage, ServerResponse } from 'node:http';
import rateLimit from '@fastify/rate-limit';
import { fastify, type FastifyReply, type FastifyRequest } from 'fastify';
import { findClientNames } from '../core/event-clients.ts';
import type { LifeEvent } from '../core/journal.ts';
import { isVncctlError, VncctlError } from '../errors.ts';
import { type ApiDoor, authorize, createIdentify, refuseOtherSites } from './auth.ts';
import { corsHeaders, isPreflight, PREFLIGHT_HEADERS } from './cors.ts';
import { desktopActionRoutes } from './desktop-actions.ts';
import { desktopRoutes } from './desktops.ts';
import { docsPage, DOCS_POLICY } from './docs-page.ts';
import { createEventStream } from './event-stream.ts';
import { eventRoutes } from './events.ts';
import { failureOf, MAX_BODY_BYTES } from './failures.ts';
import { createIdempotencyKeys } from './idempotency.ts';
import { installationRoutes } from './installation.ts';
import { openApiDocument } from './openapi.ts';
import { createOperations } from './operations.ts';
import type { ApiParts } from './parts.ts';
import { register, sendFailure } from './register.ts';
import { type ApiExtension, type ApiRoute, type Principal, RawAnswer, route } from './route.ts';
import { shareRoutes } from './shares.ts';
import { viewerRoutes } from './viewers.ts';

export interface ApiServer {
  /** All that it answers. */
  readonly routes: readonly ApiRoute[];
  /** Answers a request that came in at that door. */
  handle(request: IncomingMessage, response: ServerResponse, door: ApiDoor): void;
  /** Tells what happened to whoever follows the events. */
  tell(events: readonly LifeEvent[]): Promise<void>;
  /** Tells something of an extension's own. */
  publish(name: string, data: object): void;
  /** Ends what somebody follows who may no more; done by itself every 15 seconds. */
  lookAround(): Promise<void>;
  /** Waits a moment for what is being undone, since the daemon's signal has fired, and ends the streams. */
  stop(): Promise<void>;
}

/** What is added beside the API's own routes. */
export type ExtensionMaker = (parts: ApiParts & Pick<ApiServer, 'publish'>) => ApiExtension;

const RATE_WINDOW_MS = 60_000;
/** For somebody who is known, and for an address that shows no token. */
const MOST_A_WINDOW = { known: 1_200, unknown: 120 };
const MOST_KEYS = 5_000;
const TO_UNDO_MS = 1_500;

/** A server that is ready to answer. */
export async function createApiServer(parts: ApiParts, extensions: readonly ExtensionMaker[] = []): Promise<ApiServer> {
  const { log, clock, journal, signal } = parts;
  const doors = new WeakMap<IncomingMessage, ApiDoor>();
  const principals = new WeakMap<FastifyRequest, Principal>();
  const names = findClientNames({ desktops: () => parts.desktops(), journal, signal, warn: (message) => log.write('warning', message) });
  const stream = createEventStream({ journal, names, mask: () => parts.settings().mask, clock });
  const operations = createOperations({ clock, publish: (news) => stream.publish('operation', news) });
  const added = extensions.map((make) => make({ ...parts, publish: stream.publish }));
  const own = [...desktopRoutes(parts), ...desktopActionRoutes(parts), ...viewerRoutes(parts), ...shareRoutes(parts), ...eventRoutes({ ...parts, stream, operations, names }), ...installationRoutes(parts)];
  const documented = [...own, ...added.flatMap(({ routes }) => routes)];
  const routes = [...documented, ...documentRoutes(documented, parts.version)];

  const app = fastify({ bodyLimit: MAX_BODY_BYTES, routerOptions: { maxParamLength: 400 }, frameworkErrors: (error, request, reply) => void fail(error, request, reply as FastifyReply) });
  const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const failure = failureOf(error);
    // Messages of failures may name a client; a bug has none.
    if (!isVncctlError(failure)) log.write('error', 'could not answer a request', { reason: stackOf(failure) });
    return sendFailure(reply, failure, request.routeOptions?.config?.route?.failure);
  };
  app.setErrorHandler(fail);
  // A form of another page can send it without being asked about.
  app.removeContentTypeParser('text/plain');
  // Some clients name the type of a body that they don't send.
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => (body === '' ? done(null, undefined) : parseJson(request, body as string, done)));

  const identify = createIdentify(parts, added);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...SAFE_HEADERS, ...corsHeaders(request.headers, parts.settings().corsOrigins) });
    if (isPreflight(request.method, request.headers)) return reply.headers(PREFLIGHT_HEADERS).status(204).send();
    // A token that counts for nothing is told only behind the limit: whoever tries them is counted.
    const principal = await identify(request.raw, doors.get(request.raw) ?? 'tcp').catch((error: unknown) => void refused.set(request, error));
    if (!principal) return;
    principals.set(request, principal);
    parts.onKnown?.(request.raw.socket);
  });
  const refused = new WeakMap<FastifyRequest, unknown>();
  await app.register(rateLimit, {
    timeWindow: RATE_WINDOW_MS,
    cache: MOST_KEYS,
    max: (request) => (principals.has(request) ? MOST_A_WINDOW.known : MOST_A_WINDOW.unknown),
    keyGenerator: (request) => principals.get(request)?.id ?? parts.addressOf(request.raw),
    allowList: (request) => doors.get(request.raw) === 'socket',
    errorResponseBuilder: (_, { after }) => new VncctlError('TOO_MANY_REQUESTS', 'too many requests', { hint: `try again in ${after}` }),
  });
  app.addHook('preParsing', async (request) => {
    const { route: asked } = request.routeOptions.config;
    if (!asked) return;
    if (asked.access !== 'open' && refused.has(request)) throw refused.get(request);
    authorize(principals.get(request), asked.access);
    if (asked.changes) refuseOtherSites(request.raw, parts);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { route: asked } = request.routeOptions.config;
    parts.metrics().answered({ method: request.method, route: asked?.path ?? 'none', status: reply.statusCode }, reply.elapsedTime);
  });
  // What has no life event of its own (a desktop that is kept, a share) is seen by whoever follows all the same. Names nobody.
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    const { route: asked } = routeOptions.config;
    if (asked && method !== 'GET' && method !== 'HEAD' && reply.statusCode < 400) stream.publish('changed', { by: `${method} ${asked.path}` });
  });
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, async (request, reply) => {
    const allowed = methodsAt(routes, request.url);
    if (allowed.length === 0) throw new VncctlError('ROUTE_NOT_FOUND', 'there is nothing at this address', { hint: 'see what there is: /api/docs' });
    reply.header('allow', allowed.join(', '));
    throw new VncctlError('METHOD_NOT_ALLOWED', `only ${allowed.join(', ')} ${allowed.length === 1 ? 'is' : 'are'} answered here`);
  });
  const registering = { operations, keys: createIdempotencyKeys(clock), signal, principalOf: (request: FastifyRequest) => principals.get(request) };
  for (const each of routes) register(app, each, registering);
  await app.ready();

  return {
    routes,
    handle(request, response, door) {
      doors.set(request, door);
      app.routing(request, response);
    },
    tell: stream.tellLife,
    publish: stream.publish,
    lookAround: stream.lookAround,
    async stop() {
      const over = new AbortController();
      await Promise.race([operations.settled(), clock.sleep(TO_UNDO_MS, over.signal).catch(() => {})]);
      over.abort();
      stream.stop();
      await app.close();
    },
  };
}

const SAFE_HEADERS: Readonly<Record<string, string>> = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" };

function documentRoutes(routes: readonly ApiRoute[], version: string): ApiRoute[] {
  const document = openApiDocument(routes, version);
  const text = JSON.stringify(document);
  return [
    route({ method: 'GET', path: '/api/openapi.json', access: 'open', tag: 'Document', summary: 'this, as OpenAPI 3.1', hidden: true, answer: { type: 'application/json', about: 'the document' }, handle: async () => new RawAnswer({ headers: { 'content-type': 'application/json; charset=utf-8' }, body: text }) }),
    route({ method: 'GET', path: '/api/docs', access: 'open', tag: 'Document', summary: 'this, to read', hidden: true, answer: { type: 'text/html', about: 'the page' }, handle: async () => new RawAnswer({ headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': DOCS_POLICY }, body: docsPage(document) }) }),
  ];
}

/** What is answered at an address, by the templates of the routes. */
function methodsAt(routes: readonly ApiRoute[], url: string): string[] {
  const path = url.split('?')[0] ?? '';
  const there = routes.filter((each) => new RegExp(`^${each.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path));
  return [...new Set(there.flatMap(({ method, stream, changes }) => (method === 'GET' && !stream && !changes ? [method, 'HEAD'] : [method])))].sort();
}

function stackOf(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return text.split('\n').map((line) => line.trim()).join(' | ');
}
