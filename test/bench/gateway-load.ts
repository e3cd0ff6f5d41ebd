// The load for a bridge between WebSocket and TCP: a server that stands for the desktops, and viewers that speak just enough
// WebSocket to be served, so that the load costs little beside what it measures.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A picture 30 times a second. */
const FRAME_MS = 33;
const REQUEST = [
  'GET /websockify HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Protocol: binary',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '',
  '',
].join('\r\n');
const MESSAGE_BYTES = 8;
/** A pointer event's length, masked with zeroes. */
const MESSAGE = Buffer.concat([Buffer.of(0x82, 0x80 | MESSAGE_BYTES, 0, 0, 0, 0), Buffer.alloc(MESSAGE_BYTES, 5)]);
const ANSWER_BYTES = 2 + MESSAGE_BYTES;

export interface DesktopStand {
  port: number;
  /** Bytes written to all connections. */
  written(): number;
  /** Writes to each connection at this rate until called back. */
  pace(bytesPerSecond: number): () => void;
  stop(): Promise<void>;
}

/** Echoes what it is told. */
export async function startDesktopStand(): Promise<DesktopStand> {
  const sockets = new Set<Socket>();
  let written = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => socket.write(chunk));
  });
  server.listen(0, '127.0.0.1', 1_024);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    written: () => written,
    pace(bytesPerSecond) {
      const picture = Buffer.alloc(Math.round((bytesPerSecond * FRAME_MS) / 1000), 7);
      const timer = setInterval(() => {
        for (const socket of sockets) {
          // One that is behind misses a picture, as a real one would.
          if (socket.writableLength > 0) continue;
          socket.write(picture);
          written += picture.length;
        }
      }, FRAME_MS);
      return () => clearInterval(timer);
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface Viewers {
  /** Sends a message on each of the first connections as soon as the one before was answered; resolves with the milliseconds of every round trip. */
  echo(count: number, forMs: number): Promise<number[]>;
  close(): void;
}

/** Connects one after another and throws away what comes. */
export async function connectViewers(port: number, count: number): Promise<Viewers> {
  const viewers: { socket: Socket; onBytes(bytes: number): void }[] = [];
  const shared = Buffer.allocUnsafe(64 * 1024);
  for (let index = 0; index < count; index++) {
    const viewer = { socket: undefined as unknown as Socket, onBytes: (_bytes: number): void => undefined };
    await new Promise<void>((resolve, reject) => {
      let answer = '';
      let open = false;
      const callback = (bytes: number): boolean => {
        if (open) viewer.onBytes(bytes);
        else {
          answer += shared.toString('latin1', 0, bytes);
          open = answer.includes('\r\n\r\n');
          if (open && answer.startsWith('HTTP/1.1 101 ')) resolve();
          else if (open) reject(new Error(answer));
        }
        return true;
      };
      viewer.socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: shared, callback } });
      viewer.socket.on('error', reject);
      viewer.socket.write(REQUEST);
    });
    viewers.push(viewer);
  }
  return {
    async echo(count, forMs) {
      const trips: number[] = [];
      const until = performance.now() + forMs;
      await Promise.all(
        viewers.slice(0, count).map(
          (viewer) =>
            new Promise<void>((resolve) => {
              let sentAt = performance.now();
              let missing = ANSWER_BYTES;
              viewer.onBytes = (bytes) => {
                missing -= bytes;
                if (missing > 0) return;
                const now = performance.now();
                trips.push(now - sentAt);
                if (now >= until) return resolve();
                missing = ANSWER_BYTES;
                sentAt = now;
                viewer.socket.write(MESSAGE);
              };
              viewer.socket.write(MESSAGE);
            }),
        ),
      );
      return trips;
    },
    close() {
      for (const { socket } of viewers) socket.destroy();
    },
  };
}
