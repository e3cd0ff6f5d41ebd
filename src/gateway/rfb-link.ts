// The container's end of a tunnel: a TCP socket that is read into a buffer with room for a frame header in front, so that what
// comes out of it can be written to the viewer as it lies. Until then it is a ByteStream, for whoever authenticates.
import { connect, type Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { BufferedByteStream, type ByteStream } from '../rfb/byte-stream.ts';
import { RfbFailure } from '../rfb/failure.ts';
import { frameInPlace, frameOf, HEADER_MAX_BYTES } from './frame.ts';

/** Who takes over what the container says. */
export interface LinkReader {
  /** One frame of `bytes` bytes. False stops the reading until `resume`; only then is the frame's memory left alone. */
  frame(frame: Buffer, bytes: number): boolean;
  /** What was written has gone out, and more is welcome. */
  drained(): void;
  /** Nothing comes any more; a failure where the connection was lost. Told once. */
  ended(failure: Error | undefined): void;
}

export interface RfbLink {
  /** Hands over to a reader, with what has arrived already. To be called once. */
  pass(reader: LinkReader): void;
  /** Goes on after `frame` said false. */
  resume(): void;
  /** False where more should wait until `drained`. */
  write(bytes: Uint8Array): boolean;
  /** Sends what was written, within five seconds, and ends both directions. Idempotent; the reader hears no more. */
  close(): void;
}

export interface RfbPlace {
  host: string;
  port: number;
}

export interface LinkOptions {
  clock: Clock;
  /** Ends the attempt, not the link. */
  signal: AbortSignal;
  /** The client's side of the handshake, up to where the server waits for ClientInit. */
  authenticate(stream: ByteStream): Promise<unknown>;
}

/** For a stream 64 KB beat 16 KB by far, 128 KB saved another tenth, 256 KB nothing more; a quiet connection keeps the small one, for its memory. */
const SMALL_READ_BYTES = 4 * 1024;
const LARGE_READ_BYTES = 128 * 1024;
const SMALL_READS_IN_A_ROW = 64;
export const CLOSE_WITHIN_MS = 5_000;

/** Connects and authenticates. Rejects with RfbFailure (`ended` when nobody answers), or with the signal's reason; then nothing stays open. */
export function openRfbLink(place: RfbPlace, options: LinkOptions): Promise<RfbLink> {
  return openLink(() => new SocketLink(place, options.clock), options);
}

/** A link before it is handed over. */
export interface OpeningLink extends RfbLink {
  readonly stream: ByteStream;
  readonly connected: Promise<void>;
  /** Ends it as an attempt that came to nothing. */
  fail(reason: unknown): void;
}

/** Waits until a link is connected and authenticated, or ends it; `begin` makes it and dials. */
export async function openLink(begin: () => OpeningLink, { signal, authenticate }: LinkOptions): Promise<RfbLink> {
  signal.throwIfAborted();
  const link = begin();
  const abort = (): void => link.fail(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await link.connected;
    await authenticate(link.stream);
    signal.throwIfAborted();
    return link;
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    link.fail(reason);
    throw reason;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

class SocketLink implements OpeningLink {
  readonly stream: BufferedByteStream;
  readonly connected: Promise<void>;
  readonly #socket: Socket;
  readonly #clock: Clock;
  #buffer = Buffer.alloc(0);
  /** The part of the buffer that is read into. */
  #room = this.#buffer;
  #smallReads = 0;
  #reader: LinkReader | undefined;
  #waiting = false;
  #closed = false;
  #end: { failure: Error | undefined } | undefined;

  constructor({ host, port }: RfbPlace, clock: Clock) {
    this.#clock = clock;
    this.#allocate(SMALL_READ_BYTES);
    const socket = connect({
      host,
      port,
      noDelay: true,
      onread: { buffer: () => this.#room, callback: (bytes) => this.#take(bytes) },
    });
    this.#socket = socket;
    this.stream = new BufferedByteStream({
      write: (bytes) => socket.write(bytes),
      close: () => socket.destroy(),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
    });
    const where = `${host}:${port}`;
    this.connected = new Promise((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.on('error', (error) => {
        const failure = new RfbFailure('ended', `${where}: ${error.message}`, { cause: error });
        reject(failure);
        this.#finish(failure);
      });
      socket.once('close', () => {
        reject(new RfbFailure('ended', `the connection to ${where} was closed`));
        this.#finish(undefined);
      });
    });
    socket.on('end', () => this.#finish(undefined));
    socket.on('drain', () => this.#reader?.drained());
  }

  pass(reader: LinkReader): void {
    const rest = this.stream.rest();
    this.#reader = reader;
    if (rest.length > 0) this.#hand(frameOf(rest), rest.length);
    if (this.#waiting) this.#socket.pause();
    if (this.#end !== undefined) reader.ended(this.#end.failure);
  }

  resume(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#socket.resume();
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.writable ? this.#socket.write(bytes) : true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader = undefined;
    if (this.#socket.writableLength === 0) {
      this.#socket.destroy();
      return;
    }
    const gone = new AbortController();
    this.#socket.once('close', () => gone.abort());
    this.#clock.sleep(CLOSE_WITHIN_MS, gone.signal).then(
      () => this.#socket.destroy(),
      () => undefined,
    );
    this.#socket.destroySoon();
  }

  fail(reason: unknown): void {
    this.stream.end(reason);
    this.#closed = true;
    this.#socket.destroy();
  }

  #take(bytes: number): boolean {
    if (this.#closed) return true;
    if (this.#reader === undefined) {
      this.stream.push(Buffer.from(this.#room.subarray(0, bytes)));
      return !this.#socket.isPaused();
    }
    const goOn = this.#hand(frameInPlace(this.#buffer, bytes), bytes);
    this.#fit(bytes);
    return goOn;
  }

  #hand(frame: Buffer, bytes: number): boolean {
    const goOn = this.#reader?.frame(frame, bytes) ?? true;
    if (!goOn) this.#waiting = true;
    return goOn;
  }

  /** The buffer for the next read. The one before may still be on its way out; it is never taken up again. */
  #fit(bytes: number): void {
    const large = this.#room.length > SMALL_READ_BYTES;
    this.#smallReads = bytes < SMALL_READ_BYTES ? this.#smallReads + 1 : 0;
    if (!large && bytes === SMALL_READ_BYTES) this.#allocate(LARGE_READ_BYTES);
    else if (large && this.#smallReads === SMALL_READS_IN_A_ROW) this.#allocate(SMALL_READ_BYTES);
  }

  #allocate(bytes: number): void {
    // Not from the shared pool, which would keep more than itself alive.
    this.#buffer = Buffer.allocUnsafeSlow(HEADER_MAX_BYTES + bytes);
    this.#room = this.#buffer.subarray(HEADER_MAX_BYTES);
  }

  #finish(failure: Error | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { failure };
    this.stream.end(failure ?? new RfbFailure('ended', 'the desktop closed the connection'));
    this.#reader?.ended(failure);
  }
}
