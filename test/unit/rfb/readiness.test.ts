import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { ReadyStage } from '../../../src/core/catalog.ts';
import type { ProbeTarget } from '../../../src/core/readiness.ts';
import { createProbe } from '../../../src/rfb/readiness.ts';
import { type FakeRfbPeer, flat, pixels, rectangle, startFakeRfbServer, text, update } from '../../support/fake-rfb-server.ts';
import { createSteppedClock } from '../../support/stepped-clock.ts';

const SIZE = 48;
const WHITE = 0xffffff;
const QUIET_MS = 3_000;

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A server with this script, and a probe of it that runs until the stage, an error or `abort`. */
async function probe(stage: ReadyStage, script: (peer: FakeRfbPeer, connection: number) => Promise<void> | void, secret?: string) {
  const server = await startFakeRfbServer(script);
  stops.push(server.stop);
  return { server, ...start(stage, { kind: 'tcp', host: '127.0.0.1', port: server.port, ...(secret === undefined ? {} : { secret }) }) };
}

function start(stage: ReadyStage, target: ProbeTarget) {
  const clock = createSteppedClock({ passAtMostMs: 100 });
  const abort = new AbortController();
  const seen: ReadyStage[] = [];
  const done = createProbe({ clock }).waitFor(stage, target, { signal: abort.signal, onStage: (next) => seen.push(next) });
  done.catch(() => undefined);
  stops.push(async () => abort.abort());
  return { clock, abort, seen, done };
}

const blankWindow = (): Buffer => update([flat(0, 0, SIZE, SIZE, WHITE)]);
const page = (): Buffer => update([rectangle(0, 0, 0, SIZE, SIZE, pixels(...Array.from({ length: SIZE * SIZE }, (_, at) => at * 77)))]);

/** A server that shows the given pictures, one an update request, and then keeps quiet. */
const showing =
  (...updates: Buffer[]) =>
  async (peer: FakeRfbPeer): Promise<void> => {
    await peer.shakeHands({ width: SIZE, height: SIZE });
    await peer.readSetup();
    for (const bytes of updates) {
      await peer.readUpdateRequest();
      peer.send(bytes);
    }
  };

