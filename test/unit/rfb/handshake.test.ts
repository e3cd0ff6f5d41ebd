import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BufferedByteStream } from '../../../src/rfb/byte-stream.ts';
import { RfbFailure } from '../../../src/rfb/failure.ts';
import { authenticate, initialise } from '../../../src/rfb/handshake.ts';
import { CHALLENGE, desAnswer, serverInit, text, u32 } from '../../support/fake-rfb-server.ts';

/** A client handshake against canned bytes of a server, all of which are there (or gone) before they are asked for. */
async function shakeHands(server: readonly (Uint8Array | string)[], options: { secret?: string; mustProve?: boolean; cuts?: readonly number[] } = {}) {
  const sent: Buffer[] = [];
  const nothing = (): void => undefined;
  const stream = new BufferedByteStream({ write: (bytes) => sent.push(Buffer.from(bytes)), close: nothing, pause: nothing, resume: nothing });
  const bytes = Buffer.concat(server.map((part) => Buffer.from(part)));
  const run = (async () => {
    const version = await authenticate(stream, { secret: options.secret, mustProve: options.mustProve ?? false });
    return { version, server: await initialise(stream) };
  })();
  run.catch(nothing);
  let from = 0;
  for (const cut of [...(options.cuts ?? []), bytes.length]) {
    stream.push(bytes.subarray(from, cut));
    from = cut;
    await new Promise(setImmediate);
  }
  stream.end(new RfbFailure('ended', 'the server closed'));
  return { outcome: await run.catch((error: unknown) => error), sent: Buffer.concat(sent) };
}

async function failure(...args: Parameters<typeof shakeHands>): Promise<RfbFailure> {
  const { outcome } = await shakeHands(...args);
  if (outcome instanceof RfbFailure) return outcome;
  throw new Error('the handshake did not fail as expected', { cause: outcome });
}

const GREETING = 'RFB 003.008\n';
const INIT = serverInit(1280, 720, 'desktop');
const OK = u32(0);

describe('a handshake', () => {
  test('with 3.8 and no security ends with the size and name of the desktop', async () => {
    const { outcome, sent } = await shakeHands([GREETING, Buffer.of(1, 1), OK, INIT]);
    expect(outcome).toMatchObject({ version: '3.8', server: { width: 1280, height: 720, name: 'desktop' } });
    expect(outcome).toMatchObject({ server: { pixelFormat: { bitsPerPixel: 32, depth: 24, bigEndian: false, trueColour: true, redMax: 255, redShift: 16, blueShift: 0 } } });
    expect(sent.toString('latin1')).toBe(`${GREETING}\x01\x01`);
  });

  test('answers the challenge with the secret', async () => {
    const { outcome, sent } = await shakeHands([GREETING, Buffer.of(2, 1, 2), CHALLENGE, OK, INIT], { secret: 's3cret' });
    expect(outcome).toMatchObject({ version: '3.8' });
    expect(sent.subarray(12)).toEqual(Buffer.concat([Buffer.of(2), desAnswer('s3cret'), Buffer.of(1)]));
  });

  test('uses no security where the server offers nothing that takes the secret', async () => {
    const { sent } = await shakeHands([GREETING, Buffer.of(1, 1), OK, INIT], { secret: 's3cret' });
    expect(sent.subarray(12)).toEqual(Buffer.of(1, 1));
  });

  test.each([[GREETING, Buffer.of(1, 1)], ['RFB 003.003\n', u32(1)]])('that has to prove the secret fails with a server that does not ask for it (%j)', async (greeting, offer) => {
    expect((await failure([greeting, offer, OK, INIT], { secret: 's3cret', mustProve: true })).kind).toBe('wrong-secret');
  });

  test('with 3.7 expects no result after "None"', async () => {
    const { outcome, sent } = await shakeHands(['RFB 003.007\n', Buffer.of(1, 1), INIT]);
    expect(outcome).toMatchObject({ version: '3.7' });
    expect(sent.toString('latin1')).toBe('RFB 003.007\n\x01\x01');
  });

  test('with 3.3 takes the type that the server decides', async () => {
    expect((await shakeHands(['RFB 003.003\n', u32(1), INIT])).outcome).toMatchObject({ version: '3.3' });
    const { outcome, sent } = await shakeHands(['RFB 003.003\n', u32(2), CHALLENGE, OK, INIT], { secret: 'x' });
    expect(outcome).toMatchObject({ version: '3.3' });
    expect(sent).toEqual(Buffer.concat([Buffer.from('RFB 003.003\n'), desAnswer('x'), Buffer.of(1)]));
  });

  test.each([
    ['003.005', '003.003'],
    ['003.889', '003.008'],
    ['004.001', '003.008'],
    ['002.009', '003.003'],
  ])('meets a server of version %s with %s', async (offered, answered) => {
    const { sent } = await shakeHands([`RFB ${offered}\n`]);
    expect(sent.toString('latin1')).toBe(`RFB ${answered}\n`);
  });

  test('comes out the same wherever the bytes are cut', async () => {
    const server = [GREETING, Buffer.of(1, 2), CHALLENGE, OK, INIT];
    const length = Buffer.concat(server.map((part) => Buffer.from(part))).length;
    for (let cut = 0; cut <= length; cut++) {
      expect((await shakeHands(server, { secret: 'x', cuts: [cut] })).outcome).toMatchObject({ server: { name: 'desktop' } });
    }
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 0, max: length })), async (cuts) => {
        const { outcome } = await shakeHands(server, { secret: 'x', cuts: cuts.sort((a, b) => a - b) });
        expect(outcome).toMatchObject({ server: { name: 'desktop' } });
      }),
      { numRuns: 50 },
    );
  });

  test('fails as "ended" wherever the server stops', async () => {
    const whole = Buffer.concat([GREETING, Buffer.of(1, 2), CHALLENGE, OK, INIT].map((part) => Buffer.from(part)));
    for (let length = 0; length < whole.length; length++) {
      expect((await failure([whole.subarray(0, length)], { secret: 'x' })).kind).toBe('ended');
    }
  });
});

