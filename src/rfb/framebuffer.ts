// The client's side of an RFB session after the handshake: asks for the picture and decodes what comes (RFC 6143,
// sections 7.5 to 7.8) into memory, within bounds: what comes may be made up. What the picture means is stage.ts.
import { endianness } from 'node:os';
import type { ByteStream } from './byte-stream.ts';
import { RfbFailure } from './failure.ts';
import { checkSize, PaintingBudget } from './painting-budget.ts';
import { contains, copyWithin, createPicture, fill, type Picture, type Rectangle } from './picture.ts';

/** What one FramebufferUpdate did: pixels it carried (0: only a new pointer or the like), and whether the desktop has another size now. */
export interface FramebufferChange {
  pixels: number;
  resized: boolean;
  /** The server's word on a size that this client asked for: 0 for yes. */
  resizeStatus?: number;
}

const ENCODING_RAW = 0;
const ENCODING_COPY_RECT = 1;
const ENCODING_RRE = 2;
const ENCODING_DESKTOP_SIZE = -223;
const ENCODING_LAST_RECT = -224;
const ENCODING_CURSOR = -239;
/** Registered with IANA, not described by the RFC. */
const ENCODING_EXTENDED_DESKTOP_SIZE = -308;

/**
 * Raw first: next to a local socket encoding costs more than it saves. Cursor keeps the pointer out of the picture;
 * TigerVNC 1.12 draws it all the same for a client that has never moved it, and moving it would count as use, so stage.ts bears with one.
 */
const PLAIN_ENCODINGS: readonly number[] = [ENCODING_RAW, ENCODING_CURSOR, ENCODING_DESKTOP_SIZE, ENCODING_EXTENDED_DESKTOP_SIZE];

/**
 * For a screen that is watched while it changes: RRE and LastRect make TigerVNC send a one-colour area in a few bytes, which is what
 * most of a picture is while a desktop starts.
 */
const WATCHING_ENCODINGS: readonly number[] = [
  ENCODING_RAW,
  ENCODING_COPY_RECT,
  ENCODING_RRE,
  ENCODING_LAST_RECT,
  ...PLAIN_ENCODINGS.filter((encoding) => encoding !== ENCODING_RAW),
];

const SERVER_FRAMEBUFFER_UPDATE = 0;
const SERVER_SET_COLOUR_MAP = 1;
const SERVER_BELL = 2;
const SERVER_CUT_TEXT = 3;
const BYTES_PER_PIXEL = 4;
const READ_BYTES = 64 * 1024;
/** The rectangle count that stands for "until LastRect". */
const COUNT_UNKNOWN = 0xffff;
/** On each side: pointers are 256 pixels at most. */
const CURSOR_MOST = 512;
/** What may come between two updates that is passed over: cut texts, mostly. */
const SKIPPED_MOST_BYTES = 64 * 1024 * 1024;
const MESSAGES_MOST = 10_000;
/** How many updates may come without a picture, such as new pointers and sizes. */
const ANSWERS_MOST = 32;

/** How often the size may change while it is read: a person may drag a window's edge meanwhile. */
const RESIZES_MOST = 64;

/** `once`: one picture is wanted. `watching`: what changes on it, too. */
export type FramebufferUse = 'once' | 'watching';

/** Keeps a picture of one desktop. Made on a stream that has just been initialised; nothing else may read from it. */
export class Framebuffer {
  readonly #stream: ByteStream;
  #picture: Picture;
  /** The server's own number of the first screen; 0 until it has told one. */
  #screen = 0;
  #resizes = 0;
  readonly #budget = new PaintingBudget();
  readonly #encodings: readonly number[];

