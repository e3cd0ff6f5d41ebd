// A ByteStream over a TCP socket: for desktops whose RFB port can be dialled.
import { connect } from 'node:net';
import { BufferedByteStream, type ByteStream } from './byte-stream.ts';
import { RfbFailure } from './failure.ts';

/** Connects to `host:port`. Rejects with RfbFailure `ended` when nobody answers there, or with the signal's reason, which also ends the stream later on. */
export function connectTcp(host: string, port: number, options: { signal: AbortSignal }): Promise<ByteStream> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const socket = connect({ host, port, noDelay: true });
    const stream = new BufferedByteStream({
      write: (bytes) => socket.write(bytes),
      close: () => socket.destroy(),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
    });
    const finish = (reason: unknown): void => {
      signal.removeEventListener('abort', abort);
      stream.end(reason);
      socket.destroy();
      reject(reason);
    };
    const abort = (): void => {
      stream.abandon(signal.reason);
      finish(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.on('connect', () => resolve(stream));
    socket.on('data', (chunk) => stream.push(chunk));
    socket.on('end', () => finish(new RfbFailure('ended', `${host}:${port} closed the connection`)));
    socket.on('close', () => finish(new RfbFailure('ended', `the connection to ${host}:${port} was closed`)));
    socket.on('error', (error) => finish(new RfbFailure('ended', `${host}:${port}: ${error.message}`, { cause: error })));
  });
}
