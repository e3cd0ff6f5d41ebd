// Every reader of RFB in this process, against servers that lie: each gives up within its time, the event loop keeps turning, and nothing
// of what was sent is kept.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { connectTcp } from '../../src/rfb/tcp-stream.ts';
import { createPictureThread } from '../../src/rfb/picture-thread.ts';
import { waitForStage } from '../../src/rfb/readiness.ts';
import { resizeScreen } from '../../src/rfb/resize-screen.ts';
import { flat, startFakeRfbServer, update } from '../support/fake-rfb-server.ts';
import { pictureOfPng } from '../support/pictures.ts';
import { RFB_LIES } from '../support/rfb-lies.ts';

/** Each reader's own deadline here. */
const WITHIN_MS = 1_500;
/** With room for a busy machine; without bounds it is seconds to minutes. */
const LOOP_STALLS_AT_MOST_MS = 400;
const KEPT_AT_MOST_BYTES = 160 * 1024 * 1024;

const thread = createPictureThread({ program: new URL('../../dist/picture-worker.js', import.meta.url) });
afterAll(() => thread.stop());

const READERS: Readonly<Record<string, (port: number) => Promise<unknown>>> = {
  'a picture': (port) => thread.take({ kind: 'tcp', host: '127.0.0.1', port }, 480, AbortSignal.timeout(WITHIN_MS)),
  readiness: (port) => waitForStage((signal) => connectTcp('127.0.0.1', port, { signal }), 'page', { clock: systemClock, signal: AbortSignal.timeout(WITHIN_MS) }),
  'a change of size': (port) => resizeScreen({ host: '127.0.0.1', port }, 's3cret', { width: 800, height: 600 }, { signal: AbortSignal.timeout(WITHIN_MS), clock: systemClock }),
};

describe.each(Object.keys(READERS))('%s', (reader) => {
  beforeAll(() => thread.stop());

  test.each(RFB_LIES)('of a server that $name is given up', async ({ tell }) => {
    const server = await startFakeRfbServer((peer) => tell(peer));
    onTestFinished(() => server.stop());
    const before = process.memoryUsage().rss;
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    const begunMs = performance.now();
    await expect(READERS[reader]?.(server.port)).rejects.toThrow();
    const tookMs = performance.now() - begunMs;
    delay.disable();
    expect(tookMs).toBeLessThan(WITHIN_MS + 1_000);
    expect(delay.max / 1e6).toBeLessThan(LOOP_STALLS_AT_MOST_MS);
    expect(process.memoryUsage().rss - before).toBeLessThan(KEPT_AT_MOST_BYTES);
  });
});

test('a picture of an honest screen is taken right after one that was ended by force', async () => {
  const liar = await startFakeRfbServer((peer) => RFB_LIES.find(({ name }) => name.includes('of no size without end'))?.tell(peer));
  const honest = await startFakeRfbServer(async (peer) => {
    await peer.shakeHands({ width: 4, height: 3 });
    await peer.readSetup();
    await peer.readUpdateRequest();
    peer.send(update([flat(0, 0, 4, 3, 0x336699)]));
  });
  onTestFinished(async () => void (await Promise.all([liar.stop(), honest.stop()])));
  await expect(thread.take({ kind: 'tcp', host: '127.0.0.1', port: liar.port }, 480, AbortSignal.timeout(300))).rejects.toThrow();
  const png = await thread.take({ kind: 'tcp', host: '127.0.0.1', port: honest.port }, 480, AbortSignal.timeout(5_000));
  expect(pictureOfPng(png)).toMatchObject({ width: 4, height: 3 });
});