describe('waiting for a stage', () => {
  test('running needs no connection', async () => {
    const { server, done, seen } = await probe('running', () => undefined);
    await done;
    expect([server.connections, seen]).toEqual([0, []]);
  });

  test('rfb ends after the handshake, without asking for a picture', async () => {
    let beyond: unknown;
    const { done, seen } = await probe('rfb', async (peer) => {
      await peer.shakeHands({ secret: 'pw' });
      beyond = await peer.expect(1).catch(() => 'gone');
    }, 'pw');
    await done;
    expect(seen).toEqual(['rfb']);
    await expect.poll(() => beyond).toBe('gone');
  });

  test('a blank window is a window and the painted page a page, told in order and once each', async () => {
    const root = update([flat(0, 0, SIZE, SIZE, 0)]);
    const { done, seen, clock } = await probe('page', showing(root, blankWindow(), blankWindow(), page()));
    await done;
    expect(seen).toEqual(['rfb', 'window', 'page']);
    expect(clock.monotonicMs()).toBe(0);
  });

  test('a page seen at once has passed the window too', async () => {
    const { done, seen } = await probe('page', showing(page()));
    await done;
    expect(seen).toEqual(['rfb', 'window', 'page']);
  });

  test('window does not wait for the page', async () => {
    const { done, seen } = await probe('window', showing(blankWindow()));
    await done;
    expect(seen).toEqual(['rfb', 'window']);
  });

  test('asks for the whole picture once and then for changes', async () => {
    const requests: boolean[] = [];
    const { done } = await probe('page', async (peer) => {
      await peer.shakeHands({ width: SIZE, height: SIZE });
      await peer.readSetup();
      for (const bytes of [blankWindow(), blankWindow(), page()]) {
        requests.push((await peer.readUpdateRequest()).incremental);
        peer.send(bytes);
      }
    });
    await done;
    expect(requests).toEqual([false, true, true]);
  });

  test('a server that spends each request for the whole picture on telling its size is asked for changes next', async () => {
    const requests: boolean[] = [];
    const { done } = await probe('page', async (peer) => {
      await peer.shakeHands({ width: SIZE, height: SIZE });
      await peer.readSetup();
      while (requests.length < 50) {
        const { incremental } = await peer.readUpdateRequest();
        requests.push(incremental);
        peer.send(incremental ? page() : update([rectangle(-308, 0, 0, SIZE, SIZE, Buffer.of(1, 0, 0, 0), Buffer.alloc(16))]));
      }
    });
    await done;
    expect(requests).toEqual([false, true]);
  });

  test('a change of size is survived: the whole picture of the new size is asked for', async () => {
    let request: unknown;
    const { done, seen } = await probe('page', async (peer) => {
      await peer.shakeHands({ width: 4, height: 4 });
      await peer.readSetup();
      await peer.readUpdateRequest();
      peer.send(update([rectangle(-223, 0, 0, SIZE, SIZE)]));
      request = await peer.readUpdateRequest();
      peer.send(page());
    });
    await done;
    expect(request).toEqual({ incremental: false, width: SIZE, height: SIZE });
    expect(seen).toEqual(['rfb', 'window', 'page']);
  });

  test('a uniform page counts as painted after three seconds without a change', async () => {
    const { done, seen, clock } = await probe('page', showing(blankWindow()));
    await clock.sleeping(QUIET_MS);
    clock.advance(QUIET_MS - 1);
    expect(seen).toEqual(['rfb', 'window']);
    clock.advance(1);
    await done;
    expect(seen).toEqual(['rfb', 'window', 'page']);
  });

  test('a change of the picture starts the three seconds anew, a new pointer does not', async () => {
    let peerNow: FakeRfbPeer | undefined;
    const { done, seen, clock } = await probe('page', async (peer) => {
      await showing(blankWindow())(peer);
      peerNow = peer;
    });
    await clock.sleeping(QUIET_MS);
    clock.advance(2_000);
    peerNow?.send(blankWindow());
    await clock.sleeping(QUIET_MS);
    clock.advance(2_000);
    expect(seen).toEqual(['rfb', 'window']);
    // The requests that followed the two pictures; the next one tells that the pointer was dealt with.
    await peerNow?.readUpdateRequest();
    await peerNow?.readUpdateRequest();
    peerNow?.send(update([rectangle(-239, 0, 0, 0, 0)]));
    await peerNow?.readUpdateRequest();
    clock.advance(1_000);
    await done;
    expect(seen).toEqual(['rfb', 'window', 'page']);
  });

  test('an empty root never becomes a page by waiting', async () => {
    let asked = false;
    const { done, seen, clock, abort } = await probe('page', async (peer) => {
      await showing(update([flat(0, 0, SIZE, SIZE, 0)]))(peer);
      await peer.readUpdateRequest();
      asked = true;
    });
    await expect.poll(() => asked).toBe(true);
    clock.advance(60_000);
    await new Promise(setImmediate);
    expect(seen).toEqual(['rfb']);
    abort.abort(new Error('enough'));
    await expect(done).rejects.toThrow('enough');
    expect(seen).toEqual(['rfb']);
  });
});

describe('a server that is not there yet', () => {
  test('is dialled again, at growing intervals of 5 to 100 ms, until it listens', async () => {
    const placeholder = await startFakeRfbServer(() => undefined);
    const { port } = placeholder;
    await placeholder.stop();
    const { done, clock } = start('rfb', { kind: 'tcp', host: '127.0.0.1', port });
    await expect.poll(() => clock.sleptMs.filter((ms) => ms === 100).length).toBeGreaterThan(2);
    const delays = clock.sleptMs.filter((ms) => ms <= 100);
    expect(delays.slice(0, 3)).toEqual([5, 7.5, 11.25]);
    stops.push((await startFakeRfbServer((peer) => peer.shakeHands(), port)).stop);
    await done;
  });

  test.each<[string, (peer: FakeRfbPeer) => Promise<void> | void]>([
    ['closes before its greeting', (peer) => void peer.socket.end()],
    ['resets the connection', (peer) => void peer.socket.resetAndDestroy()],
    ['closes within its greeting', (peer) => void peer.socket.end('RFB 00')],
    ['closes within the handshake', async (peer) => {
      peer.send('RFB 003.008\n');
      await peer.expect(12);
      peer.socket.end();
    }],
    ['closes within the first picture', async (peer) => {
      await peer.shakeHands({ width: SIZE, height: SIZE });
      await peer.readSetup();
      await peer.readUpdateRequest();
      peer.socket.end(blankWindow().subarray(0, 100));
    }],
  ])('is dialled again when it %s', async (_name, first) => {
    const { done, server, seen } = await probe('page', (peer, connection) => (connection < 2 ? first(peer) : showing(page())(peer)));
    await done;
    expect(server.connections).toBe(3);
    expect(seen).toEqual(['rfb', 'window', 'page']);
  });

  test('is given up and dialled again when it accepts and then says nothing for five seconds', async () => {
    const { done, server, clock } = await probe('rfb', (peer, connection) => (connection === 0 ? undefined : peer.shakeHands()));
    await expect.poll(() => server.connections).toBe(1);
    clock.advance(5_000);
    await done;
    expect(server.connections).toBe(2);
  });

  test.each([['before it begins', true], ['while it waits', false]])('ends with the reason of the signal when that aborts %s', async (_name, before) => {
    const { done, abort, server } = await probe('rfb', () => undefined);
    if (!before) await expect.poll(() => server.connections).toBe(1);
    abort.abort(new Error('too long'));
    await expect(done).rejects.toThrow('too long');
  });
});

