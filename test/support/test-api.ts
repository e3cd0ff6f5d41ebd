// The API on fakes: its server asked in-process, or over real sockets at both doors, as tests need it.
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { ApiDoor } from '../../src/api/auth.ts';
import type { ApiSettings } from '../../src/api/parts.ts';
import { type ApiServer, createApiServer, type ExtensionMaker } from '../../src/api/server.ts';
import { milliseconds } from '../../src/core/duration.ts';
import { createToken, type Scope } from '../../src/core/tokens.ts';
import { listenOnSocket } from '../../src/daemon/control-socket.ts';
import { createDoor, type DoorRoutes } from '../../src/daemon/door.ts';
import { createFakeApi, type FakeApi } from './fake-api.ts';
import type { TestDesktopsOptions } from './test-desktops.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** The body; what it holds is what the test expects of it. */
  json<T = Record<string, unknown>>(): T;
}

export interface AskOptions {
  token?: string | undefined;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; text as it is. */
  body?: unknown;
}

export interface TestApi extends FakeApi {
  server: ApiServer;
  /** A token of a scope; it lasts as long as the test unless told otherwise. */
  token(scope: Scope, lifeMs?: number): Promise<string>;
  /** Asks over a real socket: by TCP at the loopback address, or by the Unix socket where `door` says so. */
  ask(method: string, path: string, options?: AskOptions & { door?: ApiDoor }): Promise<Answer>;
  /** Where it answers by TCP, for programs that ask by themselves. */
  port(): Promise<number>;
  /** The same, answered while it comes. */
  open(path: string, options?: AskOptions & { door?: ApiDoor }): Promise<IncomingMessage>;
}

/** The path that an answer's Location means, where it is relative to what was asked. */
export function locationOf({ headers: { location } }: Pick<Answer, 'headers'>, asked: string): string {
  if (location === undefined) throw new Error('the answer has no Location');
  return new URL(location, `http://vncctl${asked}`).pathname;
}

/** To be called inside a test. The engine has image and network, the gateway answers at http://127.0.0.1:8080, nobody looks. */
export async function createTestApi({ extensions = [], ...options }: TestDesktopsOptions & { settings?: Partial<ApiSettings>; extensions?: readonly ExtensionMaker[] } = {}): Promise<TestApi> {
  const { api, parts } = createFakeApi(options);
  const { clock, tokens } = api;
  const server = await createApiServer(parts, extensions);
  const doors = lazyDoors(server);
  onTestFinished(async () => {
    await server.stop();
    await doors.stop();
  });
  const open: TestApi['open'] = (path, asked = {}) => send(doors.placeOf, 'GET', path, asked);
  return Object.assign(api, {
    server,
    async token(scope: Scope, lifeMs?: number) {
      const { secret } = await createToken(tokens, { name: '', scope, life: lifeMs === undefined ? 'never' : milliseconds(lifeMs) }, clock.now());
      return secret;
    },
    async ask(method: string, path: string, asked: AskOptions & { door?: ApiDoor } = {}) {
      const response = await send(doors.placeOf, method, path, asked);
      const body = await text(response);
      return { status: response.statusCode ?? 0, headers: response.headers, body, json: <T>() => JSON.parse(body) as T };
    },
    open,
    port: async () => Number((await doors.placeOf('tcp')).port),
  });
}

interface Place {
  socketPath?: string;
  host?: string;
  port?: number;
}

// Listening takes a while that most tests need not spend twice.
function lazyDoors(server: ApiServer): { placeOf(door: ApiDoor): Promise<Place>; stop(): Promise<void> } {
  const open = new Map<ApiDoor, { place: Promise<Place>; stop: () => Promise<void> }>();
  const listen = (which: ApiDoor): { place: Promise<Place>; stop: () => Promise<void> } => {
    const routes: DoorRoutes = {
      request(request, response) {
        server.handle(request, response, which);
        return true;
      },
      upgrade: () => false,
    };
    const door = createDoor({ routes: [routes], readiness: () => ({ ready: true, counts: {} }) });
    if (which === 'tcp') return { place: door.listen({ host: '127.0.0.1', port: 0 }).then((address) => ({ host: '127.0.0.1', port: Number(address.split(':')[1]) })), stop: () => door.stop() };
    const folder = mkdtempSync(join(tmpdir(), 'vncctl-api-'));
    const socketPath = join(folder, 'own', 'daemon.sock');
    return {
      place: listenOnSocket(door, socketPath).then(() => ({ socketPath })),
      async stop() {
        await door.stop();
        rmSync(folder, { recursive: true });
      },
    };
  };
  return {
    placeOf(door) {
      const found = open.get(door) ?? listen(door);
      open.set(door, found);
      return found.place;
    },
    async stop() {
      for (const { stop } of open.values()) await stop();
    },
  };
}

async function send(placeOf: (door: ApiDoor) => Promise<Place>, method: string, path: string, { token, headers = {}, body, door = 'tcp' }: AskOptions & { door?: ApiDoor }): Promise<IncomingMessage> {
  const place = await placeOf(door);
  return new Promise((resolve, reject) => {
    const sent = requestHttp({
      ...place,
      path,
      method,
      agent: false,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    sent.once('error', reject);
    sent.once('response', resolve);
    sent.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}
