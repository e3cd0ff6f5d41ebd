import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InputKind } from '../../../src/rfb/client-message-format.ts';
import { type ClientFault, ClientMessages, type ViewerRights } from '../../../src/rfb/client-messages.ts';
import { u32 } from '../../support/fake-rfb-server.ts';
import { novncMessages } from '../../support/novnc-messages.ts';

const novnc = await novncMessages();

interface Reading {
  /** In hexadecimal: quick to compare. */
  passed: string;
  input: InputKind[];
  opaque: number[];
  fault: ClientFault | undefined;
}

/** What comes of a stream that arrives in chunks which end at `cuts`. Each chunk is overwritten once it was read. */
function read(rights: ViewerRights, bytes: Uint8Array, cuts: readonly number[] = []): Reading {
  const [input, opaque, passed]: [InputKind[], number[], Buffer[]] = [[], [], []];
  let chunk = Buffer.alloc(0);
  let fault: ClientFault | undefined;
  const messages = new ClientMessages(rights, {
    pass: (start, end) => {
      if (start >= end || end > chunk.length) throw new Error(`${start} to ${end} is no part of a chunk of ${chunk.length} bytes`);
      passed.push(Buffer.from(chunk.subarray(start, end)));
    },
    passSize: (message) => void passed.push(Buffer.from(message)),
    onInput: (kind) => input.push(kind),
    onOpaque: (messageType) => opaque.push(messageType),
  });
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    chunk = Buffer.from(bytes.subarray(from, cut));
    fault = messages.read(chunk);
    chunk.fill(5);
    from = cut;
  }
  return { passed: Buffer.concat(passed).toString('hex'), input, opaque, fault };
}

const whole = (...messages: Buffer[]): string => Buffer.concat(messages).toString('hex');
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const everyByte = (bytes: Uint8Array): number[] => [...bytes.keys()];

interface Sample {
  name: string;
  bytes: Buffer;
  input?: InputKind;
  /** A view-only viewer may send it. */
  harmless?: true;
  novnc?: Buffer;
}

const SAMPLES: Sample[] = [
  { name: 'SetPixelFormat', bytes: hex('00000000 20180001 00ff00ff00ff 000810 000000'), harmless: true, novnc: novnc.pixelFormat() },
  { name: 'SetEncodings', bytes: hex('02000003 00000007 fffffe00 c0a1e5ce'), harmless: true, novnc: novnc.encodings([7, -512, 0xc0a1e5ce]) },
  { name: 'SetEncodings of none', bytes: hex('02000000'), harmless: true, novnc: novnc.encodings([]) },
  { name: 'FramebufferUpdateRequest', bytes: hex('0301 0000 0000 0500 02d0'), harmless: true, novnc: novnc.updateRequest() },
  { name: 'EnableContinuousUpdates', bytes: hex('9601 0000 0000 0500 02d0'), harmless: true, novnc: novnc.continuousUpdates() },
  { name: 'ClientFence', bytes: hex('f8000000 80000001 02 6162'), harmless: true, novnc: novnc.fence('ab') },
  { name: 'ClientFence without payload', bytes: hex('f8000000 00000001 00'), harmless: true },
  { name: 'KeyEvent', bytes: hex('0401 0000 00000041'), input: 'key', novnc: novnc.key(0x41, true) },
  { name: 'PointerEvent', bytes: hex('0503 0001 0002'), input: 'pointer', novnc: novnc.pointer(1, 2, 3) },
  { name: 'PointerEvent with an eighth button', bytes: hex('0580 0405 0404'), input: 'pointer' },
  { name: 'ClientCutText', bytes: hex('06000000 00000002 6869'), input: 'clipboard', novnc: novnc.cutText('hi') },
  { name: 'ClientCutText of nothing', bytes: hex('06000000 00000000'), input: 'clipboard', novnc: novnc.cutText('') },
  { name: 'clipboard caps', bytes: hex('06000000 fffffff8 1f000001 00000000'), novnc: novnc.clipboardCaps() },
  { name: 'clipboard request', bytes: hex('06000000 fffffffc 02000001'), novnc: novnc.clipboardRequest() },
  { name: 'clipboard peek', bytes: hex('06000000 fffffffc 04000000') },
  { name: 'clipboard notify', bytes: hex('06000000 fffffffc 08000001'), input: 'clipboard', novnc: novnc.clipboardNotify() },
  { name: 'clipboard notify of nothing', bytes: hex('06000000 fffffffc 08000000'), novnc: novnc.clipboardNotifyNothing() },
  {
    name: 'clipboard provide',
    bytes: hex('06000000 ffffffe9 10000001 789c62606060cfc8e4e53abc9c01000000ffff'),
    input: 'clipboard',
    novnc: novnc.clipboardProvide('hi\nç'),
  },
  { name: 'clipboard message too short for its flags', bytes: hex('06000000 fffffffe 0808') },
  { name: 'xvp shutdown', bytes: hex('fa000102'), novnc: novnc.xvp(2) },
  { name: 'SetDesktopSize', bytes: hex('fb00 0009 0008 01 00 00000000 0000 0000 0009 0008 00000000'), input: 'resize', novnc: novnc.desktopSize(9, 8) },
  { name: 'SetDesktopSize of two screens', bytes: Buffer.concat([hex('fb00 0009 0008 02 00'), Buffer.alloc(32, 4)]), input: 'resize' },
  { name: 'gii version, little endian', bytes: hex('fd01 0200 0100') },
  { name: 'gii version, big endian', bytes: hex('fd81 0002 0001') },
  { name: 'gii device', bytes: Buffer.concat([hex('fd82 0038'), Buffer.alloc(56, 5)]) },
  { name: 'gii events', bytes: Buffer.concat([hex('fd80 0104'), Buffer.alloc(260, 5)]), input: 'pointer' },
  { name: 'gii events, little endian', bytes: Buffer.concat([hex('fd00 0401'), Buffer.alloc(260, 5)]), input: 'pointer' },
  { name: 'QEMU key', bytes: hex('ff00 0001 00000041 0000009d'), input: 'key', novnc: novnc.qemuKey(0x41, true, 0xe01d) },
  { name: 'QEMU audio on', bytes: hex('ff01 0000') },
  { name: 'QEMU audio off', bytes: hex('ff01 0001') },
  { name: 'QEMU audio format', bytes: hex('ff01 0002 03 02 0000ac44') },
];

