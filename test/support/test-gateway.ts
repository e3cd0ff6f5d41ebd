// A gateway of a test behind a real door on a port of its own: desktops, tickets and time are the test's, the requests are written
// byte by byte as any client may.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { DesktopId } from '../../src/core/store.ts';
import { issueTicket, newTicketKeys, type Session, type Ticket, type TicketWish } from '../../src/core/tickets.ts';
import { createDoor } from '../../src/daemon/door.ts';
import type { ScreenState } from '../../src/core/screens.ts';
import { createGatewayRoutes, type GatewayRoutesOptions } from '../../src/gateway/routes.ts';
import { createSessionHalves, SESSION_HEADER } from '../../src/gateway/session-halves.ts';
import { createSessions } from '../../src/gateway/sessions.ts';
import { loadViewerFiles, type ViewerFiles } from '../../src/gateway/viewer-files.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createFakeLog, type FakeLog } from './fake-log.ts';
import { createFakeTickets, type FakeTickets } from './fake-tickets.ts';
import { type FrontSettings, frontRules } from './front-rules.ts';

export interface RawAnswer {
  status: number;
  /** By names in small letters; of several the last. */
  headers: Readonly<Record<string, string>>;
  body: string;
  /** All of it, as it came. */
  whole: string;
}

export interface RawRequest {
  method?: string;
  /** Undefined ones are left out; Host is the gateway's own unless named. */
  headers?: Readonly<Record<string, string | undefined>>;
  body?: string;
}

/** Both halves of a session, as a page's request shows them. */
export type OpenedHeaders = Record<'cookie' | typeof SESSION_HEADER, string>;

/** What the answer to a ticket handed over. */
export function openedBy({ headers }: RawAnswer): OpenedHeaders {
  return { cookie: (headers['set-cookie'] ?? '').split(';')[0] ?? '', [SESSION_HEADER]: headers[SESSION_HEADER] ?? '' };
}

export interface TestGateway {
  port: number;
  /** `http://127.0.0.1:<port>`. */
  origin: string;
  clock: FakeClock;
  log: FakeLog;
  tickets: FakeTickets;
  desktops: Map<DesktopId, ScreenState>;
  /** Ids that were kept, and sessions whose WebSocket was handed over. */
  kept: DesktopId[];
  joined: Session[];
  /** Where each of these came from. */
  addresses: string[];
  ask(path: string, request?: RawRequest): Promise<RawAnswer>;
  give(wish?: Partial<TicketWish>): { ticket: Ticket; secret: string };
  /** The request that exchanges a ticket. */
  exchange(secret: string, desktopId?: DesktopId): Promise<RawAnswer>;
  /** The two headers of a page that opened a link. */
  open(wish?: Partial<TicketWish>): Promise<OpenedHeaders>;
  stop(): Promise<void>;
}

/** The desktop that is there. */
export const ONE = 'bcdfghjkmnpq' as DesktopId;
/** Another one that is there. */
export const OTHER = 'zxwvtsrqpnmk' as DesktopId;

/** What the built page is like, as far as the gateway knows it. */
export const PAGE = '<!doctype html>\n<html lang="en">\n<link rel="stylesheet" href="viewer.css">\n<script type="module" src="viewer.js"></script>\n</html>\n';

/** A folder with a small viewer, gone after the test. */
export function viewerFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'vncctl-viewer-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const all = { 'index.html': PAGE, 'viewer.js': `console.log(${JSON.stringify('x'.repeat(1000))});`, 'viewer.css': 'body { margin: 0 }', ...files };
  for (const [name, content] of Object.entries(all)) writeFileSync(join(folder, name), content);
  return folder;
}

// Compressing takes longer than all else of a test.
let viewer: Promise<ViewerFiles> | undefined;
const smallViewer = (): Promise<ViewerFiles> => (viewer ??= loadViewerFiles(viewerFolder()));

/** To be called inside a test; ended after it. */
export async function openGateway({ names, publicUrl, trustedProxies, ...over }: Partial<GatewayRoutesOptions> & FrontSettings = {}): Promise<TestGateway> {
  const clock = createFakeClock();
  const log = createFakeLog();
  const desktops = new Map<DesktopId, ScreenState>([
    [ONE, { status: 'ready' }],
    [OTHER, { status: 'paused' }],
  ]);
  const kept: DesktopId[] = [];
  const joined: Session[] = [];
  const addresses: string[] = [];
  const tickets = createFakeTickets();
  const routes = createGatewayRoutes({
    files: await smallViewer(),
    sessions: createSessions({ tickets, halves: createSessionHalves({ instanceKey: Buffer.alloc(32, 1) }), clock }),
    hosts: () => frontRules({ names, publicUrl, trustedProxies }),
    find: async (desktopId) => desktops.get(desktopId),
    keep: async (desktopId) => {
      if (desktops.has(desktopId)) kept.push(desktopId);
      return desktops.get(desktopId);
    },
    upgrade(_request, socket, _head, session, address) {
      joined.push(session);
      addresses.push(address);
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    },
    log,
    clock,
    ...over,
  });
  const door = createDoor({ readiness: () => ({ ready: true, counts: {} }), routes: [routes] });
  onTestFinished(() => door.stop());
  const where = await door.listen({ host: '127.0.0.1', port: 0 });
  const port = Number(where.split(':').at(-1));
  const origin = `http://127.0.0.1:${port}`;
  const ask: TestGateway['ask'] = (path, { method = 'GET', headers = {}, body = '' } = {}) => {
    const own = { host: `127.0.0.1:${port}`, connection: 'close', ...(body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }), ...headers };
    const lines = Object.entries(own).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
    return exchangeBytes(port, `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  };
  const give: TestGateway['give'] = (wish = {}) => {
    const keys = newTicketKeys();
    const ticket = issueTicket({ desktopId: ONE, mode: 'full', kind: 'share', lifeMs: 15 * 60_000, ...wish }, keys, clock.now());
    tickets.all = [...tickets.all, ticket];
    return { ticket, secret: keys.secret };
  };
  const exchange: TestGateway['exchange'] = (secret, desktopId = ONE) =>
    ask(`/d/${desktopId}/session`, { method: 'POST', headers: { 'content-type': 'application/json', origin }, body: JSON.stringify({ ticket: secret }) });
  return {
    port,
    origin,
    clock,
    log,
    tickets,
    desktops,
    kept,
    joined,
    addresses,
    ask,
    give,
    exchange,
    async open(wish) {
      const answer = await exchange(give(wish).secret, wish?.desktopId);
      if (answer.status !== 204) throw new Error(`the link was not opened: ${answer.whole}`);
      return openedBy(answer);
    },
    stop: () => door.stop(),
  };
}

/** The headers of a WebSocket's handshake (RFC 6455, 4.1). */
export const WEBSOCKET_HEADERS = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };

async function exchangeBytes(port: number, bytes: string): Promise<RawAnswer> {
  const socket: Duplex = connect(port, '127.0.0.1');
  socket.write(bytes);
  const whole = await text(socket);
  const [head = '', ...rest] = whole.split('\r\n\r\n');
  const [line = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(lines.map((header) => [header.slice(0, header.indexOf(':')).toLowerCase(), header.slice(header.indexOf(':') + 1).trim()]));
  return { status: Number(line.split(' ')[1]), headers, body: rest.join('\r\n\r\n'), whole };
}
