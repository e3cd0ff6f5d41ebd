// A viewer's wish for another size of the screen ("SetDesktopSize" of rfbproto.rst), held until it is whole and made to fit: a server
// allocates whatever is asked for, and a screen that is too large ends its desktop. The wish is made smaller and not dropped, since
// noVNC asks for no other size until it is answered.
import { boundGeometry, type Geometry } from '../core/size.ts';

const HEAD_BYTES = 8;
const SCREEN_BYTES = 16;

/** Puts the bytes of one such message together, 4 KB at most, in chunks cut anywhere. */
export class DesktopSizeMessage {
  #bytes = Buffer.alloc(HEAD_BYTES);
  #known = 0;

  /** Takes bytes of the chunk from `at` on, no more than the message has; returns where the next message begins. */
  take(chunk: Uint8Array, at: number): number {
    let next = at;
    while (next < chunk.length && this.whole === undefined) {
      const end = Math.min(next + this.#bytes.length - this.#known, chunk.length);
      this.#bytes.set(chunk.subarray(next, end), this.#known);
      this.#known += end - next;
      next = end;
      // The head tells how many screens follow.
      if (this.#known === HEAD_BYTES) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.readUInt8(6) * SCREEN_BYTES)]);
    }
    return next;
  }

  /** The message, once all of it is there. */
  get whole(): Buffer | undefined {
    return this.#known >= HEAD_BYTES && this.#known === this.#bytes.length ? this.#bytes : undefined;
  }
}

/** The same wish with no side longer than that of `max`, and no screen beyond it. */
export function boundDesktopSize(message: Uint8Array, max: Geometry): Buffer {
  const bytes = Buffer.from(message);
  const size = boundGeometry({ width: bytes.readUInt16BE(2), height: bytes.readUInt16BE(4) }, max);
  bytes.writeUInt16BE(size.width, 2);
  bytes.writeUInt16BE(size.height, 4);
  for (let at = HEAD_BYTES; at < bytes.length; at += SCREEN_BYTES) {
    const [x, y] = [Math.min(bytes.readUInt16BE(at + 4), size.width), Math.min(bytes.readUInt16BE(at + 6), size.height)];
    bytes.writeUInt16BE(x, at + 4);
    bytes.writeUInt16BE(y, at + 6);
    bytes.writeUInt16BE(Math.min(bytes.readUInt16BE(at + 8), size.width - x), at + 8);
    bytes.writeUInt16BE(Math.min(bytes.readUInt16BE(at + 10), size.height - y), at + 10);
  }
  return bytes;
}
