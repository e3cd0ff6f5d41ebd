import { describe, expect, test } from 'vitest';
import { BufferedByteStream } from '../../../src/rfb/byte-stream.ts';
import { RfbFailure } from '../../../src/rfb/failure.ts';
import { Framebuffer, type FramebufferUse } from '../../../src/rfb/framebuffer.ts';
import { flat, pixels, rectangle, text, u16, u32, update } from '../../support/fake-rfb-server.ts';

function open(width: number, height: number, use: FramebufferUse = 'watching') {
  const sent: Buffer[] = [];
  const nothing = (): void => undefined;
  const stream = new BufferedByteStream({ write: (bytes) => sent.push(Buffer.from(bytes)), close: nothing, pause: nothing, resume: nothing });
  const framebuffer = new Framebuffer(stream, { width, height }, use);
  return { stream, sent, framebuffer, hex: () => [...framebuffer.picture.pixels].map((pixel) => pixel.toString(16)) };
}

describe('a framebuffer', () => {
  test('begins with its pixel format and encodings, Raw as the one it likes best', () => {
    const { sent } = open(2, 1);
    const [format, encodings] = sent;
    expect(format?.subarray(0, 8).toString('hex')).toBe('0000000020180001');
    expect(encodings?.readUInt16BE(2)).toBe(7);
    expect(Array.from({ length: 7 }, (_, index) => encodings?.readInt32BE(4 + index * 4))).toEqual([0, 1, 2, -224, -239, -223, -308]);
  });

  test('offers for one picture no encoding that a few bytes of would paint much, and takes none', async () => {
    const { stream, sent, framebuffer } = open(2, 1, 'once');
    expect(Array.from({ length: sent[1]?.readUInt16BE(2) ?? 0 }, (_, index) => sent[1]?.readInt32BE(4 + index * 4))).toEqual([0, -239, -223, -308]);
    stream.push(update([rectangle(2, 0, 0, 1, 1, u32(0), pixels(0))]));
    await expect(framebuffer.nextChange()).rejects.toMatchObject({ kind: 'not-rfb' });
  });

  test('asks for the whole picture or for what changed', () => {
    const { sent, framebuffer } = open(1280, 720);
    framebuffer.request('whole');
    framebuffer.request('changes');
    expect(sent.slice(2).map((message) => message.toString('hex'))).toEqual(['030000000000050002d0', '030100000000050002d0']);
  });

  test('shows Raw, CopyRect and RRE rectangles, and clears the padding byte', async () => {
    const { stream, framebuffer, hex } = open(3, 2);
    stream.push(
      update([
        rectangle(0, 0, 0, 2, 1, pixels(0xaabbcc, 0x010203)),
        rectangle(1, 1, 1, 2, 1, u16(0, 0)),
        rectangle(2, 2, 0, 1, 2, u32(1), pixels(0x111111), pixels(0x222222), u16(0, 1, 1, 1)),
      ]),
    );
    expect(await framebuffer.nextChange()).toEqual({ pixels: 6, resized: false });
    expect(hex()).toEqual(['aabbcc', '10203', '111111', '0', 'aabbcc', '222222']);
  });

  test('comes out the same wherever an update is cut', async () => {
    const bytes = Buffer.concat([
      Buffer.of(2),
      Buffer.concat([Buffer.of(3, 0, 0, 0), text('clipboard')]),
      update([rectangle(-239, 0, 0, 2, 2, pixels(1, 2, 3, 4), Buffer.of(0, 0)), flat(0, 0, 2, 2, 0x0a0b0c), rectangle(2, 1, 1, 1, 1, u32(0), pixels(5))]),
    ]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { stream, framebuffer, hex } = open(2, 2);
      const change = framebuffer.nextChange();
      stream.push(bytes.subarray(0, cut));
      await new Promise(setImmediate);
      stream.push(bytes.subarray(cut));
      expect(await change).toEqual({ pixels: 5, resized: false });
      expect(hex()).toEqual(['a0b0c', 'a0b0c', 'a0b0c', '5']);
    }
  });

  test('reads rectangles taller than one read takes', async () => {
    const { stream, framebuffer } = open(300, 200);
    stream.push(update([flat(0, 0, 300, 200, 0x123456)]));
    await framebuffer.nextChange();
    expect(framebuffer.picture.pixels.every((pixel) => pixel === 0x123456)).toBe(true);
  });

  test('passes over messages and rectangles that carry no pixels', async () => {
    const { stream, framebuffer } = open(1, 1);
    stream.push(Buffer.concat([Buffer.of(1, 0), u16(0, 2), Buffer.alloc(12)]));
    stream.push(update([rectangle(-239, 1, 1, 9, 2, Buffer.alloc(9 * 2 * 4 + 2 * 2))]));
    expect(await framebuffer.nextChange()).toEqual({ pixels: 0, resized: false });
  });

  test('ends an update of unknown length at LastRect', async () => {
    const { stream, framebuffer, hex } = open(1, 1);
    const more = 0x10001;
    stream.push(update([...Array<Buffer>(more).fill(flat(0, 0, 1, 1, 7)), rectangle(-224, 0, 0, 0, 0)], 0xffff));
    expect(await framebuffer.nextChange()).toEqual({ pixels: more, resized: false });
    expect(hex()).toEqual(['7']);
  });

  test('takes a new size, by either encoding, and starts black', async () => {
    const { stream, framebuffer, hex } = open(1, 1);
    const screens = Buffer.concat([Buffer.of(1, 0, 0, 0), Buffer.alloc(16)]);
    stream.push(update([flat(0, 0, 1, 1, 7), rectangle(-223, 0, 0, 2, 1)]));
    expect(await framebuffer.nextChange()).toEqual({ pixels: 1, resized: true });
    expect(hex()).toEqual(['0', '0']);
    stream.push(update([rectangle(-308, 0, 0, 3, 1, screens)]));
    expect(await framebuffer.nextChange()).toEqual({ pixels: 0, resized: true });
    stream.push(update([rectangle(-308, 0, 0, 3, 1, screens)]));
    expect(await framebuffer.nextChange()).toEqual({ pixels: 0, resized: false });
    stream.push(update([rectangle(-308, 1, 1, 9, 9, screens)]));
    expect(await framebuffer.nextChange()).toEqual({ pixels: 0, resized: false, resizeStatus: 1 });
    expect(framebuffer.picture.width).toBe(3);
  });

  test('captures the whole picture, asking again when the answer was only a pointer or a size', async () => {
    const { stream, sent, framebuffer } = open(1, 1);
    const captured = framebuffer.capture();
    stream.push(update([rectangle(-239, 0, 0, 0, 0)]));
    stream.push(update([rectangle(-223, 0, 0, 2, 1)]));
    stream.push(update([flat(0, 0, 2, 1, 9)]));
    expect([...(await captured).pixels]).toEqual([9, 9]);
    expect(sent.slice(2).map((message) => message.toString('hex'))).toEqual(['03000000000000010001', '03010000000000010001', '03000000000000020001']);
  });

  test.each<[string, Buffer]>([
    ['a rectangle outside the desktop', update([flat(1, 0, 1, 1, 0)])],
    ['a copy from outside the desktop', update([rectangle(1, 0, 0, 1, 1, u16(0, 1))])],
    ['a part outside its rectangle', update([rectangle(2, 0, 0, 1, 1, u32(1), pixels(0), pixels(0), u16(0, 0, 2, 1))])],
    ['an encoding that was not offered', update([rectangle(16, 0, 0, 1, 1)])],
    ['a message of unknown type', Buffer.of(99)],
  ])('takes %s for no RFB', async (_name, bytes) => {
    const { stream, framebuffer } = open(1, 1);
    stream.push(bytes);
    const error = await framebuffer.nextChange().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RfbFailure);
    expect(error).toMatchObject({ kind: 'not-rfb' });
  });
});
