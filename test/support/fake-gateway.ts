// A gateway as the viewer page sees one, for one test file: the built page with its attributes, tickets for cookies, a state that
// the test sets, and a WebSocket joined to an RFB server. It knows nothing of src/, so that both can't share a mistake.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

const built = fileURLToPath(new URL('../../dist/viewer/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = { 'index.html': 'text/html; charset=utf-8', 'viewer.js': 'text/javascript', 'viewer.css': 'text/css' };
const FOLDER = '/prefix/d/k3v9/';

/** What `GET state` answers with. */
export interface ToldState {
  status: string;
  removeAt?: string;
  reason?: string;
  canKeep?: boolean;
  viewOnly?: boolean;
  phaseMs?: Readonly<Record<string, number>>;
}

export interface FakeGateway {
  /** Address of the page, without a ticket. */
  readonly page: string;
  /** A link with a ticket that is good once. */
  link(): string;
  /** The tickets that were posted, in order, whatever became of them. */
  readonly posted: readonly string[];
  /** The Origin header of each POST, in order. */
  readonly origins: readonly (string | undefined)[];
  /** How often the state was asked for. */
  readonly looks: number;
  /** WebSockets that were joined so far. */
  readonly joined: number;
  state: ToldState;
  /** What `POST keep` does to the state; undefined refuses it. */
  onKeep: (() => void) | undefined;
  /** Called when an allowed viewer asks for its WebSocket, which is joined when the state is `ready` afterwards. */
  onUpgrade: (() => void) | undefined;
  /** Answers of the next posts of a ticket, before any is exchanged: HTTP statuses, or 0 to hang up. */
  readonly sessionFailures: number[];
  /** Refuses the cookies that were given so far. */
  forgetCookies(): void;
  /** Stops as a daemon does that ends: viewers are closed with 1001, the port is free. */
  stop(): Promise<void>;
  /** Starts again on the same port; cookies stay good. */
  start(): Promise<void>;
}

/** Starts one in front of the RFB server on a port of loopback; it ends after the file's last test. */
export async function startFakeGateway(rfbPort: number): Promise<FakeGateway> {
  const tickets = new Set<string>();
  /** By their cookie, the page's half. */
  const halves = new Map<string, string>();
  const posted: string[] = [];
  const origins: (string | undefined)[] = [];
  const viewers = new WebSocketServer({ noServer: true, handleProtocols: (offered) => (offered.has('binary') ? 'binary' : false) });
  const counts = { looks: 0, joined: 0 };
  let server: Server | undefined;
  let port = 0;

  const allowed = ({ headers }: IncomingMessage): boolean => {
    const half = halves.get(/(?:^|; )desk=([^;]+)/.exec(headers.cookie ?? '')?.[1] ?? '');
    return half !== undefined && (headers['x-vncctl-session'] === half || headers['sec-websocket-protocol'] === `binary, vncctl.session.${half}`);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '';
    const name = path.startsWith(FOLDER) ? path.slice(FOLDER.length) || 'index.html' : '';
    const body = Buffer.concat(await request.toArray()).toString('utf8');
    response.setHeader('cache-control', 'no-store');
    if (request.method === 'POST') origins.push(request.headers.origin);
    if (TYPES[name] !== undefined) {
      const content = readFileSync(built + name, 'utf8');
      response.setHeader('content-type', TYPES[name]).end(name === 'index.html' ? content.replace('<html ', '<html data-ticket data-websocket="ws" data-key="none" ') : content);
    } else if (name === 'session' && request.method === 'POST') exchange(body, response);
    else if (!allowed(request)) response.writeHead(401).end();
    else if (name === 'state') {
      counts.looks += 1;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(gateway.state));
    } else if (name === 'keep' && request.method === 'POST') {
      gateway.onKeep?.();
      response.writeHead(gateway.onKeep ? 204 : 403).end();
    } else response.writeHead(404).end();
  };

  const exchange = (body: string, response: ServerResponse): void => {
    const { ticket } = JSON.parse(body) as { ticket: string };
    posted.push(ticket);
    const failure = gateway.sessionFailures.shift();
    if (failure === 0) response.destroy();
    else if (failure !== undefined) response.writeHead(failure, { 'retry-after': '1' }).end();
    else if (!tickets.delete(ticket)) response.writeHead(401).end();
    else {
      const cookie = randomBytes(8).toString('hex');
      const half = randomBytes(8).toString('hex');
      halves.set(cookie, half);
      response.writeHead(204, { 'x-vncctl-session': half, 'set-cookie': `desk=${cookie}; HttpOnly; SameSite=Strict; Path=${FOLDER}` }).end();
    }
  };

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const may = request.url === `${FOLDER}ws` && allowed(request);
    if (may) gateway.onUpgrade?.();
    if (!may || gateway.state.status !== 'ready') {
      socket.end(`HTTP/1.1 ${may ? '503 Service Unavailable' : '401 Unauthorized'}\r\nconnection: close\r\n\r\n`);
      return;
    }
    viewers.handleUpgrade(request, socket, head, (viewer) => {
      counts.joined += 1;
      join(viewer, rfbPort);
    });
  };

  const start = async (): Promise<void> => {
    server = createServer((request, response) => void answer(request, response));
    server.on('upgrade', upgrade);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the gateway has no port');
    port = address.port;
  };
  const stop = async (): Promise<void> => {
    const old = server;
    if (!old) return;
    server = undefined;
    for (const viewer of viewers.clients) viewer.close(1001);
    old.close();
    old.closeAllConnections();
    await once(old, 'close');
  };

  const gateway: FakeGateway = {
    get page() {
      return `http://127.0.0.1:${port}${FOLDER}`;
    },
    link() {
      const ticket = randomBytes(16).toString('base64url');
      tickets.add(ticket);
      return `${gateway.page}#ticket=${ticket}`;
    },
    posted,
    origins,
    get looks() {
      return counts.looks;
    },
    get joined() {
      return counts.joined;
    },
    state: { status: 'ready' },
    onKeep: undefined,
    onUpgrade: undefined,
    sessionFailures: [],
    forgetCookies: () => halves.clear(),
    stop,
    start,
  };
  await start();
  afterAll(async () => {
    for (const viewer of viewers.clients) viewer.terminate();
    await stop();
  });
  return gateway;
}

function join(viewer: WebSocket, rfbPort: number): void {
  const desktop = connect(rfbPort, '127.0.0.1');
  desktop.on('data', (chunk) => viewer.send(chunk));
  desktop.on('error', () => viewer.terminate());
  desktop.on('close', () => viewer.close(1001));
  viewer.on('message', (data) => desktop.write(data as Buffer));
  viewer.on('close', () => desktop.destroy());
}
