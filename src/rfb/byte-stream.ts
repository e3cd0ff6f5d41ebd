// Bytes in, bytes out: what the RFB code reads from and writes to, whatever carries it. Owns the buffering;
// tcp-stream.ts and websocket-stream.ts bring the carriers.
import { RfbFailure } from './failure.ts';

/** A two-way stream of bytes, read by exact counts and by one reader at a time. */
export interface ByteStream {
  /** Exactly `length` bytes. Rejects with RfbFailure `ended` once the peer is gone and too few are left, or with the reason of the signal the stream was made with. */
  read(length: number): Promise<Buffer>;
  /** Queues bytes; after the end they are dropped, and the next read tells why. */
  write(bytes: Uint8Array): void;
  /** Ends both directions at once. Idempotent; a waiting read rejects. */
  close(): void;
}

/** What a carrier does for the stream on top of it. */
export interface ByteCarrier {
  write(bytes: Uint8Array): void;
  close(): void;
  /** Stops and restarts the arrival of bytes, so that a slow reader doesn't fill the memory. */
  pause(): void;
  resume(): void;
}

const PAUSE_ABOVE_BYTES = 256 * 1024;

interface WaitingRead {
  length: number;
  resolve(bytes: Buffer): void;
  reject(error: unknown): void;
}

/** A ByteStream over a carrier, which calls `push` for bytes that arrive and `end` when none will come any more. */
export class BufferedByteStream implements ByteStream {
  readonly #carrier: ByteCarrier;
  #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #paused = false;
  #waiting: WaitingRead | undefined;
  #ended: { reason: unknown } | undefined;

  constructor(carrier: ByteCarrier) {
    this.#carrier = carrier;
  }

  push(chunk: Buffer): void {
    if (this.#ended !== undefined || chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.length;
    this.#serve();
  }

  /** What has arrived can still be read; any read beyond it rejects with `reason`. Only the first call counts. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    this.#serve();
  }

  /** The same, and what has arrived is dropped: for an end that was decided here. Of an ended stream the rest is dropped alone. */
  abandon(reason: unknown): void {
    this.#chunks = [];
    this.#bufferedBytes = 0;
    this.end(reason);
  }

  read(length: number): Promise<Buffer> {
    if (this.#waiting !== undefined) return Promise.reject(new Error('a second read while one is waiting'));
    return new Promise((resolve, reject) => {
      this.#waiting = { length, resolve, reject };
      this.#serve();
    });
  }

  /** Takes what has arrived and nobody has read: for whoever takes over from the stream. */
  rest(): Buffer {
    const rest = this.#take(this.#bufferedBytes);
    this.#steer();
    return rest;
  }

  write(bytes: Uint8Array): void {
    if (this.#ended === undefined) this.#carrier.write(bytes);
  }

  close(): void {
    this.abandon(new RfbFailure('ended', 'the connection was closed here'));
    this.#carrier.close();
  }

  #serve(): void {
    const waiting = this.#waiting;
    if (waiting !== undefined && this.#bufferedBytes >= waiting.length) {
      this.#waiting = undefined;
      waiting.resolve(this.#take(waiting.length));
    } else if (waiting !== undefined && this.#ended !== undefined) {
      this.#waiting = undefined;
      waiting.reject(this.#ended.reason);
    }
    this.#steer();
  }

  #steer(): void {
    // A waiting read always gets its bytes, even if it asks for more than the bound.
    const full = this.#waiting === undefined && this.#bufferedBytes > PAUSE_ABOVE_BYTES;
    if (full === this.#paused || this.#ended !== undefined) return;
    this.#paused = full;
    if (full) this.#carrier.pause();
    else this.#carrier.resume();
  }

  #take(length: number): Buffer {
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= length) {
      this.#bufferedBytes -= length;
      if (first.length === length) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    const whole = Buffer.concat(this.#chunks);
    this.#chunks = whole.length > length ? [whole.subarray(length)] : [];
    this.#bufferedBytes = whole.length - length;
    return whole.subarray(0, length);
  }
}
