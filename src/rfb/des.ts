// The answer to a VNC authentication challenge (RFC 6143, section 7.2.2): DES with the secret as key, each key byte's bits
// in reverse order, as every implementation does it.
import { createCipheriv } from 'node:crypto';

const KEY_BYTES = 8;

/** The 16 bytes that answer a challenge of 16. Only the first eight bytes of the secret (Latin-1) count. */
export function vncAuthResponse(secret: string, challenge: Uint8Array): Buffer {
  const key = Buffer.alloc(KEY_BYTES);
  Buffer.from(secret, 'latin1').copy(key, 0, 0, KEY_BYTES);
  for (let index = 0; index < KEY_BYTES; index++) key[index] = reverseBits(key[index] ?? 0);
  // OpenSSL 3 leaves single DES to its legacy provider; triple DES with three equal keys is the same function.
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}

function reverseBits(byte: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit);
  return reversed;
}
