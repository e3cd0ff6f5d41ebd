// Streams of viewers made up from a seed: whole messages of every type, the same with bytes changed, cut off, or with a length that
// lies, and plain garbage. It knows nothing of src/rfb, so that both can't share a mistake.

/** Numbers that follow from their seed. */
export interface Numbers {
  /** A whole number from 0 to below `end`. */
  below(end: number): number;
  oneOf<T>(values: readonly [T, ...T[]]): T;
}

/** The numbers of one seed (mulberry32's steps). */
export function numbersFrom(seed: number): Numbers {
  // Neighbouring seeds must not begin alike.
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  const below = (end: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  };
  return { below, oneOf: (values) => values[below(values.length)] ?? values[0] };
}

const uint16 = (value: number): number[] => [(value >> 8) & 255, value & 255];
const uint32 = (value: number): number[] => [...uint16(value >>> 16), ...uint16(value & 0xffff)];

/** One stream: a few messages, most of them whole. */
export function viewerStream(numbers: Numbers): Buffer {
  const messages = Array.from({ length: 1 + numbers.below(8) }, () => spoilt(message(numbers), numbers));
  return Buffer.from(messages.flat());
}

/** A message as the protocol has it (RFC 6143, section 7.5, and rfbproto.rst). */
function message(numbers: Numbers): number[] {
  const any = (length: number): number[] => Array.from({ length }, () => numbers.below(256));
  const side = (): number[] => uint16(numbers.oneOf([0, 1, 64, 1080, 1921, 8192, 65_535]));
  const screen = (): number[] => [...any(4), ...side(), ...side(), ...side(), ...side(), ...any(4)];
  switch (numbers.below(14)) {
    case 0:
      return [0, ...any(19)];
    case 1: {
      const count = numbers.below(6);
      // Among them the one that makes pointer events longer.
      return [2, 0, ...uint16(count), ...Array.from({ length: count }, () => uint32(numbers.oneOf([0, 7, -316, -239, -308, numbers.below(2 ** 31)]) >>> 0)).flat()];
    }
    case 2:
    case 3:
      return [3, ...any(9)];
    case 4:
      return [4, ...any(7)];
    case 5:
      return [5, ...any(5)];
    case 6: {
      const length = numbers.below(50);
      return [6, 0, 0, 0, ...uint32(length), ...any(length)];
    }
    case 7: {
      const length = 4 + numbers.below(20);
      return [6, 0, 0, 0, ...uint32(-length >>> 0), ...any(length)];
    }
    case 8:
      return [150, ...any(9)];
    case 9: {
      const length = numbers.below(65);
      return [248, 0, 0, 0, ...any(4), length, ...any(length)];
    }
    case 10:
      return [250, ...any(3)];
    case 11: {
      const count = numbers.below(4);
      return [251, 0, ...side(), ...side(), count, 0, ...Array.from({ length: count }, screen).flat()];
    }
    case 12: {
      const length = numbers.below(30);
      return [253, numbers.oneOf([0x80, 0x81, 0x82]), ...uint16(length), ...any(length)];
    }
    default:
      return [255, 0, ...any(10)];
  }
}

/** Seven of eight are left as they are. */
function spoilt(bytes: readonly number[], numbers: Numbers): number[] {
  const at = numbers.below(bytes.length);
  switch (numbers.below(48)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return bytes.map((byte, index) => (index === at ? numbers.below(256) : byte));
    case 2:
      return [...bytes.slice(0, at), numbers.below(256), ...bytes.slice(at)];
    case 3:
      return [...bytes, ...bytes.slice(0, at)];
    // A length that lies, where it has one.
    case 4:
      return bytes.map((byte, index) => (index >= 4 && index < 8 ? numbers.oneOf([0, 1, 127, 128, 255]) : byte));
    case 5:
      return Array.from({ length: 1 + numbers.below(60) }, () => numbers.below(256));
    default:
      return [...bytes];
  }
}
