// One tunnel over real sockets: what arrives, what is refused, what it costs when a side doesn't read, and how it ends.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { maskedFrame, startTunnelStand, type TunnelStand, type TunnelStandOptions } from '../../support/tunnel-stand.ts';

let stand: TunnelStand;
const start = async (options: TunnelStandOptions = {}): Promise<TunnelStand> => {
  stand = await startTunnelStand(options);
  return stand;
};
afterEach(() => stand.stop());

const BINARY = 2;
const MEGABYTE = 2 ** 20;

function collect(peer: Socket): () => Buffer {
  const chunks: Buffer[] = [];
  peer.on('data', (chunk) => chunks.push(chunk));
  return () => Buffer.concat(chunks);
}

/** Bytes whose places can be told apart. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
}

test('bytes arrive whole and in order both ways, however they are cut', async () => {
  const { viewer, peer } = await start();
  const there = await viewer();
  const here = await peer();
  const arrived = collect(here);
  let [toViewer, fromViewer] = [Buffer.alloc(0), Buffer.alloc(0)];
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 130 }), fc.integer({ min: 60_000, max: 200_000 })), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(sizes, sizes, async (down, up) => {
      for (const size of down) {
        const bytes = randomBytes(size);
        toViewer = Buffer.concat([toViewer, bytes]);
        here.write(bytes);
      }
      for (const size of up) {
        const bytes = randomBytes(size);
        fromViewer = Buffer.concat([fromViewer, bytes]);
        there.socket.send(bytes);
      }
      await eventually(() => there.received().length >= toViewer.length && arrived().length >= fromViewer.length);
      expect(there.received().equals(toViewer)).toBe(true);
      expect(arrived().equals(fromViewer)).toBe(true);
    }),
    { numRuns: 15 },
  );
  expect(stand.tunnels.list()).toMatchObject([{ toViewerBytes: toViewer.length, fromViewerBytes: fromViewer.length }]);
});

test('a message in fragments, with a ping between them, arrives as one run of bytes', async () => {
  const { bareViewer, peer } = await start();
  const viewer = await bareViewer();
  const arrived = collect(await peer());
  viewer.write(Buffer.concat([maskedFrame(BINARY, Buffer.from('one '), false), maskedFrame(0, Buffer.from('two '), false)]));
  viewer.write(Buffer.concat([maskedFrame(9, Buffer.from('?')), maskedFrame(0, Buffer.from('three'))]));
  await eventually(() => arrived().toString() === 'one two three');
  viewer.resume();
  const [pong] = (await once(viewer, 'data')) as [Buffer];
  expect(pong).toEqual(Buffer.concat([Buffer.of(0x8a, 1), Buffer.from('?')]));
});

test.each([
  ['the subprotocol binary, where it is offered', ['base64', 'binary'], 'binary'],
  ["binary, and not the page's half of its session, wherever that stands", ['vncctl.session.2.a.full', 'binary'], 'binary'],
  ['no subprotocol, where none is offered', [], ''],
] as const)('a viewer gets %s', async (_, offered, chosen) => {
  const { viewer } = await start();
  const { socket } = await viewer([...offered]);
  expect(socket.protocol).toBe(chosen);
  expect(socket.extensions).toBe('');
});

test('a text message ends the viewer, and nothing of it reaches the desktop', async () => {
  const { viewer, peer } = await start();
  const { socket, closed } = await viewer();
  const arrived = collect(await peer());
  socket.send('text');
  expect(await closed).toEqual({ code: 1003, reason: 'only binary messages are taken' });
  expect(arrived()).toHaveLength(0);
});

test('pongs fall between frames while megabytes go to a slow viewer', async () => {
  const { viewer, peer } = await start();
  const { socket, received, closed } = await viewer();
  const here = await peer();
  const bytes = pattern(16 * MEGABYTE);
  let pongs = 0;
  socket.on('pong', () => pongs++);
  socket.pause();
  here.write(bytes);
  await eventually(() => stand.tunnels.list().some(({ toViewerBytes }) => toViewerBytes > MEGABYTE));
  for (let count = 0; count < 20; count++) socket.ping(String(count));
  socket.resume();
  // Some of them come while there is something to interrupt.
  await eventually(() => {
    if (received().length < bytes.length && pongs < 40) socket.ping();
    return received().length >= bytes.length && pongs >= 20;
  });
  expect(received().equals(bytes)).toBe(true);
  socket.close();
  expect(await closed).toMatchObject({ code: 1005 });
});

test('a viewer that never reads costs less than a megabyte and stops the desktop; nothing is lost when it reads again', async () => {
  const { bareViewer, peer } = await start();
  const viewer = await bareViewer();
  const here = await peer();
  const block = pattern(MEGABYTE);
  const before = process.memoryUsage().arrayBuffers;
  let written = 0;
  let going = true;
  const pump = (): void => {
    while (going) {
      written += block.length;
      if (!here.write(block)) break;
    }
  };
  here.on('drain', pump);
  pump();
  await settled(() => stand.tunnels.list()[0]?.toViewerBytes ?? 0);
  const held = process.memoryUsage().arrayBuffers - before;
  expect(held).toBeLessThan(MEGABYTE);
  expect(written).toBeLessThan(64 * MEGABYTE);

  going = false;
  const payload = unframed(viewer);
  await eventually(() => payload().bytes >= written);
  expect(payload()).toEqual({ bytes: written, wrong: 0 });
}, 20_000);

test('a desktop that never reads stops its viewer; nothing is lost when it reads again', async () => {
  const { bareViewer, peer } = await start();
  const viewer = await bareViewer();
  const here = await peer();
  here.pause();
  const message = maskedFrame(BINARY, pattern(100));
  const block = Buffer.concat(Array.from({ length: 10_000 }, () => message));
  let sent = 0;
  let going = true;
  const pump = (): void => {
    while (going) {
      sent += 10_000;
      if (!viewer.write(block)) break;
    }
  };
  viewer.on('drain', pump);
  const before = process.memoryUsage().arrayBuffers;
  pump();
  await settled(() => stand.tunnels.list()[0]?.fromViewerBytes ?? 0);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * MEGABYTE);
  expect(stand.tunnels.list()[0]?.fromViewerBytes).toBeLessThan(sent * 100);

  going = false;
  let arrived = 0;
  here.on('data', (chunk: Buffer) => {
    arrived += chunk.length;
  });
  here.resume();
  await eventually(() => arrived === sent * 100);
}, 20_000);

test.each([
  ['a frame that is not masked', Buffer.of(0x82, 1, 7), 1002],
  ['a reserved operation', maskedFrame(3, Buffer.of(7)), 1002],
  ['a reserved bit', Buffer.of(0xc2, 0x81, 0, 0, 0, 0, 7), 1002],
  ['random bytes', Buffer.from('ffd8ffe000104a46', 'hex'), 1002],
  ['a message that would be larger than allowed', Buffer.of(0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0), 1009],
  ['a message in endless pieces', Buffer.concat([maskedFrame(BINARY, Buffer.of(7), false), ...Array.from({ length: 2_000 }, () => maskedFrame(0, Buffer.of(7), false))]), 1008],
])('%s ends the viewer and its connection to the desktop', async (_, bytes, code) => {
  const { bareViewer, peer, tunnels } = await start();
  const viewer = await bareViewer();
  const here = await peer();
  here.resume();
  viewer.write(bytes);
  await once(here, 'end');
  const [answer] = (await once(viewer.resume(), 'data')) as [Buffer];
  expect(answer.readUInt8(0)).toBe(0x88);
  expect(answer.readUInt16BE(2)).toBe(code);
  viewer.end();
  await eventually(() => tunnels.list().length === 0);
});

test('a desktop that ends says its last words first', async () => {
  const { viewer, peer, ends } = await start();
  const { received, closed } = await viewer();
  const bytes = pattern(3 * MEGABYTE);
  (await peer()).end(bytes);
  expect(await closed).toEqual({ code: 1000, reason: 'the desktop closed the connection' });
  expect(received().equals(bytes)).toBe(true);
  await eventually(() => ends.length === 1);
  expect(ends[0]).toMatchObject({ state: { toViewerBytes: bytes.length }, failure: undefined });
});

test('a desktop that is lost ends the viewer with another code', async () => {
  const { viewer, peer, ends } = await start();
  const { closed } = await viewer();
  (await peer()).resetAndDestroy();
  expect(await closed).toEqual({ code: 1014, reason: 'the desktop was lost' });
  await eventually(() => ends.length === 1);
  expect(ends[0]?.failure).toMatchObject({ kind: 'ended' });
});

test.each([
  ['closes', (viewer: Socket) => viewer.write(maskedFrame(8, Buffer.alloc(0)))],
  ['closes only its half', (viewer: Socket) => viewer.end()],
  ['disappears', (viewer: Socket) => viewer.resetAndDestroy()],
])('a viewer that %s ends the connection to the desktop', async (_, leave) => {
  const { bareViewer, peer, tunnels, ends } = await start();
  const viewer = await bareViewer();
  const here = await peer();
  here.resume();
  viewer.resume();
  leave(viewer);
  await once(here, 'end');
  await eventually(() => ends.length === 1);
  expect(tunnels.list()).toEqual([]);
});

test('a viewer that closes its half with bytes left to read is gone at once', async () => {
  const { bareViewer, peer, ends } = await start();
  const viewer = await bareViewer();
  const here = await peer();
  const pump = (): void => {
    while (here.write(pattern(MEGABYTE)));
  };
  here.on('drain', pump);
  pump();
  await settled(() => stand.tunnels.list()[0]?.toViewerBytes ?? 0);
  viewer.end();
  await eventually(() => ends.length === 1);
}, 20_000);

test('only what the filter lets through reaches the desktop, and input is told and remembered', async () => {
  const inputs: Date[] = [];
  const { viewer, peer, tunnels } = await start({
    session: {
      viewOnly: true,
      onInput: (at) => inputs.push(at),
      filter: (chunk) => ({ forward: [chunk.subarray(0, 1), chunk.subarray(2)], input: chunk.includes('i'), ...(chunk.includes('!') ? { close: 'not allowed' } : {}) }),
    },
  });
  const { socket, closed } = await viewer();
  const arrived = collect(await peer());
  socket.send(Buffer.from('abc'));
  await eventually(() => arrived().toString() === 'ac');
  expect(tunnels.list()).toMatchObject([{ viewOnly: true, fromViewerBytes: 3, lastInputAt: undefined }]);
  socket.send(Buffer.from('xyi'));
  await eventually(() => arrived().toString() === 'acxi');
  expect(tunnels.list()).toMatchObject([{ lastInputAt: inputs[0] }]);
  socket.send(Buffer.from('p!q'));
  expect(await closed).toEqual({ code: 1008, reason: 'not allowed' });
  await eventually(() => arrived().toString() === 'acxipq');
});

test('a filter that fails ends the viewer and nothing else', async () => {
  const fault = new Error('a fault');
  const { viewer, ends } = await start({
    session: {
      filter: () => {
        throw fault;
      },
    },
  });
  const { socket, closed } = await viewer();
  socket.send(Buffer.of(1));
  expect(await closed).toEqual({ code: 1011, reason: 'vncctl failed' });
  await eventually(() => ends.length === 1);
  expect(ends[0]?.failure).toBe(fault);
});

/** Resolves once a number has stayed the same for many turns of the event loop. */
async function settled(number: () => number): Promise<void> {
  let last = -1;
  let same = 0;
  await eventually(() => {
    const now = number();
    same = now === last && now > 0 ? same + 1 : 0;
    last = now;
    return same > 5_000;
  });
}

