// Somebody who looks at a desktop: a real client of the VNC protocol that asks for pictures, over TCP or a WebSocket.
import { once } from 'node:events';
import { afterEach } from 'vitest';
import { WebSocket } from 'ws';
import { BufferedByteStream, type ByteStream } from '../../src/rfb/byte-stream.ts';
import { authenticate, initialise } from '../../src/rfb/handshake.ts';
import { connectTcp } from '../../src/rfb/tcp-stream.ts';
import { connectWebSocket, onWebSocketEnd, webSocketCarrier } from '../../src/rfb/websocket-stream.ts';

export interface RfbViewer {
  /** Resolves once the desktop has sent a picture that was asked for now; rejects when it is gone. */
  picture(): Promise<void>;
  leave(): void;
}

const LIMIT_MS = 20_000;
const FRAMEBUFFER_UPDATE = 0;

/** Looks over TCP, like a VNC client; an address like 172.18.0.2. To be called inside a test, whose end takes the viewer along. */
export function lookDirectly(address: string): Promise<RfbViewer> {
  return look((signal) => connectTcp(address, 5900, { signal }));
}

/** Looks through a published port, as noVNC in a browser does. */
export function lookInBrowser(hostPort: number, secret: string | undefined): Promise<RfbViewer> {
  return look((signal) => connectWebSocket(`ws://127.0.0.1:${hostPort}/websockify`, { signal }), secret);
}

/** Looks through a WebSocket that needs nothing but its address. */
export function lookAtSocket(url: string): Promise<RfbViewer> {
  return look((signal) => connectWebSocket(url, { signal }));
}

/** Looks through the daemon's gateway, as the viewer page does that a link with a ticket opens. Rejects when the ticket is not taken. */
export function lookThroughGateway(link: string): Promise<RfbViewer> {
  return look((signal) => connectThroughGateway(link, signal));
}

/** The stream of a viewer that has opened such a link; its greeting is not read yet. */
export async function connectThroughGateway(link: string, signal: AbortSignal): Promise<ByteStream> {
  const page = new URL(link);
  const { origin } = page;
  const body = JSON.stringify({ ticket: new URLSearchParams(page.hash.slice(1)).get('ticket') });
  const answer = await fetch(new URL('session', page), { method: 'POST', headers: { 'content-type': 'application/json', origin }, body, signal });
  if (answer.status !== 204) throw new Error(`the link was not opened: HTTP ${answer.status}`);
  const [cookie = ''] = answer.headers.getSetCookie().map((line) => line.split(';')[0]);
  const url = `ws://${page.host}${page.pathname}ws`;
  const socket = new WebSocket(url, ['binary', `vncctl.session.${answer.headers.get('x-vncctl-session')}`], { headers: { cookie, origin } });
  const stream = new BufferedByteStream(webSocketCarrier(socket));
  socket.on('message', (data) => stream.push(data as Buffer));
  onWebSocketEnd(socket, url, (failure) => stream.end(failure));
  await once(socket, 'open', { signal });
  return stream;
}

const looking = new Set<RfbViewer>();
afterEach(() => {
  for (const viewer of looking) viewer.leave();
});

async function look(connect: (signal: AbortSignal) => Promise<ByteStream>, secret?: string): Promise<RfbViewer> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new Error(`the desktop did not answer a viewer within ${LIMIT_MS} ms`)), LIMIT_MS);
  const stream = await connect(limit.signal);
  await authenticate(stream, { secret });
  const { pixelFormat } = await initialise(stream);
  clearTimeout(timer);
  const viewer: RfbViewer = {
    async picture() {
      // The upper left pixel, whole and now (RFC 6143, section 7.5.3); raw, since no other encoding was offered.
      stream.write(Buffer.of(3, 0, 0, 0, 0, 0, 0, 1, 0, 1));
      const [type] = await stream.read(4);
      if (type !== FRAMEBUFFER_UPDATE) throw new Error(`the desktop answered with message ${type}`);
      await stream.read(12 + pixelFormat.bitsPerPixel / 8);
    },
    leave() {
      looking.delete(viewer);
      stream.close();
    },
  };
  looking.add(viewer);
  return viewer;
}
