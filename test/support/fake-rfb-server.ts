// A small RFB server on loopback for tests: a script of what to do with each connection, and the server's half of the
// protocol to write it with. It knows nothing of src/rfb, so that both can't share a mistake.
import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** The server's end of one connection. */
export class FakeRfbPeer {
  readonly socket: Socket;
  #received = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
  }

  send(...parts: (Uint8Array | string)[]): void {
    for (const part of parts) this.socket.write(part);
  }

  /** Exactly `length` bytes from the client; rejects when it goes away first. */
  async expect(length: number): Promise<Buffer> {
    while (this.#received.length < length) {
      if (this.socket.readableEnded || this.socket.destroyed) throw new Error('the client went away');
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
    const bytes = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return bytes;
  }

  /** The whole handshake of version 3.8; returns once ClientInit was read and ServerInit sent. */
  async shakeHands({ secret, width = 8, height = 8 }: { secret?: string; width?: number; height?: number } = {}): Promise<void> {
    this.send('RFB 003.008\n');
    await this.expect(12);
    this.send(Buffer.of(1, secret === undefined ? 1 : 2));
    await this.expect(1);
    if (secret !== undefined) {
      this.send(CHALLENGE);
      if (!(await this.expect(16)).equals(desAnswer(secret))) {
        this.send(u32(1), text('Authentication failure'));
        this.socket.end();
        throw new Error('wrong secret');
      }
    }
    this.send(u32(0));
    await this.expect(1);
    this.send(serverInit(width, height));
  }

  /** SetPixelFormat and SetEncodings; returns the offered encodings. */
  async readSetup(): Promise<number[]> {
    await this.expect(20);
    const count = (await this.expect(4)).readUInt16BE(2);
    const bytes = await this.expect(count * 4);
    return Array.from({ length: count }, (_, index) => bytes.readInt32BE(index * 4));
  }

  async readUpdateRequest(): Promise<{ incremental: boolean; width: number; height: number }> {
    const message = await this.expect(10);
    return { incremental: message.readUInt8(1) === 1, width: message.readUInt16BE(6), height: message.readUInt16BE(8) };
  }
}

export interface FakeRfbServer {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: number;
  stop(): Promise<void>;
}

/** Runs `script` for each connection, with its number from 0; a script that throws closes its connection. Port 0 unless given. */
export async function startFakeRfbServer(script: (peer: FakeRfbPeer, connection: number) => Promise<void> | void, port = 0): Promise<FakeRfbServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    const peer = new FakeRfbPeer(socket);
    Promise.resolve(script(peer, connections++)).catch(() => socket.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake server has no port');
  return {
    port: address.port,
    get connections() {
      return connections;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export const CHALLENGE = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

export const u16 = (...values: number[]): Buffer => Buffer.from(values.flatMap((value) => [(value >> 8) & 255, value & 255]));
export const u32 = (value: number): Buffer => u16(value >>> 16, value & 0xffff);
export const text = (value: string): Buffer => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);

export function serverInit(width: number, height: number, name = 'fake'): Buffer {
  return Buffer.concat([u16(width, height), Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]), text(name)]);
}

/** A FramebufferUpdate of the given rectangles; `count` as announced. */
export function update(rectangles: readonly Uint8Array[], count = rectangles.length): Buffer {
  return Buffer.concat([Buffer.of(0, 0), u16(count), ...rectangles]);
}

export function rectangle(encoding: number, x: number, y: number, width: number, height: number, ...payload: Uint8Array[]): Buffer {
  return Buffer.concat([u16(x, y, width, height), u32(encoding >>> 0), ...payload]);
}

/** 32-bit little-endian pixels; the padding byte is set, as some servers leave it. */
export function pixels(...colours: number[]): Buffer {
  return Buffer.from(colours.flatMap((colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255, 255]));
}

/** A Raw rectangle in one colour. */
export function flat(x: number, y: number, width: number, height: number, colour: number): Buffer {
  return rectangle(0, x, y, width, height, pixels(...Array<number>(width * height).fill(colour)));
}

/** The right answer to CHALLENGE, made with another cipher mode than the code under test uses. */
export function desAnswer(secret: string): Buffer {
  const key = Buffer.alloc(8);
  key.write(secret, 'latin1');
  const reversed = key.map((byte) => Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2));
  const half = (block: Buffer): Buffer => {
    const cipher = createCipheriv('des-ede3-cbc', Buffer.concat([reversed, reversed, reversed]), Buffer.alloc(8));
    cipher.setAutoPadding(false);
    return cipher.update(block);
  };
  return Buffer.concat([half(CHALLENGE.subarray(0, 8)), half(CHALLENGE.subarray(8))]);
}
