// The client's side of the RFB handshake (RFC 6143, sections 7.1 to 7.3): version, security, initialisation. A server
// counts a caller that hangs up in the middle as an attacker, so a handshake that was begun is carried to its end.
import type { ByteStream } from './byte-stream.ts';
import { vncAuthResponse } from './des.ts';
import { RfbFailure } from './failure.ts';
import { readVersion, type RfbVersion, versionMessage } from './version.ts';

/** How a pixel is stored (section 7.4). */
export interface PixelFormat {
  bitsPerPixel: number;
  depth: number;
  bigEndian: boolean;
  trueColour: boolean;
  redMax: number;
  greenMax: number;
  blueMax: number;
  redShift: number;
  greenShift: number;
  blueShift: number;
}

/** What the server says of itself at the end (section 7.3.2). */
export interface ServerInit {
  width: number;
  height: number;
  pixelFormat: PixelFormat;
  name: string;
}

const SECURITY_NONE = 1;
const SECURITY_VNC_AUTH = 2;
const RESULT_OK = 0;
/** Not in the RFC: how RealVNC and TightVNC say "too many attempts" up to version 3.7. */
const RESULT_TOO_MANY = 2;
const TEXT_MAX_BYTES = 64 * 1024;
/** Of what is shown of a reason. */
const REASON_MAX_LENGTH = 400;

export interface Credentials {
  secret?: string | undefined;
  /** Whether the secret must be asked for: what a server allows that asks for none does not depend on it. */
  mustProve?: boolean;
}

/** Negotiates the version and authenticates; the stream then waits for ClientInit. Rejects with RfbFailure. */
export async function authenticate(stream: ByteStream, options: Credentials): Promise<RfbVersion> {
  const version = await negotiateVersion(stream);
  const type = version === '3.3' ? await readSecurityType(stream, options) : await chooseSecurityType(stream, options);
  if (type === SECURITY_VNC_AUTH) stream.write(vncAuthResponse(options.secret ?? '', await stream.read(16)));
  // Before 3.8 there is no result after "None" (section 7.2.1).
  if (type === SECURITY_VNC_AUTH || version === '3.8') await readSecurityResult(stream, version, type);
  return version;
}

/** Sends ClientInit, sharing the desktop with other viewers, and reads ServerInit. Rejects with RfbFailure. */
export async function initialise(stream: ByteStream): Promise<ServerInit> {
  stream.write(Buffer.of(1));
  const head = await stream.read(24);
  const name = await readText(stream, head.readUInt32BE(20));
  return { width: head.readUInt16BE(0), height: head.readUInt16BE(2), pixelFormat: parsePixelFormat(head.subarray(4, 20)), name };
}

async function negotiateVersion(stream: ByteStream): Promise<RfbVersion> {
  const version = await readVersion(stream, 'server');
  stream.write(versionMessage(version));
  return version;
}

/** Version 3.3: the server decides (section 7.1.2). */
async function readSecurityType(stream: ByteStream, credentials: Credentials): Promise<number> {
  const type = (await stream.read(4)).readUInt32BE(0);
  if (type === 0) throw new RfbFailure('refused', await readReason(stream));
  return pickSecurityType([type], credentials);
}

async function chooseSecurityType(stream: ByteStream, credentials: Credentials): Promise<number> {
  const count = (await stream.read(1)).readUInt8(0);
  if (count === 0) throw new RfbFailure('refused', await readReason(stream));
  const type = pickSecurityType([...(await stream.read(count))], credentials);
  stream.write(Buffer.of(type));
  return type;
}

function pickSecurityType(offered: readonly number[], { secret, mustProve = false }: Credentials): number {
  // A secret that we hold is proven where it can be: then the viewer's link works too.
  if (secret !== undefined && offered.includes(SECURITY_VNC_AUTH)) return SECURITY_VNC_AUTH;
  if (mustProve) throw new RfbFailure('wrong-secret', 'the VNC server does not ask for the secret');
  if (offered.includes(SECURITY_NONE)) return SECURITY_NONE;
  if (offered.includes(SECURITY_VNC_AUTH)) throw new RfbFailure('wrong-secret', 'the VNC server asks for a secret and none is known');
  throw new RfbFailure('refused', `the VNC server offers only security types that are not spoken here: ${offered.join(', ')}`);
}

async function readSecurityResult(stream: ByteStream, version: RfbVersion, type: number): Promise<void> {
  const result = (await stream.read(4)).readUInt32BE(0);
  if (result === RESULT_OK) return;
  const reason = version === '3.8' ? await readReason(stream) : result === RESULT_TOO_MANY ? 'too many attempts' : 'authentication failed';
  const tooMany = result === RESULT_TOO_MANY || /too many/i.test(reason);
  throw new RfbFailure(type === SECURITY_VNC_AUTH && !tooMany ? 'wrong-secret' : 'refused', reason);
}

/** A reason is said on the way out: a server that ends before it has spelt it out has refused all the same. */
async function readReason(stream: ByteStream): Promise<string> {
  try {
    return (await readText(stream, (await stream.read(4)).readUInt32BE(0))).slice(0, REASON_MAX_LENGTH);
  } catch (error) {
    if (error instanceof RfbFailure && error.kind === 'ended') return 'the VNC server gave no reason';
    throw error;
  }
}

async function readText(stream: ByteStream, length: number): Promise<string> {
  if (length > TEXT_MAX_BYTES) throw new RfbFailure('not-rfb', `the VNC server announces a text of ${length} bytes`);
  return (await stream.read(length)).toString('utf8');
}

function parsePixelFormat(bytes: Buffer): PixelFormat {
  return {
    bitsPerPixel: bytes.readUInt8(0),
    depth: bytes.readUInt8(1),
    bigEndian: bytes.readUInt8(2) !== 0,
    trueColour: bytes.readUInt8(3) !== 0,
    redMax: bytes.readUInt16BE(4),
    greenMax: bytes.readUInt16BE(6),
    blueMax: bytes.readUInt16BE(8),
    redShift: bytes.readUInt8(10),
    greenShift: bytes.readUInt8(11),
    blueShift: bytes.readUInt8(12),
  };
}
