// A stand-in for websockify without a VNC server: a WebSocket server on loopback whose ends a test holds.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { eventually } from './eventually.ts';

export interface FakeWebsockify {
  url: string;
  /** Subprotocols that the first client offered. */
  offered: readonly string[];
  /** The server's end of the first connection. */
  peer(): Promise<WebSocket>;
  stop(): Promise<void>;
}

/** Starts one on a free port. */
export async function startFakeWebsockify(): Promise<FakeWebsockify> {
  const peers: WebSocket[] = [];
  const offered: string[] = [];
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    perMessageDeflate: false,
    handleProtocols(protocols) {
      offered.push(...protocols);
      return 'binary';
    },
  });
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    peers.push(socket);
  });
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/websockify`,
    offered,
    async peer() {
      await eventually(() => peers.length > 0);
      const [first] = peers;
      if (first === undefined) throw new Error('unreachable');
      return first;
    },
    async stop() {
      for (const peer of peers) peer.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}
