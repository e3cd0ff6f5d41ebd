import { expect, test } from 'vitest';
import { takeSnapshot } from '../../../src/rfb/snapshot.ts';
import { flat, startFakeRfbServer, update } from '../../support/fake-rfb-server.ts';
import { flatPicture } from '../../support/pictures.ts';

test('the whole screen, over a connection that is ended by then', async () => {
  let ended: Promise<unknown> = Promise.resolve();
  const server = await startFakeRfbServer(async (peer) => {
    ended = new Promise((resolve) => peer.socket.once('close', resolve));
    await peer.shakeHands({ secret: 's3cret', width: 4, height: 3 });
    await peer.readSetup();
    await peer.readUpdateRequest();
    peer.send(update([flat(0, 0, 4, 3, 0x336699)]));
  });
  expect(await takeSnapshot({ kind: 'tcp', host: '127.0.0.1', port: server.port, secret: 's3cret' }, AbortSignal.timeout(5_000))).toEqual(flatPicture(4, 3, 0x336699));
  await ended;
  await server.stop();
});

test('a server that says nothing is left when time is over', async () => {
  const server = await startFakeRfbServer(async (peer) => void (await peer.shakeHands()));
  await expect(takeSnapshot({ kind: 'tcp', host: '127.0.0.1', port: server.port }, AbortSignal.timeout(50))).rejects.toThrow('timeout');
  await server.stop();
});
