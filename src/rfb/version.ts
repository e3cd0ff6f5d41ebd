// The version each side of an RFB connection names first (RFC 6143, section 7.1.1): how it is read and written.
import type { ByteStream } from './byte-stream.ts';
import { RfbFailure } from './failure.ts';

/** The versions there are. */
export type RfbVersion = '3.3' | '3.7' | '3.8';

/** The twelve bytes that name a version. */
export function versionMessage(version: RfbVersion): Buffer {
  return Buffer.from(`RFB 00${version.replace('.', '.00')}\n`, 'latin1');
}

/** Reads which version the other side names, as one of those there are. Rejects with RfbFailure, `not-rfb` where the bytes name none. */
export async function readVersion(stream: ByteStream, peer: 'server' | 'viewer'): Promise<RfbVersion> {
  // In two parts, so that a peer of another protocol that says little is recognised at once.
  const protocol = (await stream.read(4)).toString('latin1');
  if (protocol !== 'RFB ') throw new RfbFailure('not-rfb', `the ${peer} greets with ${JSON.stringify(protocol)}, not with RFB`);
  const number = (await stream.read(8)).toString('latin1');
  const parts = /^(\d{3})\.(\d{3})\n$/.exec(number);
  if (parts === null) throw new RfbFailure('not-rfb', `the ${peer} greets with the RFB version ${JSON.stringify(number)}`);
  return versionToSpeak(Number(parts[1]), Number(parts[2]));
}

/** Numbers that no standard defines are read as 3.3 below 3.7, and as 3.8 above it: Apple says 3.889. */
function versionToSpeak(major: number, minor: number): RfbVersion {
  if (major > 3 || (major === 3 && minor >= 8)) return '3.8';
  return major === 3 && minor === 7 ? '3.7' : '3.3';
}
