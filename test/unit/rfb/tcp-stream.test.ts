import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { connectTcp } from '../../../src/rfb/tcp-stream.ts';
import { type FakeRfbServer, startFakeRfbServer } from '../../support/fake-rfb-server.ts';

let server: FakeRfbServer | undefined;
afterEach(() => server?.stop());

async function open(signal: AbortSignal) {
  const accepted: Socket[] = [];
  server = await startFakeRfbServer((peer) => void accepted.push(peer.socket));
  const stream = await connectTcp('127.0.0.1', server.port, { signal });
  await expect.poll(() => accepted.length).toBe(1);
  const [socket] = accepted;
  if (socket === undefined) throw new Error('nothing was accepted');
  return { stream, socket };
}

test('bytes go both ways', async () => {
  const { stream, socket } = await open(new AbortController().signal);
  socket.once('data', (bytes) => socket.write(Buffer.from(bytes).reverse()));
  stream.write(Buffer.from('abc'));
  expect((await stream.read(3)).toString()).toBe('cba');
  stream.close();
});

test('an abort rejects the waiting read with its reason and lets the peer go', async () => {
  const abort = new AbortController();
  const { stream, socket } = await open(abort.signal);
  const read = stream.read(1);
  abort.abort(new Error('enough'));
  await expect(read).rejects.toThrow('enough');
  await once(socket, 'close');
});

test('closing lets the peer go', async () => {
  const { stream, socket } = await open(new AbortController().signal);
  stream.close();
  stream.close();
  await once(socket, 'close');
});

test('an aborted signal connects to nothing', async () => {
  const reason = new Error('never mind');
  await expect(connectTcp('127.0.0.1', 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test('a port where nobody listens is "ended"', async () => {
  const closed = await startFakeRfbServer(() => undefined);
  await closed.stop();
  await expect(connectTcp('127.0.0.1', closed.port, { signal: new AbortController().signal })).rejects.toMatchObject({ kind: 'ended' });
});
