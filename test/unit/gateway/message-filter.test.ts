import { describe, expect, test } from 'vitest';
import { filterFor } from '../../../src/gateway/message-filter.ts';
import type { Verdict } from '../../../src/gateway/viewer-filter.ts';
import { u16, u32 } from '../../support/fake-rfb-server.ts';
import { novncMessages } from '../../support/novnc-messages.ts';

const POINTER = Buffer.from('050000100020', 'hex');
const UPDATE_REQUEST = Buffer.from('030100000000050002d0', 'hex');
const UNKNOWN = Buffer.from('77', 'hex');

const shown = ({ forward, ...rest }: Verdict): unknown => ({ forward: Buffer.concat(forward).toString('hex'), ...rest });

test('a full viewer moves the desktop and the clock; one that may only look moves neither, and still gets its pictures', () => {
  const both = Buffer.concat([POINTER, UPDATE_REQUEST]);
  expect(shown(filterFor('full')(both))).toEqual({ forward: both.toString('hex'), input: true });
  expect(shown(filterFor('view-only')(both))).toEqual({ forward: UPDATE_REQUEST.toString('hex'), input: false });
});

test('what a chunk held is not told again with the next', () => {
  const filter = filterFor('full');
  filter(POINTER);
  expect(shown(filter(UPDATE_REQUEST))).toEqual({ forward: UPDATE_REQUEST.toString('hex'), input: false });
});

describe('a wish for another size of the screen', () => {
  const MAX = { width: 1920, height: 1080 };
  const wish = (width: number, height: number, ...screens: number[][]): Buffer =>
    Buffer.concat([Buffer.of(251, 0), u16(width, height), Buffer.of(screens.length, 0), ...screens.map(([x = 0, y = 0, w = 0, h = 0], id) => Buffer.concat([u32(id), u16(x, y, w, h), u32(0)]))]);

  test.each([
    { name: 'within the bound is left as it is', asked: wish(1920, 1080, [0, 0, 1920, 1080]), passed: wish(1920, 1080, [0, 0, 1920, 1080]) },
    { name: 'that is too wide and too high is made to fit', asked: wish(8192, 8192, [0, 0, 8192, 8192]), passed: wish(1920, 1080, [0, 0, 1920, 1080]) },
    { name: 'that is only too high keeps its width', asked: wish(800, 65_535, [0, 0, 800, 65_535]), passed: wish(800, 1080, [0, 0, 800, 1080]) },
    { name: 'of many screens has none beyond it', asked: wish(4000, 100, [0, 0, 1900, 100], [1900, 0, 2100, 100], [65_535, 65_535, 65_535, 65_535]), passed: wish(1920, 100, [0, 0, 1900, 100], [1900, 0, 20, 100], [1920, 100, 0, 0]) },
    { name: 'of no screen is made to fit', asked: wish(5000, 5000), passed: wish(1920, 1080) },
  ])('$name, wherever it is cut, and nothing beside it changes', ({ asked, passed }) => {
    const stream = Buffer.concat([POINTER, asked, UPDATE_REQUEST]);
    for (let cut = 0; cut <= stream.length; cut++) {
      const filter = filterFor('full', () => MAX);
      const verdicts = [filter(stream.subarray(0, cut)), filter(stream.subarray(cut))];
      expect(Buffer.concat(verdicts.flatMap(({ forward }) => forward)).toString('hex')).toBe(Buffer.concat([POINTER, passed, UPDATE_REQUEST]).toString('hex'));
    }
    const byByte = filterFor('full', () => MAX);
    expect(Buffer.concat([...stream].flatMap((byte) => byByte(Buffer.of(byte)).forward)).equals(Buffer.concat([POINTER, passed, UPDATE_REQUEST]))).toBe(true);
  });

  test('is bound by 4096x4096 where nothing else is known, also as noVNC writes it', async () => {
    const { desktopSize } = await novncMessages();
    expect(Buffer.concat(filterFor('full')(desktopSize(12_000, 12_000)).forward).equals(desktopSize(4096, 4096))).toBe(true);
  });

  test('counts as use of the desktop for a full viewer, and is dropped for one that may only look', () => {
    expect(filterFor('full')(wish(100, 100)).input).toBe(true);
    expect(shown(filterFor('view-only')(wish(100, 100, [0, 0, 100, 100])))).toEqual({ forward: '', input: false });
  });
});

test('a message that nobody knows ends a viewer that may only look, in words that fit into a close frame', () => {
  expect(filterFor('full')(UNKNOWN).close).toBeUndefined();
  const { close = '' } = filterFor('view-only')(UNKNOWN);
  expect(close).toContain('type 119');
  expect(Buffer.byteLength(close)).toBeLessThanOrEqual(123);
});

test('from a message of an unknown type on, input of a full viewer is unread, whatever comes', () => {
  const filter = filterFor('full');
  expect(filter(Buffer.from('0401000000000061', 'hex')).unread).toBeUndefined();
  expect(filter(Buffer.from('7700', 'hex'))).toMatchObject({ input: false, unread: true });
  expect(filter(Buffer.from('0401000000000061', 'hex'))).toMatchObject({ input: false, unread: true });
});
