import { describe, expect, test } from 'vitest';
import { BufferedByteStream } from '../../../src/rfb/byte-stream.ts';
import { RfbFailure } from '../../../src/rfb/failure.ts';
import { authenticate, initialise } from '../../../src/rfb/handshake.ts';
import { serveHandshake, type ViewerHello } from '../../../src/rfb/server-handshake.ts';
import { serverInit } from '../../support/fake-rfb-server.ts';

const nothing = (): void => undefined;

/** A handshake with a viewer that says these bytes, cut where told, and goes away. */
async function greet(viewer: string | Uint8Array, cuts: readonly number[] = []) {
  const sent: Buffer[] = [];
  const stream = new BufferedByteStream({ write: (bytes) => sent.push(Buffer.from(bytes)), close: nothing, pause: nothing, resume: nothing });
  const run = serveHandshake(stream).catch((error: unknown) => error);
  const bytes = Buffer.from(viewer as Uint8Array);
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    stream.push(bytes.subarray(from, cut));
    from = cut;
    await new Promise(setImmediate);
  }
  stream.end(new RfbFailure('ended', 'the viewer left'));
  return { outcome: await run, sent: Buffer.concat(sent).toString('latin1') };
}

const GREETING = 'RFB 003.008\n';
const CONVERSATIONS: [string, string, string, ViewerHello][] = [
  ['3.8, as noVNC and TigerVNC', `${GREETING}\x01\x01`, `${GREETING}\x01\x01\0\0\0\0`, { version: '3.8', shared: true }],
  ['3.7', 'RFB 003.007\n\x01\x01', `${GREETING}\x01\x01`, { version: '3.7', shared: true }],
  ['3.3, as vncsnapshot', 'RFB 003.003\n\x01', `${GREETING}\0\0\0\x01`, { version: '3.3', shared: true }],
  ['3.5, which is read as 3.3', 'RFB 003.005\n\x01', `${GREETING}\0\0\0\x01`, { version: '3.3', shared: true }],
  ['3.889, as Apple', 'RFB 003.889\n\x01\x01', `${GREETING}\x01\x01\0\0\0\0`, { version: '3.8', shared: true }],
  ['5.0, which was not offered', 'RFB 005.000\n\x01\x01', `${GREETING}\x01\x01\0\0\0\0`, { version: '3.8', shared: true }],
  ['3.8 and wants the desktop alone', `${GREETING}\x01\0`, `${GREETING}\x01\x01\0\0\0\0`, { version: '3.8', shared: false }],
];

describe('a handshake with a viewer', () => {
  test.each(CONVERSATIONS)('that speaks %s', async (_name, viewer, answers, hello) => {
    expect(await greet(viewer)).toEqual({ outcome: hello, sent: answers });
  });

  test('comes out the same wherever the bytes are cut', async () => {
    for (const [, viewer, answers, hello] of CONVERSATIONS) {
      for (let cut = 1; cut < viewer.length; cut++) expect(await greet(viewer, [cut])).toEqual({ outcome: hello, sent: answers });
    }
  });

  test('fails as "ended" wherever the viewer stops', async () => {
    for (const [, viewer] of CONVERSATIONS) {
      for (let length = 0; length < viewer.length; length++) {
        expect((await greet(viewer.slice(0, length))).outcome).toMatchObject({ name: 'RfbFailure', kind: 'ended' });
      }
    }
  });

  test.each([
    ['another protocol that says little', 'GET ', 'not-rfb', 'the viewer greets with "GET ", not with RFB'],
    ['a version that is none', 'RFB three.8\n', 'not-rfb', 'the viewer greets with the RFB version "three.8\\n"'],
    ['security that was not offered', `${GREETING}\x02\x01`, 'refused', 'the viewer asks for security type 2, which was not offered'],
    ['no security type at all', `${GREETING}\0\x01`, 'refused', 'the viewer asks for security type 0, which was not offered'],
  ])('ends at %s', async (_name, viewer, kind, message) => {
    const { outcome, sent } = await greet(viewer);
    expect(outcome).toMatchObject({ name: 'RfbFailure', kind, message });
    expect(sent).not.toContain('\0\0\0\0');
  });

  test('satisfies the client\'s side of it, and leaves the stream at what the viewer sends next', async () => {
    const viewer: BufferedByteStream = new BufferedByteStream({ write: (bytes) => server.push(Buffer.from(bytes)), close: nothing, pause: nothing, resume: nothing });
    const server: BufferedByteStream = new BufferedByteStream({ write: (bytes) => viewer.push(Buffer.from(bytes)), close: nothing, pause: nothing, resume: nothing });
    const asking = authenticate(viewer, { secret: 'unused' }).then(async (version) => {
      const answer = initialise(viewer);
      viewer.write(Buffer.from('next'));
      return { version, name: (await answer).name };
    });
    expect(await serveHandshake(server)).toEqual({ version: '3.8', shared: true });
    server.write(serverInit(640, 480, 'desk'));
    expect(await asking).toEqual({ version: '3.8', name: 'desk' });
    expect((await server.read(4)).toString()).toBe('next');
  });
});
