// Docker multiplexes stdout and stderr of a container without a terminal into frames (an eight-byte header: stream, three
// zeros, big-endian length). Owns undoing that.

/** The text of all frames in order; bytes that aren't framed (a container with a terminal) are returned as they are. */
export function splitFrames(bytes: Buffer): string {
  if (bytes.length < 8) return bytes.toString('utf8');
  const parts: Buffer[] = [];
  let offset = 0;
  while (offset + 8 <= bytes.length) {
    const framed = (bytes[offset] ?? 255) <= 2 && bytes.readUIntBE(offset + 1, 3) === 0;
    if (!framed) return bytes.toString('utf8');
    const length = bytes.readUInt32BE(offset + 4);
    parts.push(bytes.subarray(offset + 8, offset + 8 + length));
    offset += 8 + length;
  }
  return Buffer.concat(parts).toString('utf8');
}
