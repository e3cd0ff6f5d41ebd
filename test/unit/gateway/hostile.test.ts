// Those who mean no good, and a great many of them, at a whole gateway: door, routes, tunnels and the filter, over a container that says
// nothing. Whatever comes, those who behave are served, and nothing stays behind.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { randomFillSync } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock, type Clock } from '../../../src/core/clock.ts';
import { filterFor } from '../../../src/gateway/message-filter.ts';
import { openRfbLink } from '../../../src/gateway/rfb-link.ts';
import { createTunnels, type Tunnels } from '../../../src/gateway/tunnels.ts';
import { serveHandshake } from '../../../src/rfb/server-handshake.ts';
import { comesTrue, eventually } from '../../support/eventually.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { ONE, openGateway, type TestGateway, WEBSOCKET_HEADERS } from '../../support/test-gateway.ts';
import { DEFAULT_TUNNEL_LIMITS } from '../../support/tunnel-limits.ts';
import { maskedFrame } from '../../support/tunnel-stand.ts';

const BINARY = 2;
const CLOSE = 8;
const HANDSHAKE = Buffer.from('RFB 003.008\n\x01\x01');

interface Stand extends TestGateway {
  tunnels: Tunnels;
  /** The container's ends that are open. */
  held: ReadonlySet<Socket>;
  /** A bare connection that has asked for nothing. */
  stranger(): Socket;
  /** One that was let in, and is through the WebSocket's handshake. */
  viewer(): Promise<Socket>;
}

