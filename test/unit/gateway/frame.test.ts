import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { frameInPlace, frameOf, HEADER_MAX_BYTES } from '../../../src/gateway/frame.ts';

const { Sender } = createRequire(import.meta.url)('ws') as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])('a frame of %i bytes is the one that ws writes', (length) => {
  const bytes = Buffer.alloc(length, 7);
  const frame = Buffer.concat(Sender.frame(Buffer.from(bytes), { fin: true, opcode: 2, mask: false, readOnly: false, rsv1: false }));
  expect(frameOf(bytes).equals(frame)).toBe(true);
});

test('a frame is made without moving the bytes', () => {
  const buffer = Buffer.alloc(HEADER_MAX_BYTES + 200, 7);
  const frame = frameInPlace(buffer, 150);
  expect(frame.buffer).toBe(buffer.buffer);
  expect(frame.byteOffset + 4).toBe(buffer.byteOffset + HEADER_MAX_BYTES);
  expect(frame.length).toBe(154);
});
