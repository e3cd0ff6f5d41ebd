import { describe, expect, onTestFinished, test } from 'vitest';
import { resizeScreen } from '../../../src/rfb/resize-screen.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { type FakeRfbPeer, flat, rectangle, startFakeRfbServer, u16, u32, update } from '../../support/fake-rfb-server.ts';

const EXTENDED_SIZE = -308;
const SCREEN = 0x2a;
const layout = (x: number, y: number, width: number, height: number): Buffer =>
  rectangle(EXTENDED_SIZE, x, y, width, height, Buffer.of(1, 0, 0, 0), u32(SCREEN), u16(0, 0, width, height), u32(0));

/** The wish as the server gets it, in hex. */
async function readWish(peer: FakeRfbPeer): Promise<string> {
  await peer.readUpdateRequest();
  peer.send(update([layout(0, 0, 8, 8)]));
  return (await peer.expect(24)).toString('hex');
}

async function resizeAt(script: (peer: FakeRfbPeer) => Promise<void>, secret = 's3cret') {
  const server = await startFakeRfbServer(script);
  onTestFinished(() => server.stop());
  const clock = createFakeClock();
  const outcome = resizeScreen({ host: '127.0.0.1', port: server.port }, secret, { width: 800, height: 600 }, { signal: new AbortController().signal, clock });
  outcome.catch(() => undefined);
  return { clock, outcome };
}

const ready = async (peer: FakeRfbPeer): Promise<void> => {
  await peer.shakeHands({ secret: 's3cret' });
  await peer.readSetup();
};

describe('another size of the screen', () => {
  test('is asked for as one screen with the number that the server gave it, and is there with its yes', async () => {
    let wish = '';
    const { outcome } = await resizeAt(async (peer) => {
      await ready(peer);
      wish = await readWish(peer);
      await peer.readUpdateRequest();
      peer.send(update([flat(0, 0, 8, 8, 7)]));
      await peer.readUpdateRequest();
      peer.send(update([layout(1, 0, 800, 600)]));
    });
    await outcome;
    expect(wish).toBe(`fb000320025801000000002a0000000003200258${'00000000'}`);
  });

  test.each([
    [1, 'it is prohibited'],
    [3, 'it can not have this layout'],
    [9, 'reason 9'],
  ])('fails where the server says %i', async (status, words) => {
    const { outcome } = await resizeAt(async (peer) => {
      await ready(peer);
      await readWish(peer);
      await peer.readUpdateRequest();
      peer.send(update([layout(1, status, 8, 8)]));
    });
    await expect(outcome).rejects.toMatchObject({ code: 'VNC_REFUSED', message: expect.stringContaining(words) });
  });

  test('fails with a wrong secret, with what is no VNC, and with nobody', async () => {
    const wrong = await resizeAt(ready, 'other');
    await expect(wrong.outcome).rejects.toMatchObject({ code: 'SECRET_REFUSED' });
    const other = await resizeAt(async (peer) => peer.send('HTTP/1.1 400 Bad Request\r\n'));
    await expect(other.outcome).rejects.toMatchObject({ code: 'NOT_VNC' });
    const nobody = await resizeAt(async (peer) => void peer.socket.destroy());
    await expect(nobody.outcome).rejects.toMatchObject({ code: 'NOT_READY' });
  });

  test('is waited for ten seconds', async () => {
    const { clock, outcome } = await resizeAt(async () => undefined);
    await clock.sleeping(10_000);
    clock.advance(10_000);
    await expect(outcome).rejects.toMatchObject({ code: 'NOT_READY' });
  });
});
