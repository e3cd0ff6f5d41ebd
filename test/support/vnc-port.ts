// A TCP port at which any VNC client finds the screen behind a gateway's link: each connection gets a WebSocket of its own.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { afterAll } from 'vitest';
import { createWebSocketStream } from 'ws';
import { joinScreen, type Visit } from './gateway-visitor.ts';

/** Opens one on loopback, for the file's tests; returns its number. */
export async function startVncPort(visit: Visit): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const screen = createWebSocketStream(joinScreen(visit));
    // Either end may go at any time; the client says what it misses.
    pipeline(socket, screen, socket).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
