// The container's end of a tunnel behind websockify: the same obligations as over TCP.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LinkReader, RfbLink } from '../../../src/gateway/rfb-link.ts';
import { openWebSocketLink } from '../../../src/gateway/websocket-link.ts';
import type { ByteStream } from '../../../src/rfb/byte-stream.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { type FakeWebsockify, startFakeWebsockify } from '../../support/fake-websockify.ts';

let bridge: FakeWebsockify;
beforeEach(async () => {
  bridge = await startFakeWebsockify();
});
afterEach(() => bridge.stop());

const clock = createFakeClock({ passUpToMs: 0 });
const open = (authenticate: (stream: ByteStream) => Promise<unknown> = async () => undefined, signal = new AbortController().signal, { url } = bridge): Promise<RfbLink> =>
  openWebSocketLink(url, { clock, signal, authenticate });

interface Reader extends LinkReader {
  payload: Buffer;
  /** Whether the next frames are welcome. */
  takes: boolean;
  drains: number;
  ends: (Error | undefined)[];
}

/** Keeps what it is handed. */
function createReader(): Reader {
  return {
    payload: Buffer.alloc(0),
    takes: true,
    drains: 0,
    ends: [],
    frame(frame, bytes) {
      this.payload = Buffer.concat([this.payload, frame.subarray(frame.length - bytes)]);
      return this.takes;
    },
    drained() {
      this.drains++;
    },
    ended(failure) {
      this.ends.push(failure);
    },
  };
}

test('the handshake is spoken over the stream, and what lies beyond it is handed over as frames', async () => {
  const opening = open(async (stream) => {
    expect((await stream.read(4)).toString()).toBe('RFB ');
    stream.write(Buffer.from('me too'));
  });
  const peer = await bridge.peer();
  expect(bridge.offered).toEqual(['binary']);
  peer.send(Buffer.from('RFB beyond'));
  const [answer] = (await once(peer, 'message')) as [Buffer];
  expect(answer.toString()).toBe('me too');
  const link = await opening;
  const reader = createReader();
  const frames: Buffer[] = [];
  link.pass({ ...reader, frame: (frame) => frames.push(frame) > 0 });
  peer.send(Buffer.from('more'));
  await eventually(() => frames.length === 2);
  expect(frames.map((frame) => frame.toString('latin1'))).toEqual(['\x82\x06beyond', '\x82\x04more']);
  link.close();
});

test('what is written arrives, and is the same afterwards as before: a mask is laid over a copy', async () => {
  const link = await open();
  const peer = await bridge.peer();
  const bytes = Buffer.from('key pressed');
  expect(link.write(bytes)).toBe(true);
  const [heard] = (await once(peer, 'message')) as [Buffer];
  expect(heard.toString()).toBe('key pressed');
  expect(bytes.toString()).toBe('key pressed');
  link.close();
});

test('after a no nothing is handed over until resume, what had been read by then included, and the order stays', async () => {
  const link = await open();
  const peer = await bridge.peer();
  const reader = createReader();
  reader.takes = false;
  link.pass(reader);
  for (const text of ['one ', 'two ', 'three']) peer.send(Buffer.from(text));
  peer.close(1000);
  await eventually(() => reader.payload.length > 0);
  await expect.poll(() => reader.payload.toString()).toBe('one ');
  link.resume();
  expect(reader.payload.toString()).toBe('one two ');
  expect(reader.ends).toEqual([]);
  reader.takes = true;
  link.resume();
  await eventually(() => reader.ends.length > 0);
  expect(reader.payload.toString()).toBe('one two three');
  expect(reader.ends).toEqual([undefined]);
});

test('a failure waits until all that came before it was handed over', async () => {
  const link = await open();
  const peer = await bridge.peer();
  const reader = createReader();
  reader.takes = false;
  link.pass(reader);
  for (const bytes of [Buffer.from('one '), Buffer.from('two'), Buffer.alloc(2 * 2 ** 20)]) peer.send(bytes);
  await once(peer, 'close');
  expect([reader.payload.toString(), reader.ends]).toEqual(['one ', []]);
  link.resume();
  reader.takes = true;
  link.resume();
  expect(reader.payload.toString()).toBe('one two');
  expect(reader.ends).toHaveLength(1);
});

