// The frames a viewer gets: whole binary WebSocket messages (RFC 6455, section 5.2). A server's frames aren't masked, so a header
// in front of the bytes, where they lie, is all it takes.

/** Room to leave in front of bytes that become a frame. */
export const HEADER_MAX_BYTES = 10;

const FINAL_BINARY = 0x82;
const LENGTH_IN_2_BYTES = 126;
const LENGTH_IN_8_BYTES = 127;

/** Makes a frame of the `length` bytes that begin at HEADER_MAX_BYTES of a buffer: writes the header right before them and returns that part of the buffer. */
export function frameInPlace(buffer: Buffer, length: number): Buffer {
  const start = HEADER_MAX_BYTES - headerBytes(length);
  buffer[start] = FINAL_BINARY;
  if (length < LENGTH_IN_2_BYTES) {
    buffer[start + 1] = length;
  } else if (length <= 0xffff) {
    buffer[start + 1] = LENGTH_IN_2_BYTES;
    buffer.writeUInt16BE(length, start + 2);
  } else {
    buffer[start + 1] = LENGTH_IN_8_BYTES;
    buffer.writeUInt32BE(Math.floor(length / 2 ** 32), start + 2);
    buffer.writeUInt32BE(length % 2 ** 32, start + 6);
  }
  return buffer.subarray(start, HEADER_MAX_BYTES + length);
}

/** A frame with a copy of the bytes. */
export function frameOf(bytes: Uint8Array): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_MAX_BYTES + bytes.length);
  buffer.set(bytes, HEADER_MAX_BYTES);
  return frameInPlace(buffer, bytes.length);
}

function headerBytes(length: number): number {
  if (length < LENGTH_IN_2_BYTES) return 2;
  return length <= 0xffff ? 4 : HEADER_MAX_BYTES;
}
