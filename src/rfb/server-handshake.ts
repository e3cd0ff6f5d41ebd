// The server's side of the RFB handshake towards a viewer (RFC 6143, sections 7.1 to 7.3.1): version, security "None",
// ClientInit. Whether the viewer may come in is decided before; the desktop's own server is spoken to in handshake.ts.
import type { ByteStream } from './byte-stream.ts';
import { RfbFailure } from './failure.ts';
import { readVersion, type RfbVersion, versionMessage } from './version.ts';

/** What a viewer said in its handshake. `shared`: it leaves the other viewers connected (section 7.3.1). */
export interface ViewerHello {
  version: RfbVersion;
  shared: boolean;
}

const SECURITY_NONE = 1;
const RESULT_OK = 0;

/**
 * Greets a viewer as a server of version 3.8 that asks for no secret, and speaks 3.3 or 3.7 where the viewer asks for it. Ends
 * with ClientInit read: what the viewer waits for next is ServerInit. Rejects with RfbFailure: `ended`, `not-rfb`, or `refused`
 * when the viewer asks for security that wasn't offered. Closing the stream, and a bound in time, are the caller's.
 */
export async function serveHandshake(stream: ByteStream): Promise<ViewerHello> {
  stream.write(versionMessage('3.8'));
  const version = await readVersion(stream, 'viewer');
  // In 3.3 the server decides (appendix A.1), later on the viewer chooses from a list (section 7.1.2).
  if (version === '3.3') stream.write(uint32(SECURITY_NONE));
  else await offerNone(stream);
  // Before 3.8 there is no result after "None" (section 7.2.1).
  if (version === '3.8') stream.write(uint32(RESULT_OK));
  return { version, shared: (await stream.read(1)).readUInt8(0) !== 0 };
}

async function offerNone(stream: ByteStream): Promise<void> {
  stream.write(Buffer.of(1, SECURITY_NONE));
  const chosen = (await stream.read(1)).readUInt8(0);
  if (chosen !== SECURITY_NONE) throw new RfbFailure('refused', `the viewer asks for security type ${chosen}, which was not offered`);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