const KNOWN_TYPES = new Set(SAMPLES.map(({ bytes }) => bytes.readUInt8(0)));
const KEY = novnc.key(0xff0d, true);
const REQUEST = novnc.updateRequest();

test.each(SAMPLES.filter(({ novnc: written }) => written !== undefined))('$name has the bytes that noVNC writes', ({ bytes, novnc: written }) => {
  expect(bytes.toString('hex')).toBe(written?.toString('hex'));
});

describe.each(SAMPLES)('$name', ({ bytes, input, harmless }) => {
  test('of a full viewer passes, is told as the input that it is, and ends where it ends', () => {
    const stream = Buffer.concat([bytes, KEY]);
    const expected: Reading = { passed: whole(stream), input: input === undefined ? ['key'] : [input, 'key'], opaque: [], fault: undefined };
    expect(read('full', stream)).toEqual(expected);
    expect(read('full', stream, everyByte(stream))).toEqual(expected);
    for (let cut = 1; cut < stream.length; cut++) expect(read('full', stream, [cut])).toEqual(expected);
  });

  test(`of a view-only viewer ${harmless ? 'passes' : 'is dropped byte for byte'} and never counts as input`, () => {
    const stream = Buffer.concat([REQUEST, bytes, REQUEST]);
    const expected: Reading = { passed: whole(REQUEST, harmless ? bytes : Buffer.alloc(0), REQUEST), input: [], opaque: [], fault: undefined };
    expect(read('view-only', stream)).toEqual(expected);
    expect(read('view-only', stream, everyByte(stream))).toEqual(expected);
    for (let cut = 1; cut < stream.length; cut++) expect(read('view-only', stream, [cut])).toEqual(expected);
  });
});

