// Reads along with what a viewer sends after the handshake, in chunks cut anywhere: tells which bytes may go on to the server and
// when somebody really uses the desktop. Keeps a head of at most twelve bytes and a few numbers; bodies are never put together, but for a
// wish for another size of the screen.
import {
  bodyLength,
  EXTENDED_MOUSE_BUTTONS,
  HEAD_MAX_BYTES,
  headLength,
  type InputKind,
  inputOf,
  isHarmless,
  POINTER_EVENT,
  pointerButtons,
  pointerPlace,
  SET_DESKTOP_SIZE,
  SET_ENCODINGS,
  TOO_LONG,
  UNKNOWN,
} from './client-message-format.ts';
import { DesktopSizeMessage } from './desktop-size.ts';

/** What a viewer may do: everything, or look. */
export type ViewerRights = 'full' | 'view-only';

/** Who is told. Calls come while a chunk is read, in the order of the stream. */
export interface ClientMessageListener {
  /** The bytes from `start` to before `end` of the chunk that is read may go to the server; those that touch come in one call. */
  pass(start: number, end: number): void;
  /** A whole wish of a full viewer for another size of the screen, of which no byte was passed; in its place in the order of what passes. */
  passSize(message: Buffer): void;
  /** Somebody used the desktop. Never for a view-only viewer, nor for a pointer event that repeats the one before: viewers send those to keep a connection open. */
  onInput(kind: InputKind): void;
  /** A full viewer sent a message of an unknown type: from it on all bytes pass unread, and input isn't seen any more. Once at most. */
  onOpaque(messageType: number): void;
}

/** Why a viewer is to be disconnected: a view-only one sent a message of an unknown type, or any one a length that no server takes. */
export interface ClientFault {
  kind: 'unknown-message' | 'too-long';
  messageType: number;
}

/**
 * The stream of one viewer. What passes for a view-only viewer are whole messages which every server reads with the same length,
 * so that no lie about the length of a dropped one can make a server see input.
 */
export class ClientMessages {
  readonly #viewOnly: boolean;
  readonly #listener: ClientMessageListener;
  /** The head that has begun in an earlier chunk. */
  readonly #head = new Uint8Array(HEAD_MAX_BYTES);
  #headBytes = 0;
  #bodyBytesLeft = 0;
  #dropping = false;
  #size: DesktopSizeMessage | undefined;
  #opaque = false;
  #fault: ClientFault | undefined;
  /** Where the bytes of this chunk begin that pass and aren't passed yet; -1: there are none. */
  #passFrom = -1;
  #inEncodings = false;
  #encoding = 0;
  #longPointer = false;
  #pointerPlace = -1;
  #pointerButtons = -1;

  constructor(rights: ViewerRights, listener: ClientMessageListener) {
    this.#viewOnly = rights === 'view-only';
    this.#listener = listener;
  }

