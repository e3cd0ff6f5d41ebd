import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { claimMessage } from '../../../src/claim/claim-message.ts';
import { openPage } from '../../../src/claim/open-page.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { type FakeRfbPeer, startFakeRfbServer } from '../../support/fake-rfb-server.ts';

const REQUEST = { url: 'https://example.org/', clientLabel: 'one' };

/** Asks a desktop that does what the script says with each connection. */
async function ask(script: (peer: FakeRfbPeer) => Promise<void> | void, signal = new AbortController().signal) {
  const server = await startFakeRfbServer(script);
  onTestFinished(() => server.stop());
  const clock = createFakeClock();
  const outcome = openPage({ host: '127.0.0.1', port: server.port }, 's3cret', REQUEST, { signal, clock });
  outcome.catch(() => undefined);
  return { clock, outcome, server };
}

describe('opening a page', () => {
  test('says the message at once and is done with the first yes', async () => {
    const message = claimMessage(REQUEST, 's3cret');
    let said: Buffer | undefined;
    const { outcome } = await ask(async (peer) => {
      said = await peer.expect(message.length);
      peer.send('o');
      await setImmediate();
      peer.send('k\n');
    });
    await outcome;
    expect(said).toEqual(message);
  });

  test.each([
    ['a no', (peer: FakeRfbPeer) => peer.send('no: it is in use\n'), 'it is in use'],
    ['silence and the end', (peer: FakeRfbPeer) => void peer.socket.end(), 'closed the connection'],
    ['another language', (peer: FakeRfbPeer) => peer.send('RFB 003.008\n'), 'another language'],
    ['an answer without end', (peer: FakeRfbPeer) => peer.send('x'.repeat(5000)), 'another language'],
  ])('is refused by %s', async (_what, script, words) => {
    const { outcome } = await ask(script);
    await expect(outcome).rejects.toMatchObject({ code: 'CLAIM_REFUSED', message: expect.stringContaining(words) });
  });

  test('is refused, and not tried again, where nobody listens', async () => {
    const { server } = await ask(() => undefined);
    await server.stop();
    const asked = openPage({ host: '127.0.0.1', port: server.port }, 's3cret', REQUEST, { signal: new AbortController().signal, clock: createFakeClock() });
    await expect(asked).rejects.toMatchObject({ code: 'CLAIM_REFUSED' });
  });

  test('is done with having said it, where no answer is asked for', async () => {
    const message = claimMessage(REQUEST, 's3cret');
    const said = new Promise<Buffer>((resolve) => {
      void startFakeRfbServer(async (peer) => resolve(await peer.expect(message.length))).then(async (server) => {
        onTestFinished(() => server.stop());
        await openPage({ host: '127.0.0.1', port: server.port }, 's3cret', REQUEST, { signal: new AbortController().signal, clock: createFakeClock(), unanswered: true });
      });
    });
    expect(await said).toEqual(message);
  });

  test('waits ten seconds for an answer and no longer', async () => {
    const { clock, outcome } = await ask(() => undefined);
    await clock.sleeping(10_000);
    clock.advance(10_000);
    await expect(outcome).rejects.toMatchObject({ code: 'NOT_READY' });
  });

  test('ends with the reason of whoever gives it up', async () => {
    const stopped = new AbortController();
    const { outcome } = await ask(() => stopped.abort(new Error('given up')), stopped.signal);
    await expect(outcome).rejects.toThrow('given up');
  });

  test('dials nobody for an address that is no page', async () => {
    const { server } = await ask(() => undefined);
    const before = server.connections;
    await expect(openPage({ host: '127.0.0.1', port: server.port }, 'x', { url: 'file:///etc/passwd' }, { signal: new AbortController().signal, clock: createFakeClock() })).rejects.toMatchObject({ code: 'USAGE' });
    expect(server.connections).toBe(before);
  });
});
