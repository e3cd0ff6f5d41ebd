// A stand-in between vncctl and the engine that can stop a chosen request on its way there or its answer on the way back,
// go silent, or go away: how a test puts a process at an exact point of its work without any hook in the product.
import { once } from 'node:events';
import { linkSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { dialOptions } from './engine-api.ts';

/** Which request to stop. */
export interface Catch {
  method: string;
  /** Matched against the path and query, without the API version. */
  path: RegExp;
  /** `request`: the engine hasn't seen it. `answer`: the engine has done it and the caller doesn't know. */
  stop: 'request' | 'answer';
  /** How many matching requests to let through first; none when absent. */
  skip?: number;
}

export interface Caught {
  /** Resolves when the request, or its answer, is being held. */
  readonly held: Promise<void>;
  release(): void;
}

export interface EngineProxy {
  /** As DOCKER_HOST takes it. */
  readonly address: string;
  /** Every request that came in, like "POST /containers/create?name=x", in order. */
  readonly log: readonly string[];
  /** The JSON bodies among those requests, with the address that each was sent to. */
  readonly bodies: readonly { line: string; body: string }[];
  /** Holds the next request that matches, once. */
  hold(what: Catch): Caught;
  /** Resolves once `count` more requests have come in that match. */
  seen(line: RegExp, count: number): Promise<void>;
  /** Takes every connection and never answers on it again. */
  silence(): void;
  /** Cuts every connection; nothing listens from now on. */
  cut(): void;
  /** Listens again after a cut. */
  mend(): Promise<void>;
  /** Ends silence and forgets holds that were never met; what is held is let go. */
  reset(): void;
  stop(): Promise<void>;
}

interface Hold extends Catch {
  left: number;
  open: Promise<void>;
  catches(): void;
  release(): void;
}

/** Starts a proxy on a Unix socket at `socketPath` in front of the engine at `engine`. */
export async function startEngineProxy(engine: string, socketPath: string): Promise<EngineProxy> {
  const log: string[] = [];
  const bodies: { line: string; body: string }[] = [];
  const holds = new Set<Hold>();
  const met = new Set<Hold>();
  const sockets = new Set<Socket>();
  const watches: { line: RegExp; left: number; enough: () => void }[] = [];
  let silent = false;

  const take = (line: string, stop: Catch['stop']): Hold | undefined => {
    for (const hold of holds) {
      const [method = '', path = ''] = line.split(/ (.*)/s);
      if (hold.stop !== stop || hold.method !== method || !hold.path.test(path)) continue;
      if (hold.left-- > 0) return undefined;
      holds.delete(hold);
      met.add(hold);
      return hold;
    }
    return undefined;
  };

  const pass = async (incoming: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const line = `${incoming.method} ${(incoming.url ?? '').replace(/^\/v[\d.]+(?=\/)/, '')}`;
    log.push(line);
    for (const watch of watches) if (watch.line.test(line) && --watch.left === 0) watch.enough();
    if (silent) return;
    await heldBy(take(line, 'request'));
    if (answer.destroyed) return;
    const forwarded = request({ ...dialOptions(engine), method: incoming.method, path: incoming.url, headers: incoming.headers, agent: false });
    // A caller that went away takes its call along, as it does without a proxy.
    answer.on('close', () => forwarded.destroy());
    forwarded.on('error', () => answer.destroy());
    if (incoming.headers['content-type'] === 'application/json') {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => bodies.push({ line, body: Buffer.concat(chunks).toString('utf8') }));
    }
    incoming.pipe(forwarded);
    const [response] = (await once(forwarded, 'response')) as [IncomingMessage];
    await heldBy(take(line, 'answer'));
    if (silent || answer.destroyed) return;
    answer.writeHead(response.statusCode ?? 502, response.headers);
    answer.flushHeaders();
    response.pipe(answer);
    response.on('error', () => answer.destroy());
  };

  const server = createServer((incoming, answer) => {
    pass(incoming, answer).catch(() => answer.destroy());
  });
  // Engines keep idle connections open.
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = async (): Promise<void> => {
    server.listen(socketPath);
    await once(server, 'listening');
  };
  await listen();
  const release = (): void => {
    for (const hold of met) hold.release();
    met.clear();
    holds.clear();
  };
  const cut = (): void => {
    if (server.listening) {
      // Closing takes the name away; a second name leaves what a killed engine leaves: a socket that refuses.
      rmSync(`${socketPath}.dead`, { force: true });
      linkSync(socketPath, `${socketPath}.dead`);
      server.close();
    }
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `unix://${socketPath}`,
    log,
    bodies,
    hold(what) {
      const caught = gate();
      const open = gate();
      holds.add({ ...what, left: what.skip ?? 0, open: open.passed, catches: caught.open, release: open.open });
      return { held: caught.passed, release: open.open };
    },
    seen(line, count) {
      const enough = gate();
      watches.push({ line, left: count, enough: enough.open });
      return enough.passed;
    },
    silence() {
      silent = true;
    },
    cut,
    async mend() {
      if (!server.listening) await listen();
    },
    reset() {
      silent = false;
      release();
    },
    async stop() {
      release();
      cut();
    },
  };
}

function gate(): { passed: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

async function heldBy(hold: Hold | undefined): Promise<void> {
  if (!hold) return;
  hold.catches();
  await hold.open;
}
