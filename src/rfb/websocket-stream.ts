// A ByteStream over a WebSocket with the "binary" subprotocol, as websockify speaks it: for desktops whose containers
// can't be dialled from here. `ws` is loaded on first use, because a command that dials TCP should not pay for it.
import type { WebSocket } from 'ws';
import { BufferedByteStream, type ByteCarrier, type ByteStream } from './byte-stream.ts';
import { RfbFailure } from './failure.ts';

/**
 * Connects to a ws: or wss: URL. Rejects with RfbFailure `ended` when nobody answers there or the answer is HTTP 5xx, `not-rfb`
 * when it is any other HTTP answer than an upgrade, or with the signal's reason, which also ends the stream later on.
 */
export async function connectWebSocket(url: string, options: { signal: AbortSignal }): Promise<ByteStream> {
  const { signal } = options;
  const { WebSocket: Client } = await import('ws');
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = new Client(url, ['binary'], { perMessageDeflate: false, maxPayload: MESSAGE_MOST_BYTES });
    const stream = new BufferedByteStream(webSocketCarrier(socket));
    const finish = (reason: unknown): void => {
      signal.removeEventListener('abort', abort);
      stream.end(reason);
      reject(reason);
      socket.terminate();
    };
    const abort = (): void => {
      stream.abandon(signal.reason);
      finish(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.on('open', () => resolve(stream));
    socket.on('message', (data) => stream.push(toBuffer(data)));
    onWebSocketEnd(socket, url, finish);
  });
}

/** What comes is cut into messages by the other side's bridge, which reads 64 KiB at a time. */
const MESSAGE_MOST_BYTES = 1024 * 1024;

/** With this code, or none (RFC 6455, 7.4.1). */
const CLOSED_IN_ORDER: readonly number[] = [1000, 1005];

/** What carries a stream's bytes over the WebSocket. */
export function webSocketCarrier(socket: WebSocket): ByteCarrier {
  return {
    write: (bytes) => socket.send(bytes),
    // Not close(): that waits for the peer's answer and would keep a finished command alive.
    close: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
}

/** Tells why nothing comes over the WebSocket to `url` any more, in the words of `connectWebSocket`, and whether its peer closed it in good order. May tell it more than once: the first one counts. */
export function onWebSocketEnd(socket: WebSocket, url: string, ended: (failure: RfbFailure, isClean: boolean) => void): void {
  socket.on('unexpected-response', (_request, response) => {
    const status = response.statusCode ?? 0;
    ended(new RfbFailure(status >= 500 ? 'ended' : 'not-rfb', `${url} answered HTTP ${status} instead of a WebSocket`), false);
  });
  socket.on('close', (code) => ended(new RfbFailure('ended', `${url} closed the WebSocket (code ${code})`), CLOSED_IN_ORDER.includes(code)));
  socket.on('error', (error) => ended(new RfbFailure('ended', `${url}: ${error.message}`, { cause: error }), false));
}

function toBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
