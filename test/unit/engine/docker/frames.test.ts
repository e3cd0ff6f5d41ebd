import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitFrames } from '../../../../src/engine/docker/frames.ts';

function frame(stream: number, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
}

test('frames are joined in order, whatever their stream, and characters cut by them are whole again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(20), { maxLength: 5 }), fc.integer({ min: 1, max: 2 }), (text, cuts, stream) => {
      const bytes = Buffer.from(text);
      const frames: Buffer[] = [];
      let offset = 0;
      for (const size of [...cuts, bytes.length]) {
        frames.push(frame(stream, bytes.subarray(offset, offset + size)));
        offset += size;
      }
      expect(splitFrames(Buffer.concat(frames))).toBe(text);
    }),
  );
});

test.each(['plain text of a terminal\n', 'short', ''])('%j is not framed and stays as it is', (text) => {
  expect(splitFrames(Buffer.from(text))).toBe(text);
});

test('a last frame that was cut off gives what there is', () => {
  const bytes = Buffer.concat([frame(1, Buffer.from('one\n')), frame(2, Buffer.from('two\n')).subarray(0, 10)]);
  expect(splitFrames(bytes)).toBe('one\ntw');
});
