// The form in which keys are told. noVNC uses RFC 6143's KeyEvent (section 7.5.4) until the server has said that it knows QEMU's
// (rfbproto.rst, "QEMU Extended Key Event Message"), which comes with its first picture. A key that is held at that moment would be
// pressed in one form and released in the other, and TigerVNC, which keeps the two apart, would hold it until the viewer is gone.

const KEY_EVENT = 4;
const KEY_EVENT_BYTES = 8;
const QEMU = 255;
const QEMU_KEY = 0;
const QEMU_KEY_BYTES = 12;

/** For one connection: gives each message, whole, in the form to send it. A key keeps the form of its press until it is released. */
export function keepKeyForm(): (message: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> {
  /** Keysyms that are pressed in the plain form. */
  const pressed = new Set<number>();

  return (message) => {
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    if (message.length === KEY_EVENT_BYTES && view.getUint8(0) === KEY_EVENT) {
      if (view.getUint8(1) === 1) pressed.add(view.getUint32(4));
      else pressed.delete(view.getUint32(4));
      return message;
    }
    if (message.length !== QEMU_KEY_BYTES || view.getUint8(0) !== QEMU || view.getUint8(1) !== QEMU_KEY) return message;
    const down = view.getUint16(2);
    const keysym = view.getUint32(4);
    if (!pressed.has(keysym)) return message;
    if (down === 0) pressed.delete(keysym);
    const plain = new DataView(new ArrayBuffer(KEY_EVENT_BYTES));
    plain.setUint8(0, KEY_EVENT);
    plain.setUint8(1, down);
    plain.setUint32(4, keysym);
    return new Uint8Array(plain.buffer);
  };
}
