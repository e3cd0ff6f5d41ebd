// What a person does at a desktop, as messages of RFB (RFC 6143, sections 7.5.4 and 7.5.5).
import type { ByteStream } from '../../src/rfb/byte-stream.ts';
import { keysymOf } from '../../src/web/viewer/touch-keys.ts';

/** Moves the pointer there, with no button pressed. */
export function point(stream: Pick<ByteStream, 'write'>, x: number, y: number): void {
  const message = Buffer.alloc(6);
  message.writeUInt8(5, 0);
  message.writeUInt16BE(x, 2);
  message.writeUInt16BE(y, 4);
  stream.write(message);
}

/** Presses and lets go a key for each character. */
export function typeText(stream: Pick<ByteStream, 'write'>, text: string): void {
  for (const character of text) {
    for (const down of [true, false]) stream.write(keyEvent(keysymOf(character), down));
  }
}

function keyEvent(keysym: number, down: boolean): Buffer {
  const message = Buffer.alloc(8);
  message.writeUInt8(4, 0);
  message.writeUInt8(down ? 1 : 0, 1);
  message.writeUInt32BE(keysym, 4);
  return message;
}
