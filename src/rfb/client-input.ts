// What a person does at a desktop, as messages of a client (RFC 6143, sections 7.5.4 and 7.5.5).

/** A key that is pressed or let go. */
export function keyMessage(keysym: number, down: boolean): Buffer {
  const message = Buffer.alloc(8);
  message.writeUInt8(4, 0);
  message.writeUInt8(down ? 1 : 0, 1);
  message.writeUInt32BE(keysym, 4);
  return message;
}

/** The pointer at a place, with the buttons that are held: bit 0 left, 1 middle, 2 right. */
export function pointerMessage(x: number, y: number, buttons = 0): Buffer {
  const message = Buffer.alloc(6);
  message.writeUInt8(5, 0);
  message.writeUInt8(buttons, 1);
  message.writeUInt16BE(x, 2);
  message.writeUInt16BE(y, 4);
  return message;
}
