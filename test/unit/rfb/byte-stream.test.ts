import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BufferedByteStream } from '../../../src/rfb/byte-stream.ts';
import { RfbFailure } from '../../../src/rfb/failure.ts';

function createStream() {
  const events: string[] = [];
  const stream = new BufferedByteStream({
    write: (bytes) => events.push(`write ${bytes.length}`),
    close: () => events.push('close'),
    pause: () => events.push('pause'),
    resume: () => events.push('resume'),
  });
  return { stream, events };
}

describe('a buffered byte stream', () => {
  test('gives the same bytes however they were cut on the way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(40)), fc.array(fc.nat(40)), async (bytes, arrivals, reads) => {
        const { stream } = createStream();
        const wanted = Buffer.from(bytes);
        const got: Buffer[] = [];
        const reading = (async () => {
          for (const length of reads) got.push(await stream.read(length));
        })().catch(() => undefined);
        let at = 0;
        for (const length of [...arrivals, bytes.length]) {
          stream.push(wanted.subarray(at, at + length));
          at += length;
          await Promise.resolve();
        }
        stream.end(new Error('end'));
        await reading;
        const read = Buffer.concat(got);
        expect(read).toEqual(wanted.subarray(0, read.length));
        const total = reads.reduce((sum, length) => sum + length, 0);
        if (total <= bytes.length) expect(read.length).toBe(total);
      }),
    );
  });

  test('gives what arrived before the end, and the reason of the end beyond it', async () => {
    const { stream } = createStream();
    stream.push(Buffer.from('abc'));
    stream.end(new RfbFailure('ended', 'gone'));
    stream.push(Buffer.from('late'));
    stream.end(new Error('second reason'));
    expect((await stream.read(2)).toString()).toBe('ab');
    await expect(stream.read(2)).rejects.toThrow('gone');
  });

  test('closing rejects a waiting read and drops later writes', async () => {
    const { stream, events } = createStream();
    const read = stream.read(1);
    stream.close();
    stream.write(Buffer.of(1));
    await expect(read).rejects.toThrow('closed here');
    expect(events).toEqual(['close']);
  });

  test('refuses a second reader', async () => {
    const { stream } = createStream();
    const first = stream.read(1);
    await expect(stream.read(1)).rejects.toThrow('second read');
    stream.push(Buffer.of(7));
    expect(await first).toEqual(Buffer.of(7));
  });

  test('holds back a sender that nobody reads from, and lets it go on once somebody does', async () => {
    const { stream, events } = createStream();
    stream.push(Buffer.alloc(300_000));
    expect(events).toEqual(['pause']);
    await stream.read(200_000);
    expect(events).toEqual(['pause', 'resume']);
  });

  test('never holds back a sender while a read is short of bytes', async () => {
    const { stream, events } = createStream();
    const read = stream.read(600_000);
    stream.push(Buffer.alloc(300_000));
    stream.push(Buffer.alloc(300_000));
    expect((await read).length).toBe(600_000);
    expect(events).toEqual([]);
  });

  test('gives up what nobody has read, and lets its sender go on', async () => {
    const { stream, events } = createStream();
    stream.push(Buffer.from('abc'));
    stream.push(Buffer.alloc(300_000));
    await stream.read(2);
    const rest = stream.rest();
    expect([rest.length, rest.toString('latin1', 0, 1)]).toEqual([300_001, 'c']);
    expect(stream.rest()).toHaveLength(0);
    expect(events).toEqual(['pause', 'resume']);
  });
});