/** Takes the frames of a server apart as they come; how many bytes were in them, and how many of those are not the pattern's. */
function unframed(viewer: Socket): () => { bytes: number; wrong: number } {
  let [bytes, wrong] = [0, 0];
  let rest: Buffer = Buffer.alloc(0);
  const expected = pattern(MEGABYTE);
  viewer.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const head = headerOf(rest);
      if (head === undefined || rest.length < head.header + head.length) return;
      const payload = rest.subarray(head.header, head.header + head.length);
      for (let done = 0; done < payload.length; ) {
        const place = (bytes + done) % MEGABYTE;
        const piece = payload.subarray(done, done + MEGABYTE - place);
        if (!piece.equals(expected.subarray(place, place + piece.length))) wrong += piece.length;
        done += piece.length;
      }
      bytes += payload.length;
      rest = rest.subarray(head.header + head.length);
    }
  });
  viewer.resume();
  return () => ({ bytes, wrong });
}

function headerOf(frame: Buffer): { header: number; length: number } | undefined {
  if (frame.length < 10) return frame.length >= 2 && frame.readUInt8(1) < 126 ? { header: 2, length: frame.readUInt8(1) } : undefined;
  if (frame.readUInt8(0) !== 0x82) throw new Error(`a frame begins with ${frame.readUInt8(0)}`);
  const length = frame.readUInt8(1);
  if (length < 126) return { header: 2, length };
  return length === 126 ? { header: 4, length: frame.readUInt16BE(2) } : { header: 10, length: frame.readUInt32BE(6) };
}
