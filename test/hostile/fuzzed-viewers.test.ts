// Made-up streams of viewers against the filter that stands between them and a desktop. What passes is read again by a parser of the
// test's own, as a server would read it. The streams come from a seed: a failure names its own, and VNCCTL_TEST_SEED begins with it.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { filterFor } from '../../src/gateway/message-filter.ts';
import type { ViewerRights } from '../../src/rfb/client-messages.ts';
import { numbersFrom, type Numbers, viewerStream } from '../support/viewer-streams.ts';
import { rounds } from '../support/soak.ts';

const MAX = { width: 1920, height: 1080 };
const FIRST_SEED = Number(process.env['VNCCTL_TEST_SEED'] ?? 1);
const STREAMS = rounds(50_000, 2_000_000);
/** One wish for a size that has not come to its end, and nothing else. */
const HELD_AT_MOST_BYTES = 8 + 255 * 16;
const HEAP_GROWS_AT_MOST_BYTES = 16 * 1024 ** 2;

interface Reading {
  passed: Buffer;
  input: boolean;
  /** How many bytes had been sent when the filter ended the viewer. */
  closedAfter: number | undefined;
}

/** Sends a stream in chunks that end at `cuts`, and forgets each chunk's bytes once it was read, as a socket does. */
function send(rights: ViewerRights, stream: Buffer, cuts: readonly number[]): Reading {
  const filter = filterFor(rights, () => MAX);
  const passed: Buffer[] = [];
  let [input, from] = [false, 0];
  let closedAfter: number | undefined;
  for (const cut of [...cuts, stream.length]) {
    const chunk = Buffer.from(stream.subarray(from, cut));
    const verdict = filter(chunk);
    for (const bytes of verdict.forward) passed.push(Buffer.from(bytes));
    input ||= verdict.input;
    if (verdict.close !== undefined) closedAfter ??= cut;
    chunk.fill(4);
    from = cut;
  }
  return { passed: Buffer.concat(passed), input, closedAfter };
}

function cutsIn(stream: Buffer, numbers: Numbers): number[] {
  const cuts: number[] = [];
  const most = numbers.oneOf([1, 2, 7, 40, 400]);
  for (let at = 1 + numbers.below(most); at < stream.length; at += 1 + numbers.below(most)) cuts.push(at);
  return cuts;
}

/** The types of messages in what a view-only viewer's desktop gets; the last may be cut. Throws at bytes that are none of those that only look. */
function typesThatLook(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes.readUInt8(at);
    types.push(type);
    const left = bytes.length - at;
    if (type === 0) at += 20;
    else if (type === 3 || type === 150) at += 10;
    else if (type === 2) at += left < 4 ? left : 4 + bytes.readUInt16BE(at + 2) * 4;
    else if (type === 248) at += left < 9 ? left : 9 + bytes.readUInt8(at + 8);
    else throw new Error(`message ${type} has passed`);
  }
  return types;
}

function eachStream(check: (stream: Buffer, numbers: Numbers) => void): void {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + STREAMS; seed++) {
    const numbers = numbersFrom(seed);
    const stream = viewerStream(numbers);
    try {
      check(stream, numbers);
    } catch (error) {
      throw new Error(`the stream of VNCCTL_TEST_SEED=${seed}: ${stream.toString('hex')}`, { cause: error });
    }
  }
}

test('of no stream does a view-only filter let a key, a pointer, a cut text or another byte that acts through, however it is cut', () => {
  let looking = 0;
  eachStream((stream, numbers) => {
    const cut = send('view-only', stream, cutsIn(stream, numbers));
    looking += typesThatLook(cut.passed).length;
    if (cut.input) throw new Error('it counted as input');
    const whole = send('view-only', stream, []);
    // Of a message at fault the first bytes may have passed before it was seen.
    const same = whole.closedAfter === undefined ? whole.passed.equals(cut.passed) : cut.passed.subarray(0, whole.passed.length).equals(whole.passed);
    if (!same) throw new Error('it depends on the cuts what passes');
    if ((whole.closedAfter === undefined) !== (cut.closedAfter === undefined)) throw new Error('it depends on the cuts who is ended');
  });
  expect(looking).toBeGreaterThan(STREAMS);
});

test('of no stream does a filter for a full viewer lose, add or hold bytes, and none of its sizes is larger than it may be', () => {
  let sizes = 0;
  eachStream((stream, numbers) => {
    const { passed, closedAfter } = send('full', stream, cutsIn(stream, numbers));
    if (closedAfter !== undefined) return;
    if (passed.length > stream.length || stream.length - passed.length > HELD_AT_MOST_BYTES) throw new Error(`${passed.length} bytes of ${stream.length} passed`);
    for (let at = 0; at < passed.length; at++) if (passed[at] !== stream[at]) sizes++;
    if (!send('full', stream, []).passed.equals(passed)) throw new Error('it depends on the cuts what passes');
    // What passes once passes again as it is: nothing in it is beyond the bound.
    const again = send('full', passed, []).passed;
    if (!passed.subarray(0, again.length).equals(again)) throw new Error('a size beyond the bound has passed');
  });
  expect(sizes).toBeGreaterThan(STREAMS / 50);
});

test('a thousand filters that were left in the middle of a message hold next to nothing', () => {
  setFlagsFromString('--expose-gc');
  const heapBytes = (): number => {
    runInNewContext('gc')();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = heapBytes();
  const kept = Array.from({ length: 1_000 }, (_, index) => {
    const filter = filterFor(index % 2 === 0 ? 'full' : 'view-only', () => MAX);
    // A text of 32 MiB, of which one has come, in chunks of a socket.
    filter(Buffer.of(6, 0, 0, 0, 2, 0, 0, 0));
    for (let sent = 0; sent < 16; sent++) filter(Buffer.alloc(65_536, index));
    return filter;
  });
  expect(heapBytes() - before).toBeLessThan(HEAP_GROWS_AT_MOST_BYTES);
  expect(kept).toHaveLength(1_000);
});
