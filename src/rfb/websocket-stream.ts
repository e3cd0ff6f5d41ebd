// A ByteStream over a WebSocket with the "binary" subprotocol, as websockify speaks it: for desktops whose containers
// can't be dialled from here. `ws` is loaded on first use, because a command that dials TCP should not pay for it.
import { BufferedByteStream, type ByteStream } from './byte-stream.ts';
import { RfbFailure } from './failure.ts';

/**
 * Connects to a ws: or wss: URL. Rejects with RfbFailure `ended` when nobody answers there or the answer is HTTP 5xx, `not-rfb`
 * when it is any other HTTP answer than an upgrade, or with the signal's reason, which also ends the stream later on.
 */
export async function connectWebSocket(url: string, options: { signal: AbortSignal }): Promise<ByteStream> {
  const { signal } = options;
  const { WebSocket } = await import('ws');
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, ['binary'], { perMessageDeflate: false });
    const stream = new BufferedByteStream({
      write: (bytes) => socket.send(bytes),
      // Not close(): that waits for the peer's answer and would keep a finished command alive.
      close: () => socket.terminate(),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
    });
    const finish = (reason: unknown): void => {
      signal.removeEventListener('abort', abort);
      stream.end(reason);
      reject(reason);
      socket.terminate();
    };
    const abort = (): void => finish(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    socket.on('open', () => resolve(stream));
    socket.on('message', (data) => stream.push(toBuffer(data)));
    socket.on('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? 0;
      finish(new RfbFailure(status >= 500 ? 'ended' : 'not-rfb', `${url} answered HTTP ${status} instead of a WebSocket`));
    });
    socket.on('close', (code) => finish(new RfbFailure('ended', `${url} closed the WebSocket (code ${code})`)));
    socket.on('error', (error) => finish(new RfbFailure('ended', `${url}: ${error.message}`, { cause: error })));
  });
}

function toBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