describe('a pointer event', () => {
  const inputOf = (...messages: Buffer[]): number => read('full', Buffer.concat(messages)).input.filter((kind) => kind === 'pointer').length;
  const announced = novnc.encodings([7, -316, 0]);

  test('counts when the pointer moves or a button changes', () => {
    expect(inputOf(novnc.pointer(5, 6, 0), novnc.pointer(6, 6, 0), novnc.pointer(6, 7, 0), novnc.pointer(6, 7, 1), novnc.pointer(6, 7, 0))).toBe(5);
  });

  test('that repeats the one before does not count, also with other messages between them', () => {
    expect(inputOf(novnc.pointer(5, 6, 0), novnc.pointer(5, 6, 0), REQUEST, novnc.pointer(5, 6, 0))).toBe(1);
    expect(inputOf(novnc.pointer(5, 6, 0), KEY, novnc.pointer(5, 6, 0))).toBe(1);
  });

  test('has a seventh byte when its marker is set and the viewer has announced that it may', () => {
    const long = novnc.longPointer(1, 2, 0x180);
    expect(long).toHaveLength(7);
    const stream = Buffer.concat([announced, long, KEY]);
    for (const cuts of [[], everyByte(stream)]) {
      expect(read('full', stream, cuts)).toEqual({ passed: whole(stream), input: ['pointer', 'key'], opaque: [], fault: undefined });
      expect(read('view-only', stream, cuts)).toEqual({ passed: whole(announced), input: [], opaque: [], fault: undefined });
    }
  });

  test('has six bytes again after a list of encodings without the announcement', () => {
    const stream = Buffer.concat([announced, novnc.encodings([7]), hex('0580 0001 0002'), KEY]);
    expect(read('full', stream).input).toEqual(['pointer', 'key']);
  });

  test('has six bytes also after two encodings whose bytes hold the announcement across their border', () => {
    const stream = Buffer.concat([novnc.encodings([0x00ffffff, 0xfec40000]), hex('0580 0001 0002'), KEY]);
    expect(read('full', stream).input).toEqual(['pointer', 'key']);
  });

  test('counts when only a far button changes', () => {
    expect(inputOf(announced, novnc.longPointer(1, 2, 0x80), novnc.longPointer(1, 2, 0x100), novnc.longPointer(1, 2, 0x100))).toBe(2);
  });
});

describe('a message of an unknown type', () => {
  const unknown: [string, Buffer][] = [
    ...Array.from({ length: 256 }, (_, type): [string, Buffer] => [`type ${type}`, Buffer.of(type)]).filter(([, bytes]) => !KNOWN_TYPES.has(bytes.readUInt8(0))),
    ['QEMU subtype 2', hex('ff02')],
    ['QEMU audio operation 3', hex('ff010003')],
  ];

  test('makes the stream of a full viewer opaque: everything passes, input is not seen any more, and that is told once', () => {
    for (const [name, bytes] of unknown) {
      const stream = Buffer.concat([KEY, bytes, KEY, Buffer.of(8), KEY]);
      for (const cuts of [[], everyByte(stream), [KEY.length], [KEY.length + bytes.length]]) {
        expect(read('full', stream, cuts), name).toEqual({ passed: whole(stream), input: ['key'], opaque: [bytes.readUInt8(0)], fault: undefined });
      }
    }
  });

  test('disconnects a view-only viewer: nothing of it or after it passes', () => {
    for (const [name, bytes] of unknown) {
      const stream = Buffer.concat([REQUEST, bytes, REQUEST, REQUEST]);
      for (const cuts of [[], everyByte(stream), [REQUEST.length], [REQUEST.length + bytes.length]]) {
        const fault: ClientFault = { kind: 'unknown-message', messageType: bytes.readUInt8(0) };
        expect(read('view-only', stream, cuts), name).toEqual({ passed: whole(REQUEST), input: [], opaque: [], fault });
      }
    }
  });
});

describe('a long message', () => {
  const MIB = 1024 * 1024;
  const rights: ViewerRights[] = ['full', 'view-only'];
  const cutText = (length: number): Buffer => Buffer.concat([hex('06000000'), u32(length)]);

  test.each([cutText(32 * MIB), cutText(2 ** 32 - 32 * MIB)])('of 32 MiB streams through, or is dropped', (head) => {
    const stream = Buffer.alloc(head.length + 32 * MIB + KEY.length + REQUEST.length, 8);
    head.copy(stream);
    KEY.copy(stream, head.length + 32 * MIB);
    REQUEST.copy(stream, head.length + 32 * MIB + KEY.length);
    const cuts = Array.from({ length: 400 }, (_, n) => (n + 1) * 65_521);
    const full = read('full', stream, cuts);
    expect(full.passed === whole(stream)).toBe(true);
    expect(full.input.at(-1)).toBe('key');
    expect(read('view-only', stream, cuts)).toEqual({ passed: whole(REQUEST), input: [], opaque: [], fault: undefined });
  });

  test.each([
    ['a text of a byte more than 32 MiB', cutText(32 * MIB + 1)],
    ['an endless text', cutText(0x7fffffff)],
    ['an extended text of a byte more than 32 MiB', Buffer.concat([cutText(2 ** 32 - 32 * MIB - 1), hex('10000001')])],
    ['the longest extended text', Buffer.concat([cutText(0x80000000), hex('10000001')])],
    ['4097 encodings', hex('02001001')],
  ])('that announces %s disconnects any viewer', (_name, head) => {
    const stream = Buffer.concat([REQUEST, head, REQUEST, KEY]);
    const fault: ClientFault = { kind: 'too-long', messageType: head.readUInt8(0) };
    for (const viewer of rights) {
      expect(read(viewer, stream)).toEqual({ passed: whole(REQUEST), input: [], opaque: [], fault });
      const cut = read(viewer, stream, everyByte(stream));
      expect(cut).toMatchObject({ input: [], fault });
      expect(cut.passed.length / 2).toBeLessThan(REQUEST.length + head.length);
    }
  });

  test('of 4096 encodings passes', () => {
    const stream = Buffer.concat([hex('02001000'), Buffer.alloc(4 * 4096, 4), REQUEST]);
    for (const viewer of rights) expect(read(viewer, stream, [3, 99, 5000])).toEqual({ passed: whole(stream), input: [], opaque: [], fault: undefined });
  });
});

