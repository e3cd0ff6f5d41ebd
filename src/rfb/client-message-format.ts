// The messages that a client sends after the handshake: their numbers, their lengths, and what they mean for the desktop. From
// RFC 6143, section 7.5, and for the extensions from the community's rfbproto.rst, "Client to Server Messages"; every form that
// noVNC 1.7 and TigerVNC 1.16 write is here. client-messages.ts takes a stream apart with it.
//
// A message is read as a head, the bytes that tell its length and meaning, and a body, which is only counted.

/** What a person does to a desktop. */
export type InputKind = 'key' | 'pointer' | 'clipboard' | 'resize';

const SET_PIXEL_FORMAT = 0;
export const SET_ENCODINGS = 2;
const FRAMEBUFFER_UPDATE_REQUEST = 3;
const KEY_EVENT = 4;
export const POINTER_EVENT = 5;
const CLIENT_CUT_TEXT = 6;
const ENABLE_CONTINUOUS_UPDATES = 150;
const CLIENT_FENCE = 248;
const XVP = 250;
export const SET_DESKTOP_SIZE = 251;
const GII = 253;
const QEMU = 255;

/** The longest head: an extended cut text, and QEMU's key event. */
export const HEAD_MAX_BYTES = 12;

/** A head can't be told from these bytes: no message of this type is known. */
export const UNKNOWN = -1;
/** A body is longer than any server takes. */
export const TOO_LONG = -2;

/** In a list of encodings: the client may send a byte more in a pointer event ("ExtendedMouseButtons Pseudo-encoding"). */
export const EXTENDED_MOUSE_BUTTONS = -316;

/** TigerVNC's servers end a connection at a message above 32 MiB, QEMU's and libvncserver's at 1 MiB. */
const CUT_TEXT_MAX_BYTES = 32 * 1024 * 1024;
/** There are about 150 encodings, pseudo-encodings included. */
const ENCODINGS_MAX = 4096;

const POINTER_MARKER = 0x80;
const QEMU_KEY = 0;
const QEMU_AUDIO = 1;
const QEMU_AUDIO_DISABLE = 1;
const QEMU_AUDIO_FORMAT = 2;
const GII_EVENTS = 0;

// The actions of an extended cut text, in the first byte of its flags; a format is a bit of the other three.
const CLIPBOARD_NOTIFY = 0x08;
const CLIPBOARD_PROVIDE = 0x10;

/**
 * How many bytes the head of a message has as far as its first `known` bytes (at least one, from `at`) tell; more bytes may tell
 * of more. UNKNOWN when there is no such message. `longPointer`: the client has announced EXTENDED_MOUSE_BUTTONS.
 */
export function headLength(bytes: Uint8Array, at: number, known: number, longPointer: boolean): number {
  switch (bytes[at]) {
    case SET_PIXEL_FORMAT:
    case FRAMEBUFFER_UPDATE_REQUEST:
    case ENABLE_CONTINUOUS_UPDATES:
    case XVP:
      return 1;
    case SET_ENCODINGS:
    case GII:
      return 4;
    case KEY_EVENT:
    case SET_DESKTOP_SIZE:
      return 8;
    case POINTER_EVENT:
      return longPointer && known > 1 && (uint8(bytes, at + 1) & POINTER_MARKER) !== 0 ? 7 : 6;
    case CLIENT_CUT_TEXT:
      return known < 8 ? 8 : 8 + Math.min(extendedLength(bytes, at), 4);
    case CLIENT_FENCE:
      return 9;
    case QEMU:
      return known < 2 ? 2 : qemuHeadLength(bytes, at, known);
    default:
      return UNKNOWN;
  }
}

function qemuHeadLength(bytes: Uint8Array, at: number, known: number): number {
  const subtype = uint8(bytes, at + 1);
  if (subtype === QEMU_KEY) return 12;
  if (subtype !== QEMU_AUDIO) return UNKNOWN;
  if (known < 4) return 4;
  const operation = uint16(bytes, at + 2);
  if (operation <= QEMU_AUDIO_DISABLE) return 4;
  return operation === QEMU_AUDIO_FORMAT ? 10 : UNKNOWN;
}

