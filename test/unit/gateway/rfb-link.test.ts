// The container's end of a tunnel: how it is opened, handed over and closed.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LinkReader, openRfbLink, type RfbLink } from '../../../src/gateway/rfb-link.ts';
import type { ByteStream } from '../../../src/rfb/byte-stream.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

let server: Server;
let peers: Socket[];
beforeEach(async () => {
  peers = [];
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    peers.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const peer of peers) peer.destroy();
  if (!server.listening) return;
  server.close();
  await once(server, 'close');
});

const clock = createFakeClock({ passUpToMs: 0 });
const open = (authenticate: (stream: ByteStream) => Promise<unknown> = async () => undefined, signal = new AbortController().signal): Promise<RfbLink> =>
  openRfbLink({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, { clock, signal, authenticate });
const peer = async (): Promise<Socket> => {
  await eventually(() => peers.length > 0);
  const [first] = peers;
  if (first === undefined) throw new Error('unreachable');
  return first;
};

/** Keeps what it is handed. */
function createReader(): LinkReader & { payload: Buffer; frames: number; ends: (Error | undefined)[] } {
  return {
    payload: Buffer.alloc(0),
    frames: 0,
    ends: [],
    frame(frame, bytes) {
      this.frames++;
      this.payload = Buffer.concat([this.payload, frame.subarray(frame.length - bytes)]);
      return true;
    },
    drained() {},
    ended(failure) {
      this.ends.push(failure);
    },
  };
}

test('a container where nobody listens is an end, not a fault', async () => {
  const link = open();
  const { port } = server.address() as AddressInfo;
  (await link).close();
  server.close();
  for (const socket of peers) socket.destroy();
  await once(server, 'close');
  await expect(openRfbLink({ host: '127.0.0.1', port }, { clock, signal: new AbortController().signal, authenticate: async () => undefined })).rejects.toMatchObject({ name: 'RfbFailure', kind: 'ended' });
});

test('a signal that aborts while the container is silent rejects with its reason and hangs up', async () => {
  const given = new AbortController();
  const link = open((stream) => stream.read(12), given.signal);
  const ended = once((await peer()).resume(), 'end');
  const reason = new Error('no longer wanted');
  given.abort(reason);
  await expect(link).rejects.toBe(reason);
  await ended;
  await expect(open(undefined, given.signal)).rejects.toBe(reason);
});

test('a handshake that fails hangs up', async () => {
  const fault = new Error('wrong secret');
  const link = open(() => Promise.reject(fault));
  await expect(link).rejects.toBe(fault);
  await once((await peer()).resume(), 'end');
});

test('the handshake is spoken over the stream, and what lies beyond it is handed over', async () => {
  const opening = open(async (stream) => {
    expect((await stream.read(4)).toString()).toBe('RFB ');
    stream.write(Buffer.from('me too'));
  });
  const here = await peer();
  here.write('RFB beyond');
  const link = await opening;
  const [answer] = (await once(here, 'data')) as [Buffer];
  expect(answer.toString()).toBe('me too');
  const reader = createReader();
  link.pass(reader);
  await eventually(() => reader.payload.toString() === 'beyond');
  link.close();
});

test('an end that came before the handing over is told at once, after what came before it', async () => {
  const opening = open(async (stream) => {
    await stream.read(1);
    await stream.read(99).catch(() => undefined);
  });
  (await peer()).end(Buffer.of(1, 2));
  const link = await opening;
  const reader = createReader();
  link.pass(reader);
  expect(reader.payload).toEqual(Buffer.of(2));
  expect(reader.ends).toEqual([undefined]);
});

test('long reads come once there is much to read, and short ones again when there is little', async () => {
  const link = await open();
  const here = await peer();
  let sizes: number[] = [];
  link.pass({ ...createReader(), frame: (_, bytes) => sizes.push(bytes) > 0 });
  const read = async (bytes: number): Promise<number[]> => {
    sizes = [];
    here.write(Buffer.alloc(bytes));
    await eventually(() => sizes.reduce((sum, size) => sum + size, 0) === bytes);
    return sizes;
  };
  expect(Math.max(...(await read(300_000)))).toBeGreaterThan(4_096);
  for (let count = 0; count < 100; count++) await read(1);
  expect((await read(300_000))[0]).toBeLessThanOrEqual(4_096);
  link.close();
});

test('a close sends what was written before it', async () => {
  const link = await open();
  const here = await peer();
  const bytes = Buffer.alloc(16 * 2 ** 20, 7);
  expect(link.write(bytes)).toBe(false);
  link.close();
  link.close();
  let arrived = 0;
  here.on('data', (chunk) => {
    arrived += chunk.length;
  });
  await once(here, 'end');
  expect(arrived).toBe(bytes.length);
});

test('a close waits five seconds for a container that never reads, and no longer', async () => {
  const link = await open();
  const here = await peer();
  here.pause();
  link.write(Buffer.alloc(64 * 2 ** 20));
  link.close();
  await clock.sleeping(5_000);
  expect(process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap')).toHaveLength(2);
  clock.advance(5_000);
  await eventually(() => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length === 1);
});