describe('any stream', () => {
  const cutsOf = (bytes: Uint8Array, gaps: readonly number[]): number[] => {
    const cuts: number[] = [];
    for (let at = 0, n = 0; gaps.length > 0 && at < bytes.length; n++) {
      at += gaps[n % gaps.length] ?? 1;
      if (at < bytes.length) cuts.push(at);
    }
    return cuts;
  };
  const gaps = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 8 });
  const uint16 = fc.integer({ min: 0, max: 0xffff });
  const text = fc.string({ maxLength: 40 });
  const message: fc.Arbitrary<Omit<Sample, 'name' | 'novnc'>> = fc.oneof(
    fc.constantFrom(...SAMPLES.map(({ name: _name, novnc: _novnc, ...sample }) => sample)).filter(({ bytes }) => bytes.readUInt8(0) !== 5),
    fc.tuple(uint16, uint16, fc.nat(127)).map(([x, y, mask]) => ({ bytes: novnc.pointer(x, y, mask), input: 'pointer' as const })),
    fc.tuple(fc.nat(0xffff), fc.boolean()).map(([keysym, down]) => ({ bytes: novnc.key(keysym, down), input: 'key' as const })),
    text.map((value) => ({ bytes: novnc.cutText(value), input: 'clipboard' as const })),
    text.map((value) => ({ bytes: novnc.clipboardProvide(value), input: 'clipboard' as const })),
    fc.array(fc.integer({ min: -500, max: -317 }), { maxLength: 60 }).map((list) => ({ bytes: novnc.encodings(list), harmless: true as const })),
    fc.string({ maxLength: 64, unit: 'binary-ascii' }).map((value) => ({ bytes: novnc.fence(value), harmless: true as const })),
  );

  test('of valid messages reads the same wherever it is cut, and passes of a view-only viewer what is harmless and no other byte', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), gaps, (messages, lengths) => {
        const stream = Buffer.concat(messages.map(({ bytes }) => bytes));
        const cuts = cutsOf(stream, lengths);
        let pointer = '';
        const input = messages.flatMap(({ bytes, input: kind }) => {
          if (kind !== 'pointer' || bytes.readUInt8(0) !== 5) return kind ?? [];
          const repeats = bytes.toString('hex') === pointer;
          pointer = bytes.toString('hex');
          return repeats ? [] : kind;
        });
        expect(read('full', stream, cuts)).toEqual({ passed: whole(stream), input, opaque: [], fault: undefined });
        const harmless = whole(...messages.filter((sample) => sample.harmless).map(({ bytes }) => bytes));
        expect(read('view-only', stream, cuts)).toEqual({ passed: harmless, input: [], opaque: [], fault: undefined });
      }),
      { numRuns: 300 },
    );
  });

  test('of garbage never throws, reads the same wherever it is cut, and lets nothing but harmless messages through', () => {
    const garbage = fc
      .array(fc.oneof(fc.uint8Array({ maxLength: 30 }), fc.constantFrom(...KNOWN_TYPES).map((type) => Uint8Array.of(type)), message.map(({ bytes }) => bytes)), { maxLength: 20 })
      .map((parts) => Buffer.concat(parts));
    fc.assert(
      fc.property(garbage, gaps, (stream, lengths) => {
        for (const rights of ['full', 'view-only'] as const) {
          const [uncut, cut] = [read(rights, stream), read(rights, stream, cutsOf(stream, lengths))];
          expect({ ...cut, passed: undefined }).toEqual({ ...uncut, passed: undefined });
          // Only of a message that announces too much may a part have gone on before that was known.
          expect(cut.passed.startsWith(uncut.passed)).toBe(true);
          expect(cut.passed.length - uncut.passed.length).toBeLessThan(uncut.fault?.kind === 'too-long' ? 2 * 12 : 1);
          if (rights === 'view-only') expect(read('view-only', hex(cut.passed)).passed).toBe(cut.passed);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