  /**
   * Reads a chunk, which is not kept. Once a fault is returned, so it is by every later call, and nothing passes any more; the
   * first bytes of the message at fault may have passed with an earlier chunk.
   */
  read(chunk: Uint8Array): ClientFault | undefined {
    const between = this.#headBytes === 0 && this.#bodyBytesLeft === 0;
    this.#passFrom = this.#opaque || !(between || this.#dropping) ? 0 : -1;
    let at = 0;
    while (at < chunk.length && !this.#opaque && this.#fault === undefined) {
      if (this.#size !== undefined) at = this.#readSize(this.#size, chunk, at);
      else if (this.#bodyBytesLeft > 0) at = this.#readBody(chunk, at);
      else if (this.#headBytes > 0) at = this.#continueHead(chunk, at);
      else at = this.#beginMessage(chunk, at);
    }
    if (this.#fault === undefined) this.#passUpTo(chunk.length);
    return this.#fault;
  }

  // The four of these return where to go on.

  #beginMessage(chunk: Uint8Array, at: number): number {
    this.#dropping = this.#viewOnly && !isHarmless(chunk[at] ?? 0);
    if (!this.#viewOnly && chunk[at] === SET_DESKTOP_SIZE) {
      this.#passUpTo(at);
      this.#size = new DesktopSizeMessage();
      return at;
    }
    if (this.#dropping) this.#passUpTo(at);
    else if (this.#passFrom === -1) this.#passFrom = at;
    const available = chunk.length - at;
    const length = this.#headLength(chunk, at, available);
    if (length === UNKNOWN) return at;
    if (length > available) {
      this.#head.set(chunk.subarray(at));
      this.#headBytes = available;
      return chunk.length;
    }
    if (!this.#endHead(chunk, at, length)) this.#passUpTo(at);
    return at + length;
  }

  #readSize(size: DesktopSizeMessage, chunk: Uint8Array, at: number): number {
    const next = size.take(chunk, at);
    if (size.whole !== undefined) {
      this.#size = undefined;
      this.#listener.onInput('resize');
      this.#listener.passSize(size.whole);
    }
    return next;
  }

  #continueHead(chunk: Uint8Array, at: number): number {
    this.#head[this.#headBytes] = chunk[at] ?? 0;
    this.#headBytes++;
    const length = this.#headLength(this.#head, 0, this.#headBytes);
    if (length === this.#headBytes) {
      this.#headBytes = 0;
      this.#endHead(this.#head, 0, length);
    }
    return at + 1;
  }

  #readBody(chunk: Uint8Array, at: number): number {
    const end = Math.min(at + this.#bodyBytesLeft, chunk.length);
    if (this.#inEncodings) this.#readEncodings(chunk, at, end);
    this.#bodyBytesLeft -= end - at;
    return end;
  }

  #headLength(bytes: Uint8Array, at: number, known: number): number {
    const length = headLength(bytes, at, known, this.#longPointer);
    if (length !== UNKNOWN) return length;
    const messageType = bytes[at] ?? 0;
    if (this.#viewOnly) {
      this.#fault = { kind: 'unknown-message', messageType };
    } else {
      this.#opaque = true;
      this.#listener.onOpaque(messageType);
    }
    return UNKNOWN;
  }

  /** False when the message is at fault. */
  #endHead(bytes: Uint8Array, at: number, length: number): boolean {
    const messageType = bytes[at] ?? 0;
    const body = bodyLength(bytes, at);
    if (body === TOO_LONG) {
      this.#fault = { kind: 'too-long', messageType };
      return false;
    }
    this.#bodyBytesLeft = body;
    this.#inEncodings = messageType === SET_ENCODINGS;
    // A new list replaces the one before.
    if (this.#inEncodings) this.#longPointer = false;
    if (this.#viewOnly) return true;
    const kind = inputOf(bytes, at);
    if (kind !== undefined && !(messageType === POINTER_EVENT && this.#repeatsPointer(bytes, at, length))) this.#listener.onInput(kind);
    return true;
  }

  #repeatsPointer(bytes: Uint8Array, at: number, length: number): boolean {
    const place = pointerPlace(bytes, at);
    const buttons = pointerButtons(bytes, at, length);
    const repeats = place === this.#pointerPlace && buttons === this.#pointerButtons;
    this.#pointerPlace = place;
    this.#pointerButtons = buttons;
    return repeats;
  }

  #readEncodings(chunk: Uint8Array, from: number, to: number): void {
    // A list is a whole number of encodings of four bytes, so what is left of it tells where one of them ends.
    let left = this.#bodyBytesLeft;
    for (let at = from; at < to; at++) {
      this.#encoding = (this.#encoding << 8) | (chunk[at] ?? 0);
      left--;
      if (left % 4 === 0 && this.#encoding === EXTENDED_MOUSE_BUTTONS) this.#longPointer = true;
    }
  }

  #passUpTo(end: number): void {
    if (this.#passFrom !== -1 && end > this.#passFrom) this.#listener.pass(this.#passFrom, end);
    this.#passFrom = -1;
  }
}