  /** Throws RfbFailure `not-rfb` for a screen that is too large to be read. */
  constructor(stream: ByteStream, size: { width: number; height: number }, use: FramebufferUse) {
    checkSize(size.width, size.height);
    this.#stream = stream;
    this.#picture = createPicture(size.width, size.height);
    this.#encodings = use === 'once' ? PLAIN_ENCODINGS : WATCHING_ENCODINGS;
    stream.write(setPixelFormat());
    stream.write(setEncodings(this.#encodings));
  }

  /** The picture as known now; the same object is painted on by later updates until the size changes. */
  get picture(): Picture {
    return this.#picture;
  }

  /**
   * Asks for the whole picture, or (incremental) for what has changed since the last update (section 7.5.3). TigerVNC spends a request on
   * whatever update comes next, and answers each one for the whole picture with its size first: ask for the changes then, the whole
   * picture is among them. Only a new size calls for the whole picture again.
   */
  request(what: 'whole' | 'changes'): void {
    const message = Buffer.alloc(10);
    message.writeUInt8(3, 0);
    message.writeUInt8(what === 'changes' ? 1 : 0, 1);
    message.writeUInt16BE(this.#picture.width, 6);
    message.writeUInt16BE(this.#picture.height, 8);
    this.#stream.write(message);
  }

  /** Asks for another size of the desktop, as one screen. The answer is the `resizeStatus` of a change, and comes only where changes are asked for as well. */
  requestSize(width: number, height: number): void {
    const message = Buffer.alloc(24);
    message.writeUInt8(251, 0);
    message.writeUInt16BE(width, 2);
    message.writeUInt16BE(height, 4);
    message.writeUInt8(1, 6);
    message.writeUInt32BE(this.#screen, 8);
    message.writeUInt16BE(width, 16);
    message.writeUInt16BE(height, 18);
    this.#stream.write(message);
  }

  /** Reads up to the end of the next FramebufferUpdate and applies it. Rejects with RfbFailure. */
  async nextChange(): Promise<FramebufferChange> {
    let skipped = 0;
    for (let messages = 0; messages < MESSAGES_MOST && skipped < SKIPPED_MOST_BYTES; messages++) {
      const type = (await this.#stream.read(1)).readUInt8(0);
      if (type === SERVER_FRAMEBUFFER_UPDATE) return this.#applyUpdate();
      skipped += await this.#skipMessage(type);
    }
    throw new RfbFailure('not-rfb', 'the VNC server sends everything but its picture');
  }

  /** The whole picture as the server has it now. Rejects with RfbFailure. */
  async capture(): Promise<Picture> {
    let what: 'whole' | 'changes' = 'whole';
    for (let answers = 0; answers < ANSWERS_MOST; answers++) {
      this.request(what);
      const change = await this.nextChange();
      if (change.pixels > 0 && !change.resized) return this.#picture;
      what = change.resized ? 'whole' : 'changes';
    }
    throw new RfbFailure('not-rfb', 'the VNC server answers with everything but its picture');
  }

  async #applyUpdate(): Promise<FramebufferChange> {
    const count = (await this.#stream.read(3)).readUInt16BE(1);
    await this.#budget.begin(this.#picture.pixels.length);
    const change: FramebufferChange = { pixels: 0, resized: false };
    for (let index = 0; count === COUNT_UNKNOWN || index < count; index++) {
      const head = await this.#stream.read(12);
      const rectangle = { x: head.readUInt16BE(0), y: head.readUInt16BE(2), width: head.readUInt16BE(4), height: head.readUInt16BE(6) };
      const encoding = head.readInt32BE(8);
      if (encoding === ENCODING_LAST_RECT && this.#offers(encoding)) break;
      await this.#budget.spend(0);
      if (await this.#applyPseudo(encoding, rectangle, change)) continue;
      if (!contains(this.#picture, rectangle)) throw new RfbFailure('not-rfb', 'the VNC server sent a rectangle outside the desktop');
      await this.#applyPixels(encoding, rectangle);
      change.pixels += rectangle.width * rectangle.height;
    }
    return change;
  }

  /** Section 7.8; false when the encoding is one that carries pixels. */
  async #applyPseudo(encoding: number, rectangle: Rectangle, change: FramebufferChange): Promise<boolean> {
    const { x, y, width, height } = rectangle;
    switch (encoding) {
      case ENCODING_CURSOR:
        if (width > CURSOR_MOST || height > CURSOR_MOST) throw new RfbFailure('not-rfb', `the VNC server has a pointer of ${width}x${height}`);
        await this.#budget.spend(width * height);
        await this.#skip(width * height * BYTES_PER_PIXEL + Math.ceil(width / 8) * height);
        return true;
      case ENCODING_DESKTOP_SIZE:
        this.#resize(width, height, change);
        return true;
      case ENCODING_EXTENDED_DESKTOP_SIZE: {
        const screens = (await this.#stream.read(4)).readUInt8(0);
        if (screens > 0) this.#screen = (await this.#stream.read(16)).readUInt32BE(0);
        await this.#skip((screens - 1) * 16);
        // x: 1 answers a request of this client; y: then non-zero when it was refused and nothing changed.
        if (x === 1) change.resizeStatus = y;
        if (x !== 1 || y === 0) this.#resize(width, height, change);
        return true;
      }
      default:
        return false;
    }
  }

  #resize(width: number, height: number, change: FramebufferChange): void {
    if (width === this.#picture.width && height === this.#picture.height) return;
    // Each is a new picture in memory.
    if (++this.#resizes > RESIZES_MOST) throw new RfbFailure('not-rfb', 'the VNC server changes its size over and over');
    checkSize(width, height);
    this.#picture = createPicture(width, height);
    change.resized = true;
  }

  /** Section 7.7. */
  async #applyPixels(encoding: number, rectangle: Rectangle): Promise<void> {
    if (!this.#offers(encoding)) throw notOffered(encoding);
    await this.#budget.spend(rectangle.width * rectangle.height);
    switch (encoding) {
      case ENCODING_RAW:
        return this.#applyRaw(rectangle);
      case ENCODING_COPY_RECT: {
        const from = await this.#stream.read(4);
        const [fromX, fromY] = [from.readUInt16BE(0), from.readUInt16BE(2)];
        if (!contains(this.#picture, { ...rectangle, x: fromX, y: fromY })) {
          throw new RfbFailure('not-rfb', 'the VNC server copies from outside the desktop');
        }
        return copyWithin(this.#picture, rectangle, fromX, fromY);
      }
      case ENCODING_RRE:
        return this.#applyRre(rectangle);
      default:
        throw notOffered(encoding);
    }
  }

  #offers(encoding: number): boolean {
    return this.#encodings.includes(encoding);
  }

  async #applyRaw({ x, y, width, height }: Rectangle): Promise<void> {
    if (width === 0) return;
    const { pixels, width: stride } = this.#picture;
    const rowBytes = width * BYTES_PER_PIXEL;
    const rowsARead = Math.max(1, Math.floor(READ_BYTES / rowBytes));
    for (let row = 0; row < height; row += rowsARead) {
      const rows = Math.min(rowsARead, height - row);
      const bytes = await this.#stream.read(rows * rowBytes);
      for (let line = 0; line < rows; line++) {
        const at = (y + row + line) * stride + x;
        // Through bytes, as the received buffer need not be aligned; then the padding byte, which may hold anything, is cleared.
        new Uint8Array(pixels.buffer, at * BYTES_PER_PIXEL, rowBytes).set(bytes.subarray(line * rowBytes, (line + 1) * rowBytes));
        for (let index = at; index < at + width; index++) pixels[index] = (pixels[index] ?? 0) & 0xffffff;
      }
    }
  }

  /** Section 7.7.3: a background and rectangles on it. */
  async #applyRre(rectangle: Rectangle): Promise<void> {
    const head = await this.#stream.read(8);
    fill(this.#picture, rectangle, readPixel(head, 4));
    for (let left = head.readUInt32BE(0); left > 0; left--) {
      const part = await this.#stream.read(12);
      const inner = { x: part.readUInt16BE(4), y: part.readUInt16BE(6), width: part.readUInt16BE(8), height: part.readUInt16BE(10) };
      if (inner.x + inner.width > rectangle.width || inner.y + inner.height > rectangle.height) {
        throw new RfbFailure('not-rfb', 'the VNC server sent a part outside its rectangle');
      }
      await this.#budget.spend(inner.width * inner.height);
      fill(this.#picture, { ...inner, x: rectangle.x + inner.x, y: rectangle.y + inner.y }, readPixel(part, 0));
    }
  }

  /** Sections 7.6.2 to 7.6.4: messages that don't touch the picture. Resolves with the bytes that were passed over. */
  async #skipMessage(type: number): Promise<number> {
    switch (type) {
      case SERVER_SET_COLOUR_MAP:
        return this.#skip((await this.#stream.read(5)).readUInt16BE(3) * 6);
      case SERVER_BELL:
        return 0;
      case SERVER_CUT_TEXT: {
        const length = (await this.#stream.read(7)).readUInt32BE(3);
        if (length > SKIPPED_MOST_BYTES) throw new RfbFailure('not-rfb', `the VNC server announces a cut text of ${length} bytes`);
        return this.#skip(length);
      }
      default:
        throw new RfbFailure('not-rfb', `the VNC server sent a message of unknown type ${type}`);
    }
  }

  async #skip(length: number): Promise<number> {
    for (let left = length; left > 0; left -= READ_BYTES) await this.#stream.read(Math.min(left, READ_BYTES));
    return length;
  }
}

/** Section 7.5.1. 24 bits in 32, as X servers keep it themselves: the server copies instead of translating, and no colour is lost. */
function setPixelFormat(): Buffer {
  const message = Buffer.alloc(20);
  message.set([32, 24, endianness() === 'BE' ? 1 : 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], 4);
  return message;
}

/** Section 7.5.2. */
function setEncodings(encodings: readonly number[]): Buffer {
  const message = Buffer.alloc(4 + encodings.length * 4);
  message.writeUInt8(2, 0);
  message.writeUInt16BE(encodings.length, 2);
  for (const [index, encoding] of encodings.entries()) message.writeInt32BE(encoding, 4 + index * 4);
  return message;
}

function readPixel(bytes: Buffer, offset: number): number {
  return (endianness() === 'BE' ? bytes.readUInt32BE(offset) : bytes.readUInt32LE(offset)) & 0xffffff;
}

function notOffered(encoding: number): RfbFailure {
  return new RfbFailure('not-rfb', `the VNC server sent encoding ${encoding}, which it was not offered`);
}
