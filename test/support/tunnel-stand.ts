// The gateway's tunnels between an HTTP server and a TCP server on loopback, and viewers for them: what the tests of the tunnel
// stand on. The TCP server stands for a container that asks for no authentication.
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { systemClock, type Clock } from '../../src/core/clock.ts';
import { openRfbLink } from '../../src/gateway/rfb-link.ts';
import type { TunnelSession, TunnelState } from '../../src/gateway/tunnel.ts';
import { createTunnels, type TunnelLimits, type Tunnels } from '../../src/gateway/tunnels.ts';
import { eventually } from './eventually.ts';
import { DEFAULT_TUNNEL_LIMITS } from './tunnel-limits.ts';

export interface TunnelStandOptions {
  clock?: Clock;
  limits?: Partial<TunnelLimits>;
  /** What differs in each session from one that lets everything pass. */
  session?: Partial<TunnelSession>;
}

export interface TunnelStand {
  tunnels: Tunnels;
  port: number;
  /** Of the TCP server. */
  containerPort: number;
  /** How each tunnel ended. */
  ends: { state: TunnelState; failure: unknown }[];
  /** The container's ends, in the order of their coming. */
  peers: Socket[];
  /** Resolves with the container's end number `index`. */
  peer(index?: number): Promise<Socket>;
  /** A viewer that is through the WebSocket handshake. */
  viewer(protocols?: string[]): Promise<Viewer>;
  /** A viewer that speaks through a bare socket and reads nothing unless told to, through the WebSocket handshake. */
  bareViewer(): Promise<Socket>;
  stop(): Promise<void>;
}

export interface Viewer {
  socket: WebSocket;
  /** Everything that has come so far. */
  received(): Buffer;
  /** Sizes of the messages that have come so far. */
  sizes: number[];
  closed: Promise<{ code: number; reason: string }>;
}

/** Starts both servers on free ports. */
export async function startTunnelStand({ clock = systemClock, limits, session }: TunnelStandOptions = {}): Promise<TunnelStand> {
  const peers: Socket[] = [];
  let stopping = false;
  const container = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    peers.push(socket);
    if (stopping) socket.destroy();
  });
  container.listen(0, '127.0.0.1');
  await once(container, 'listening');
  const place = { host: '127.0.0.1', port: (container.address() as AddressInfo).port };

  const ends: TunnelStand['ends'] = [];
  const tunnels = createTunnels({ clock, limits: { ...DEFAULT_TUNNEL_LIMITS, ...limits }, onEnd: (state, failure) => ends.push({ state, failure }) });
  const http = createHttpServer();
  http.on('upgrade', (request, socket, head) =>
    tunnels.accept(request, socket, head, {
      desktop: 'desktop',
      viewOnly: false,
      address: '127.0.0.1',
      dial: (signal) => openRfbLink(place, { clock, signal, authenticate: async () => undefined }),
      filter: (chunk) => ({ forward: [chunk], input: false }),
      ...session,
    }),
  );
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const viewers = new Set<{ destroy(): void }>();

  return {
    tunnels,
    port,
    containerPort: place.port,
    ends,
    peers,
    async peer(index = 0) {
      await eventually(() => peers.length > index);
      const peer = peers[index];
      if (peer === undefined) throw new Error('unreachable');
      return peer;
    },
    async viewer(protocols = ['binary']) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, protocols, { perMessageDeflate: false });
      viewers.add({ destroy: () => socket.terminate() });
      const chunks: Buffer[] = [];
      const sizes: number[] = [];
      socket.on('message', (data) => {
        chunks.push(data as Buffer);
        sizes.push((data as Buffer).length);
      });
      socket.on('error', () => undefined);
      const closed = new Promise<{ code: number; reason: string }>((resolve) => {
        socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
      });
      await Promise.race([once(socket, 'open'), closed]);
      return { socket, sizes, closed, received: () => Buffer.concat(chunks) };
    },
    async bareViewer() {
      const socket = connect(port, '127.0.0.1');
      viewers.add(socket);
      socket.on('error', () => undefined);
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
      await once(socket, 'readable');
      const answer = String(socket.read());
      if (!answer.startsWith('HTTP/1.1 101 ')) throw new Error(answer);
      socket.pause();
      return socket;
    },
    async stop() {
      stopping = true;
      for (const viewer of viewers) viewer.destroy();
      for (const peer of peers) peer.destroy();
      await tunnels.stop();
      http.closeAllConnections();
      http.close();
      container.close();
      await Promise.all([once(http, 'close'), once(container, 'close')]);
    },
  };
}

/** A client's frame with a mask of zeroes. */
export function maskedFrame(opcode: number, payload: Uint8Array, final = true): Buffer {
  if (payload.length > 125) throw new Error('only short frames are made here');
  return Buffer.concat([Buffer.of((final ? 0x80 : 0) | opcode, 0x80 | payload.length, 0, 0, 0, 0), payload]);
}
