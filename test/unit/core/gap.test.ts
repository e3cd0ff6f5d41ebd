import { expect, test } from 'vitest';
import { intervalBetween, laterWatch, longestWatchedMs } from '../../../src/core/gap.ts';
import type { Watch } from '../../../src/core/store.ts';

const SWEEP_MS = 30_000;
const NOON = Date.parse('2030-01-01T12:00:00.000Z');
const last: Watch = { at: new Date(NOON).toISOString(), pid: 1, bootMs: 1_000_000, bootId: 'this boot' };
const between = (wallMs: number, realMs: number, bootId = 'this boot'): ReturnType<typeof intervalBetween> =>
  intervalBetween(last, new Date(NOON + wallMs), { id: bootId, ms: 1_000_000 + realMs }, SWEEP_MS);

test('nothing is taken to be missed in two sweeps and a minute', () => expect(longestWatchedMs(SWEEP_MS)).toBe(120_000));

test.each([
  ['a sweep later', between(30_000, 30_000), { gap: false, shiftMs: 0 }],
  ['just short enough', between(120_000, 120_000), { gap: false, shiftMs: 0 }],
  ['too long: daemon, engine or machine were down, or it slept', between(120_001, 120_001), { gap: true, shiftMs: 0 }],
  ['the clock was corrected by a little', between(30_000 + 29_999, 30_000), { gap: false, shiftMs: 0 }],
  ['the clock was set forward', between(3_630_000, 30_000), { gap: true, shiftMs: 3_600_000 }],
  ['the clock was set back', between(-3_570_000, 30_000), { gap: true, shiftMs: -3_600_000 }],
  ['set back while nobody watched', between(0, 7_200_000), { gap: true, shiftMs: -7_200_000 }],
  ['a quick boot is no gap', between(60_000, -900_000, 'another boot'), { gap: false, shiftMs: 0 }],
  ['a boot that took long', between(600_000, -900_000, 'another boot'), { gap: true, shiftMs: 0 }],
  ['a boot with a clock that went back: how far, nobody can tell', between(-600_000, -900_000, 'another boot'), { gap: true, shiftMs: 0 }],
  ['never looked before', intervalBetween(undefined, new Date(NOON), { id: 'this boot', ms: 1 }, SWEEP_MS), { gap: true, shiftMs: 0 }],
])('%s', (_, found, interval) => expect(found).toEqual(interval));

test('the later of two looks is told by the clock that nobody sets', () => {
  const later = { ...last, at: '2030-01-01T11:00:00.000Z', bootMs: 1_000_001 };
  expect(laterWatch(last, later)).toBe(later);
  expect(laterWatch(later, last)).toBe(later);
  expect(laterWatch(undefined, last)).toBe(last);
  expect(laterWatch(last, undefined)).toBe(last);
  expect(laterWatch(last, { ...later, bootId: 'the boot before' })).toBe(last);
});