describe('a server that will never do', () => {
  test('a wrong secret is final', async () => {
    const { done, server } = await probe('rfb', (peer) => peer.shakeHands({ secret: 'right' }), 'wrong');
    await expect(done).rejects.toMatchObject({ code: 'SECRET_REFUSED', message: expect.stringContaining('Authentication failure') });
    expect(server.connections).toBe(1);
  });

  test('being turned away is final, and tells why', async () => {
    const { done } = await probe('rfb', async (peer) => {
      peer.send('RFB 003.008\n', Buffer.of(0), text('Too many security failures'));
      await peer.expect(12);
    });
    await expect(done).rejects.toMatchObject({ code: 'VNC_REFUSED', message: expect.stringContaining('Too many security failures') });
  });

  test('another protocol is final', async () => {
    const { done } = await probe('rfb', (peer) => peer.send('SSH-2.0-x\r\n'));
    await expect(done).rejects.toMatchObject({ code: 'NOT_VNC', hint: expect.stringContaining('vncctl') });
  });
});

describe('through a WebSocket', () => {
  test('the stages are the same', async () => {
    const rfb = await startFakeRfbServer(showing(blankWindow(), page()));
    stops.push(rfb.stop);
    const bridge = await startBridge(rfb.port);
    const { done, seen } = start('page', { kind: 'websocket', url: `ws://127.0.0.1:${bridge.port}/websockify` });
    await done;
    expect(seen).toEqual(['rfb', 'window', 'page']);
    expect(bridge.protocols).toEqual(['binary']);
  });

  test('a bridge without a server behind it is dialled again', async () => {
    const rfb = await startFakeRfbServer((peer, connection) => (connection < 2 ? void peer.socket.end() : peer.shakeHands()));
    stops.push(rfb.stop);
    const bridge = await startBridge(rfb.port);
    await start('rfb', { kind: 'websocket', url: `ws://127.0.0.1:${bridge.port}/` }).done;
    expect(bridge.protocols).toHaveLength(3);
  });

  test.each([[503, 2], [502, 2]])('HTTP %i is dialled again', async (status, connections) => {
    const server = await startHttp(status);
    const { abort, done } = start('rfb', { kind: 'websocket', url: `ws://127.0.0.1:${server.port}/` });
    await expect.poll(() => server.connections).toBeGreaterThanOrEqual(connections);
    abort.abort(new Error('enough'));
    await expect(done).rejects.toThrow('enough');
  });

  test('HTTP 404 is no VNC server', async () => {
    const server = await startHttp(404);
    await expect(start('rfb', { kind: 'websocket', url: `ws://127.0.0.1:${server.port}/` }).done).rejects.toMatchObject({ code: 'NOT_VNC' });
  });
});

/** A stand-in for websockify. */
async function startBridge(rfbPort: number): Promise<{ port: number; protocols: string[] }> {
  const { connect } = await import('node:net');
  const protocols: string[] = [];
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => {
    protocols.push(socket.protocol);
    const rfb = connect(rfbPort, '127.0.0.1');
    socket.on('message', (data: Buffer) => rfb.write(data));
    socket.on('close', () => rfb.destroy());
    rfb.on('data', (chunk) => socket.send(chunk));
    rfb.on('close', () => socket.close());
    rfb.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.on('listening', resolve));
  stops.push(async () => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return { port: portOf(server.address()), protocols };
}

async function startHttp(status: number) {
  const server = await startFakeRfbServer((peer) => peer.send(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`));
  stops.push(server.stop);
  return server;
}

function portOf(address: ReturnType<WebSocketServer['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
