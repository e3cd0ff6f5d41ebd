// The container's end of a tunnel where its address can't be dialled: a WebSocket to its published port, as websockify speaks it.
// The same contract as rfb-link.ts over a slower way: each message is copied into a frame.
import { WebSocket } from 'ws';
import type { Clock } from '../core/clock.ts';
import { BufferedByteStream } from '../rfb/byte-stream.ts';
import { RfbFailure } from '../rfb/failure.ts';
import { onWebSocketEnd, webSocketCarrier } from '../rfb/websocket-stream.ts';
import { frameOf } from './frame.ts';
import { CLOSE_WITHIN_MS, type LinkOptions, type LinkReader, openLink, type OpeningLink, type RfbLink } from './rfb-link.ts';

/** websockify sends what it has read at once, 64 KB at most. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const WRITE_BELOW_BYTES = 64 * 1024;

/** The same as `openRfbLink`, to a ws: URL. Rejects with RfbFailure `not-rfb` too: when something else answers there. */
export function openWebSocketLink(url: string, options: LinkOptions): Promise<RfbLink> {
  return openLink(() => new WebSocketLink(url, options.clock), options);
}

class WebSocketLink implements OpeningLink {
  readonly stream: BufferedByteStream;
  readonly connected: Promise<void>;
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  #reader: LinkReader | undefined;
  /** What came after the reader had said false: a paused socket still tells what it had read. */
  #held: Buffer[] = [];
  #waiting = false;
  #full = false;
  #closed = false;
  #end: { failure: Error | undefined } | undefined;

  constructor(url: string, clock: Clock) {
    this.#clock = clock;
    const socket = new WebSocket(url, ['binary'], { perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
    this.#socket = socket;
    this.stream = new BufferedByteStream(webSocketCarrier(socket));
    this.connected = new Promise((resolve, reject) => {
      socket.once('open', () => resolve());
      onWebSocketEnd(socket, url, (failure, isClean) => {
        reject(failure);
        this.#finish(isClean ? undefined : failure);
      });
    });
    socket.on('message', (data) => this.#take(data as Buffer));
  }

  pass(reader: LinkReader): void {
    const rest = this.stream.rest();
    this.#reader = reader;
    if (rest.length > 0) this.#hand(rest);
    this.#tellEnd();
  }

  resume(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    while (this.#held.length > 0 && !this.#waiting) this.#hand(this.#held.shift() ?? Buffer.alloc(0));
    if (this.#waiting) return;
    this.#socket.resume();
    this.#tellEnd();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return true;
    this.#socket.send(bytes, () => this.#sent());
    this.#full = this.#socket.bufferedAmount > WRITE_BELOW_BYTES;
    return !this.#full;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader = undefined;
    if (this.#socket.bufferedAmount === 0) {
      this.#socket.terminate();
      return;
    }
    const gone = new AbortController();
    this.#socket.once('close', () => gone.abort());
    this.#clock.sleep(CLOSE_WITHIN_MS, gone.signal).then(
      () => this.#socket.terminate(),
      () => undefined,
    );
    this.#socket.close();
    // A paused one would never see the answer to its close.
    this.#socket.resume();
  }

  fail(reason: unknown): void {
    this.stream.end(reason);
    this.#closed = true;
    this.#socket.terminate();
  }

  #take(bytes: Buffer): void {
    if (this.#closed) return;
    if (this.#reader === undefined) this.stream.push(bytes);
    else if (this.#waiting) this.#held.push(bytes);
    else this.#hand(bytes);
  }

  #hand(bytes: Buffer): void {
    if (this.#reader?.frame(frameOf(bytes), bytes.length) !== false) return;
    this.#waiting = true;
    this.#socket.pause();
  }

  #sent(): void {
    if (!this.#full || this.#socket.bufferedAmount > 0) return;
    this.#full = false;
    this.#reader?.drained();
  }

  #finish(failure: Error | undefined): void {
    this.#end ??= { failure };
    this.stream.end(failure ?? new RfbFailure('ended', 'the desktop closed the connection'));
    this.#tellEnd();
  }

  /** After all that came before the end, and once. */
  #tellEnd(): void {
    if (this.#end === undefined || this.#held.length > 0) return;
    const reader = this.#reader;
    if (reader === undefined) return;
    this.#reader = undefined;
    reader.ended(this.#end.failure);
  }
}