describe('a handshake that the server turns down', () => {
  test.each<[string, (Uint8Array | string)[], string]>([
    ['a wrong secret in 3.8', [GREETING, Buffer.of(1, 2), CHALLENGE, u32(1), text('Authentication failure')], 'wrong-secret: Authentication failure'],
    ['a wrong secret in 3.8, no reason', [GREETING, Buffer.of(1, 2), CHALLENGE, u32(1)], 'wrong-secret: the VNC server gave no reason'],
    ['a wrong secret in 3.7', ['RFB 003.007\n', Buffer.of(1, 2), CHALLENGE, u32(1)], 'wrong-secret: authentication failed'],
    ['a wrong secret in 3.3', ['RFB 003.003\n', u32(2), CHALLENGE, u32(1)], 'wrong-secret: authentication failed'],
    ['too many attempts, at the greeting', [GREETING, Buffer.of(0), text('Too many security failures')], 'refused: Too many security failures'],
    ['too many attempts, at the greeting of 3.3', ['RFB 003.003\n', u32(0), text('Too many security failures')], 'refused: Too many security failures'],
    ['too many attempts, in the result', [GREETING, Buffer.of(1, 2), CHALLENGE, u32(1), text('Too many authentication failures')], 'refused: Too many authentication failures'],
    ['too many attempts, in the result of 3.3', ['RFB 003.003\n', u32(2), CHALLENGE, u32(2)], 'refused: too many attempts'],
    ['no security, and still not let in', [GREETING, Buffer.of(1, 1), u32(1), text('go away')], 'refused: go away'],
    ['security types that are not spoken', [GREETING, Buffer.of(2, 18, 19)], 'refused: the VNC server offers only security types that are not spoken here: 18, 19'],
    ['another protocol', ['HTTP/1.1 400 Bad Request\r\n'], 'not-rfb: the server greets with "HTTP", not with RFB'],
    ['another protocol that says little', ['220 '], 'not-rfb: the server greets with "220 ", not with RFB'],
    ['a version that is none', ['RFB three.8\n'], 'not-rfb: the server greets with the RFB version "three.8\\n"'],
    ['a reason without end', [GREETING, Buffer.of(0), u32(0xffffffff)], 'not-rfb: the VNC server announces a text of 4294967295 bytes'],
  ])('%s', async (_name, server, expected) => {
    const { kind, message } = await failure(server, { secret: 'x' });
    expect(`${kind}: ${message}`).toBe(expected);
  });

  test('a secret that is asked for and not known is a wrong secret', async () => {
    expect((await failure([GREETING, Buffer.of(1, 2)])).kind).toBe('wrong-secret');
  });
});
