// The daemon's HTTP server: where it listens, how long it waits for a stranger, and the two questions of a program that watches
// it; what else is asked is offered to the routes it is given. How many connections it takes, and from whom, is connections.ts.
// Says nothing of any client.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { hostNameIn, isLoopbackAddress, LOOPBACK_NAMES } from '../core/host-header.ts';
import { VncctlError } from '../errors.ts';
import type { Certificate } from './certificate.ts';
import { type ConnectionRules, createConnections } from './connections.ts';
import type { Readiness } from './health.ts';
import { answerOrdinarily, asksForOurs } from './other-upgrades.ts';

/** An address of this machine, a listening socket that was passed to us, or the path of a Unix socket to be. */
export type DoorPlace = { host: string; port: number } | { fd: number } | { path: string };

/** Answers some of the requests, with its own checks of where they come from. Both return whether the request was theirs. */
export interface DoorRoutes {
  request(request: IncomingMessage, response: ServerResponse): boolean;
  /** Has to end the socket, whatever comes of it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
}

export interface DoorOptions extends ConnectionRules {
  readiness: () => Readiness;
  /** Asked first, one after another; none when absent. */
  routes?: readonly DoorRoutes[];
  /** With it the door speaks TLS, and nothing else. */
  certificate?: Certificate | undefined;
}

export interface Door {
  /** Takes connections from now on; resolves with where, as text: `127.0.0.1:8080`, `a Unix socket`, a path. PORT_TAKEN, BAD_SETTING for an address that can't be had, STORE_DENIED for such a path. */
  listen(place: DoorPlace): Promise<string>;
  /** Another certificate, for the connections that come from now on. Throws when the door speaks no TLS, or for what is none. */
  useCertificate(certificate: Certificate): void;
  /** Ends within a second, whoever is connected. May be called at any time, and again. */
  stop(): Promise<void>;
}

const HEADERS_MS = 10_000;
const REQUEST_MS = 15_000;
const KEEP_ALIVE_MS = 5_000;
const MAX_HEADER_BYTES = 16 * 1024;
const STOP_GRACE_MS = 500;

/** Not yet listening. */
export function createDoor({ readiness, routes = [], certificate, ...rules }: DoorOptions): Door {
  const limits = { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS, connectionsCheckingInterval: 5_000 };
  const tlsServer = certificate && createTlsServer({ ...limits, ...certificate, minVersion: 'TLSv1.2', handshakeTimeout: HEADERS_MS });
  const server = tlsServer ?? createServer(limits);
  const connections = createConnections(rules);
  server.on('connection', (socket: Socket) => connections.came(socket));
  /** The last one that was begun on each connection. */
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (request, response) => {
    connections.asks(request, response);
    answers.set(request.socket, response);
    // A broken connection is the other side's affair.
    request.on('error', () => {});
    response.on('error', () => {});
    if (routes.some((some) => some.request(request, response))) return;
    const bound = server.address();
    if (bound !== null && typeof bound === 'object' && isLoopbackAddress(bound.address) && !isOwnHost(request.headers.host, bound.address)) {
      return answerJson(request, response, 403, { error: { message: 'this host name is none of mine' } });
    }
    route(request, response, readiness);
  });
  if (routes.length > 0) {
    server.on('upgrade', (request, socket, head) => {
      if (!asksForOurs(request)) {
        const takeConnection = (again: Socket): void => void server.emit(tlsServer ? 'secureConnection' : 'connection', again);
        return answerOrdinarily(request, socket as Socket, { head, before: answers.get(socket), takeConnection });
      }
      socket.on('error', () => {});
      connections.isTaken(request);
      if (!routes.some((some) => some.upgrade(request, socket, head))) refuseUpgrade(socket);
    });
  }
  return {
    listen: (place) => listen(server, place),
    useCertificate(next) {
      if (!tlsServer) throw new Error('this door speaks no TLS');
      tlsServer.setSecureContext({ ...next, minVersion: 'TLSv1.2' });
    },
    stop: () => stop(server, () => connections.endAll()),
  };
}

// Without routes such a request is answered like every other one; once somebody listens for them, Node hands all of them over.
function refuseUpgrade(socket: Duplex): void {
  socket.once('finish', () => socket.destroy());
  socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}

function route(request: IncomingMessage, response: ServerResponse, readiness: () => Readiness): void {
  const path = (request.url ?? '').split('?')[0];
  if (path !== '/healthz' && path !== '/readyz') return answerJson(request, response, 404, { error: { message: 'there is nothing at this address' } });
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return answerJson(request, response, 405, { error: { message: 'only GET and HEAD are answered here' } });
  }
  // Being answered at all is what /healthz asks for: a blocked event loop answers nothing.
  if (path === '/healthz') return answerJson(request, response, 200, { healthy: true });
  const state = readiness();
  answerJson(request, response, state.ready ? 200 : 503, state.ready ? { ready: true, ...state.counts } : state);
}

/** Answers with an object as JSON; nothing of a body was read. */
export function answerJson(request: IncomingMessage, response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // Nobody's body is read here, so nothing may follow one.
    ...(request.method === 'GET' || request.method === 'HEAD' ? {} : { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

function listen(server: Server | TlsServer, place: DoorPlace): Promise<string> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(listenFailure(error, place));
    server.once('error', failed);
    server.listen(place, () => {
      server.off('error', failed);
      // Out of descriptors for a moment: the next connection may be taken again.
      server.on('error', () => {});
      const bound = server.address();
      // A passed Unix socket doesn't tell its path.
      resolve('path' in place ? place.path : bound === null || typeof bound === 'string' ? 'a Unix socket' : spell(bound));
    });
  });
}

function listenFailure(error: NodeJS.ErrnoException, place: DoorPlace): VncctlError {
  if ('fd' in place) {
    return new VncctlError('BAD_SETTING', `the socket that was passed to vncctl can't be listened on: ${error.message}`, { hint: 'the socket unit must listen on a stream with Accept=no', cause: error });
  }
  if ('path' in place) {
    return new VncctlError('STORE_DENIED', `can't listen on the socket ${place.path}: ${error.message}`, { hint: 'see whose it is: ls -l its folder; or put all files elsewhere: VNCCTL_HOME=<folder>', cause: error });
  }
  const where = spell({ address: place.host, port: place.port });
  if (error.code === 'EADDRINUSE') {
    return new VncctlError('PORT_TAKEN', `${where} is in use by another program`, { hint: `see which: ss -ltnp sport = :${place.port}   (or choose another: vncctl daemon --listen ${place.host}:<port>)`, cause: error });
  }
  const why = error.code === 'EACCES' ? 'ports below 1024 are not for every user' : error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' ? 'it is no address of this machine' : error.message;
  return new VncctlError('BAD_SETTING', `can't listen on ${where}: ${why}`, { hint: 'choose another: vncctl daemon --listen 127.0.0.1:8080', cause: error });
}

function stop(server: Server | TlsServer, endAll: () => void): Promise<void> {
  return new Promise((resolve) => {
    // Also those that Node does not count, but waits for: what routes took over, and what has not got through TLS yet.
    const late = setTimeout(endAll, STOP_GRACE_MS);
    // Its failure says that it wasn't listening.
    server.close(() => {
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** `127.0.0.1:8080`, `[::1]:8080`. */
function spell({ address, port }: Pick<AddressInfo, 'address' | 'port'>): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function isOwnHost(header: string | undefined, bound: string): boolean {
  // What sends none is no browser. The port may be that of a tunnel.
  if (header === undefined) return true;
  const name = hostNameIn(header);
  return name !== undefined && [...LOOPBACK_NAMES, bound].includes(name);
}