async function startStand(clock: Clock = systemClock): Promise<Stand> {
  const held = new Set<Socket>();
  const container = createServer((socket) => {
    held.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => held.delete(socket));
    socket.resume();
  });
  container.listen(0, '127.0.0.1', 1_024);
  await once(container, 'listening');
  const place = { host: '127.0.0.1', port: (container.address() as AddressInfo).port };
  const tunnels = createTunnels({ clock, limits: { ...DEFAULT_TUNNEL_LIMITS, drainMs: 1_000 } });
  const gateway = await openGateway({
    upgrade(request, socket, head, { desktopId, mode }) {
      const dial = (signal: AbortSignal) => openRfbLink(place, { clock, signal, authenticate: async () => undefined });
      tunnels.accept(request, socket, head, { desktop: desktopId, viewOnly: mode === 'view-only', address: '127.0.0.1', dial, greet: serveHandshake, filter: filterFor(mode) });
    },
  });
  const mine = new Set<Socket>();
  onTestFinished(async () => {
    for (const socket of [...mine, ...held]) socket.destroy();
    container.close();
    await tunnels.stop();
  });
  const stranger = (): Socket => {
    const socket = connect(gateway.port, '127.0.0.1');
    mine.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => mine.delete(socket));
    return socket;
  };
  // One ticket joins a hundred times at once, and no more.
  let joined = 0;
  let opened = gateway.open();
  const upgrade = async (): Promise<string> => {
    if (++joined % 100 === 0) opened = gateway.open();
    const headers = Object.entries({ host: `127.0.0.1:${gateway.port}`, ...WEBSOCKET_HEADERS, ...(await opened), origin: gateway.origin });
    return `GET /d/${ONE}/ws HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  };
  return {
    ...gateway,
    tunnels,
    held,
    stranger,
    async viewer() {
      const request = await upgrade();
      const socket = stranger();
      socket.write(request);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      if (!answer.toString('latin1').startsWith('HTTP/1.1 101 ')) throw new Error(answer.toString('latin1'));
      return socket;
    },
  };
}

/** Somebody who behaves is still served. */
async function isServed({ viewer, tunnels }: Stand): Promise<void> {
  const before = tunnels.list().length;
  const socket = await viewer();
  expect(tunnels.list()).toHaveLength(before + 1);
  socket.destroy();
  await eventually(() => tunnels.list().length === before);
}

/** Bytes in use after a full collection. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const WAYS_TO_LEAVE: ((socket: Socket) => void)[] = [
  (socket) => socket.end(maskedFrame(CLOSE, Buffer.alloc(0))),
  (socket) => socket.destroy(),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.end(maskedFrame(BINARY, HANDSHAKE)),
  // In the middle of a frame.
  (socket) => socket.end(maskedFrame(BINARY, HANDSHAKE).subarray(0, 9)),
  (socket) => socket.end(maskedFrame(BINARY, Buffer.from('GET / HTTP/1.1\r\n'))),
];

test('ten thousand opens and closes leave nothing behind', async () => {
  const stand = await startStand();
  const comeAndGo = async (count: number): Promise<void> => {
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < count) {
        const leave = WAYS_TO_LEAVE[next++ % WAYS_TO_LEAVE.length];
        const socket = await stand.viewer();
        const gone = once(socket.resume(), 'close');
        leave?.(socket);
        await gone;
      }
    };
    await Promise.all(Array.from({ length: 20 }, one));
    await eventually(() => stand.tunnels.list().length === 0 && stand.held.size === 0);
  };
  await comeAndGo(2_000);
  const before = heapBytes();
  await comeAndGo(8_000);
  // Two hundred bytes kept of each would be seen. What is free is given back by and by.
  await comesTrue('no more is in use than before', () => heapBytes() - before < 1_600_000);
  await eventually(() => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length <= 1);
  await isServed(stand);
}, 180_000);

test('garbage in any place ends who sends it, and nobody else', async () => {
  const stand = await startStand();
  const garbage = (bytes: number): Buffer => randomFillSync(Buffer.alloc(bytes));
  for (let round = 0; round < 100; round++) {
    const [stranger, inFrames, inMessages, afterHandshake] = [stand.stranger(), await stand.viewer(), await stand.viewer(), await stand.viewer()];
    const gone = [stranger, inFrames, inMessages].map((socket) => once(socket.resume(), 'close'));
    stranger.end(garbage(200));
    inFrames.end(garbage(200));
    inMessages.end(maskedFrame(BINARY, garbage(100)));
    // A full viewer may say what it likes to its desktop.
    afterHandshake.write(Buffer.concat([maskedFrame(BINARY, HANDSHAKE), maskedFrame(BINARY, garbage(100))]));
    await Promise.all(gone);
    afterHandshake.destroy();
  }
  await eventually(() => stand.tunnels.list().length === 0);
  await isServed(stand);
}, 30_000);

test('a message without end costs no memory', async () => {
  const stand = await startStand();
  const socket = await stand.viewer();
  const announced = 32 * 1024 * 1024;
  const head = Buffer.concat([Buffer.of(6, 0, 0, 0), Buffer.alloc(4)]);
  head.writeUInt32BE(announced, 4);
  socket.write(Buffer.concat([maskedFrame(BINARY, HANDSHAKE), maskedFrame(BINARY, head)]));
  const piece = Buffer.concat(Array.from({ length: 1_000 }, () => maskedFrame(BINARY, Buffer.alloc(100, 5))));
  const before = heapBytes();
  for (let sent = 0; sent + 100_000 <= announced; sent += 100_000) {
    if (!socket.write(piece)) await once(socket, 'drain');
  }
  await eventually(() => (stand.tunnels.list()[0]?.fromViewerBytes ?? 0) > announced - 200_000);
  await comesTrue('nothing of it is kept', () => heapBytes() - before < 1_000_000);
}, 30_000);

test('what comes byte by byte is waited for no longer than twenty seconds, while others are served', async () => {
  const stand = await startStand();
  const host = `HTTP/1.1\r\nHost: 127.0.0.1:${stand.port}\r\n`;
  const slow = {
    headers: `GET /healthz ${host}X-Slow: `,
    webSocket: `GET /d/${ONE}/ws ${host}Connection: Upgrade\r\nUpgrade: websocket\r\nX-Slow: `,
    ticket: `POST /d/${ONE}/session ${host}Content-Type: application/json\r\nContent-Length: 900\r\n\r\n`,
  };
  const beganMs = performance.now();
  const drips = Object.values(slow).flatMap((begin) =>
    Array.from({ length: 30 }, () => {
      const socket = stand.stranger();
      socket.write(begin);
      const timer = setInterval(() => socket.write(' '), 100);
      return once(socket.resume(), 'close').then(() => clearInterval(timer));
    }),
  );
  await isServed(stand);
  await Promise.all(drips);
  expect(performance.now() - beganMs).toBeLessThan(21_000);
}, 30_000);

test('the handshake of RFB byte by byte is waited for no longer than fifteen seconds', async () => {
  const clock = createFakeClock({ passUpToMs: 0 });
  const stand = await startStand(clock);
  const socket = await stand.viewer();
  const heard: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => heard.push(chunk));
  for (const [second, byte] of [...HANDSHAKE.subarray(0, 13)].entries()) {
    socket.write(maskedFrame(BINARY, Buffer.of(byte)));
    await eventually(() => stand.tunnels.list()[0]?.fromViewerBytes === second + 1);
    clock.advance(1_100);
  }
  expect(stand.tunnels.list()).toHaveLength(1);
  clock.advance(1_100);
  await eventually(() => Buffer.concat(heard).includes('no handshake in time'));
});