/** How many bytes follow the whole head that begins at `at`, or TOO_LONG. */
export function bodyLength(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case SET_PIXEL_FORMAT:
      return 19;
    case FRAMEBUFFER_UPDATE_REQUEST:
    case ENABLE_CONTINUOUS_UPDATES:
      return 9;
    case XVP:
      return 3;
    case SET_ENCODINGS: {
      const count = uint16(bytes, at + 2);
      return count > ENCODINGS_MAX ? TOO_LONG : count * 4;
    }
    case CLIENT_CUT_TEXT: {
      const extended = extendedLength(bytes, at);
      const length = extended > 0 ? extended : uint32(bytes, at + 4);
      return length > CUT_TEXT_MAX_BYTES ? TOO_LONG : length - Math.min(extended, 4);
    }
    case CLIENT_FENCE:
      return uint8(bytes, at + 8);
    case SET_DESKTOP_SIZE:
      return uint8(bytes, at + 6) * 16;
    case GII:
      // The first bit of the subtype tells the order of the bytes.
      return (uint8(bytes, at + 1) & 0x80) !== 0 ? uint16(bytes, at + 2) : uint8(bytes, at + 2) + uint8(bytes, at + 3) * 256;
    default:
      return 0;
  }
}

/**
 * What the message whose whole head begins at `at` does to the desktop; undefined when it only asks for pictures, or is what
 * viewers send with nobody at them. A pointer event counts here even if it repeats the one before.
 */
export function inputOf(bytes: Uint8Array, at: number): InputKind | undefined {
  switch (bytes[at]) {
    case KEY_EVENT:
      return 'key';
    case POINTER_EVENT:
      return 'pointer';
    case CLIENT_CUT_TEXT:
      return extendedLength(bytes, at) === 0 || offersClipboard(bytes, at) ? 'clipboard' : undefined;
    case SET_DESKTOP_SIZE:
      return 'resize';
    case GII:
      return (uint8(bytes, at + 1) & 0x7f) === GII_EVENTS ? 'pointer' : undefined;
    case QEMU:
      return uint8(bytes, at + 1) === QEMU_KEY ? 'key' : undefined;
    default:
      return undefined;
  }
}

/** Where a pointer event whose head begins at `at` puts the pointer, as one number. */
export function pointerPlace(bytes: Uint8Array, at: number): number {
  return uint32(bytes, at + 2);
}

/** Which buttons are down in a pointer event of `length` bytes, as one number. */
export function pointerButtons(bytes: Uint8Array, at: number, length: number): number {
  return uint8(bytes, at + 1) | (length > 6 ? uint8(bytes, at + 6) << 8 : 0);
}

/** noVNC answers the server's own clipboard messages by itself: with its abilities, with a request, with a notice of no format. */
function offersClipboard(bytes: Uint8Array, at: number): boolean {
  if (extendedLength(bytes, at) < 4) return false;
  const flags = uint32(bytes, at + 8);
  const action = flags >>> 24;
  return action === CLIPBOARD_PROVIDE || (action === CLIPBOARD_NOTIFY && (flags & 0xffffff) !== 0);
}

/** Whether a viewer that may only look may send messages of this type: those about how pictures come, and none that the desktop could notice. */
export function isHarmless(messageType: number): boolean {
  switch (messageType) {
    case SET_PIXEL_FORMAT:
    case SET_ENCODINGS:
    case FRAMEBUFFER_UPDATE_REQUEST:
    case ENABLE_CONTINUOUS_UPDATES:
    case CLIENT_FENCE:
      return true;
    default:
      return false;
  }
}

/** The length of a cut text in the form of the extended clipboard, which writes it as a negative number; 0 for a plain text. */
function extendedLength(bytes: Uint8Array, at: number): number {
  const length = uint32(bytes, at + 4) | 0;
  return length < 0 ? -length : 0;
}

function uint8(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function uint16(bytes: Uint8Array, at: number): number {
  return (uint8(bytes, at) << 8) | uint8(bytes, at + 1);
}

function uint32(bytes: Uint8Array, at: number): number {
  return ((uint16(bytes, at) << 16) | uint16(bytes, at + 2)) >>> 0;
}
