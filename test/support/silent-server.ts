// A Unix socket that takes connections and requests and never answers: an engine that hangs.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

export interface SilentServer {
  path: string;
  /** Connections open now. */
  readonly sockets: ReadonlySet<Socket>;
  /** Resolves once a request has come in. */
  asked(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSilentServer(): Promise<SilentServer> {
  const folder = await mkdtemp(join(tmpdir(), 'vncctl-silent-'));
  const path = join(folder, 'engine.sock');
  const sockets = new Set<Socket>();
  let heard = false;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => {
      heard = true;
    });
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    sockets,
    asked: () => eventually(() => heard),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