test('a reader that takes nothing holds the bridge back: what it sends stays there', async () => {
  const link = await open();
  const peer = await bridge.peer();
  const reader = createReader();
  reader.takes = false;
  link.pass(reader);
  for (let count = 0; count < 512; count++) peer.send(Buffer.alloc(64 * 1024));
  await eventually(() => reader.payload.length > 0);
  for (let count = 0; count < 100; count++) {
    link.write(Buffer.of(count));
    await once(peer, 'message');
  }
  // As much as sockets hold has gone, of the 32 MB.
  expect(peer.bufferedAmount).toBeGreaterThan(16 * 2 ** 20);
  reader.takes = true;
  let arrived = reader.payload.length;
  reader.frame = (_, bytes) => (arrived += bytes) > 0;
  link.resume();
  await eventually(() => arrived === 512 * 64 * 1024);
  expect(peer.bufferedAmount).toBe(0);
  link.close();
});

test('a bridge that does not read holds the writer back until it has read', async () => {
  const link = await open();
  const peer = await bridge.peer();
  const reader = createReader();
  link.pass(reader);
  peer.pause();
  let written = 0;
  while (link.write(Buffer.alloc(256 * 1024))) written++;
  expect(written).toBeLessThan(100);
  expect(reader.drains).toBe(0);
  peer.resume();
  await eventually(() => reader.drains > 0);
  expect(reader.drains).toBe(1);
  expect(link.write(Buffer.of(1))).toBe(true);
  link.close();
});

test.each([
  ['closes in good order', (peer: Awaited<ReturnType<FakeWebsockify['peer']>>) => peer.close(1000), undefined],
  ['is lost', (peer: Awaited<ReturnType<FakeWebsockify['peer']>>) => peer.terminate(), { name: 'RfbFailure', kind: 'ended' }],
  ['sends a message without bounds', (peer: Awaited<ReturnType<FakeWebsockify['peer']>>) => peer.send(Buffer.alloc(2 * 2 ** 20)), { name: 'RfbFailure', kind: 'ended' }],
] as const)('where the bridge %s, the end is told once', async (_, end, failure) => {
  const link = await open();
  const reader = createReader();
  link.pass(reader);
  const peer = await bridge.peer();
  end(peer);
  await eventually(() => reader.ends.length > 0);
  if (peer.readyState !== peer.CLOSED) await once(peer, 'close');
  expect(reader.ends).toHaveLength(1);
  if (failure === undefined) expect(reader.ends[0]).toBeUndefined();
  else expect(reader.ends[0]).toMatchObject(failure);
  expect(link.write(Buffer.of(1))).toBe(true);
});

test('a port where nobody listens is an end, what is no bridge is not RFB', async () => {
  const stopped = await startFakeWebsockify();
  await stopped.stop();
  await expect(open(undefined, undefined, stopped)).rejects.toMatchObject({ name: 'RfbFailure', kind: 'ended' });
  const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  await expect(open(undefined, undefined, { ...stopped, url: `ws://127.0.0.1:${(other.address() as AddressInfo).port}/` })).rejects.toMatchObject({ kind: 'not-rfb' });
  other.close();
});

test('a signal that aborts while the desktop is silent rejects with its reason and hangs up', async () => {
  const given = new AbortController();
  const opening = open((stream) => stream.read(12), given.signal);
  const closed = once(await bridge.peer(), 'close');
  const reason = new Error('no longer wanted');
  given.abort(reason);
  await expect(opening).rejects.toBe(reason);
  await closed;
});

test('a close sends what was written before it, once, and the reader hears no more', async () => {
  const link = await open();
  const peer = await bridge.peer();
  const reader = createReader();
  reader.takes = false;
  link.pass(reader);
  // From then on the reader holds the bridge back, which must not keep its answer to the close.
  peer.send(Buffer.of(1));
  await eventually(() => reader.payload.length > 0);
  peer.pause();
  let arrived = 0;
  peer.on('message', (data) => {
    arrived += (data as Buffer).length;
  });
  for (let count = 0; count < 64; count++) link.write(Buffer.alloc(256 * 1024));
  link.close();
  link.close();
  peer.resume();
  await once(peer, 'close');
  expect(arrived).toBe(64 * 256 * 1024);
  expect(reader.ends).toEqual([]);
});

test('a close waits five seconds for a bridge that never reads, and no longer', async () => {
  const link = await open();
  const peer = await bridge.peer();
  peer.pause();
  for (let count = 0; count < 64; count++) link.write(Buffer.alloc(256 * 1024));
  link.close();
  await clock.sleeping(5_000);
  const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  expect(sockets()).toBe(2);
  clock.advance(5_000);
  await eventually(() => sockets() === 1);
});
