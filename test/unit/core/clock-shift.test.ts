import { expect, test } from 'vitest';
import { shiftTimes } from '../../../src/core/clock-shift.ts';
import type { Allocation, DesktopId, StoreState } from '../../../src/core/store.ts';
import { ANA } from '../../support/test-desktops.ts';

const HOUR = 3_600_000;
const at = (hour: number): string => `2030-01-01T${String(hour).padStart(2, '0')}:00:00.000Z`;
const known: Allocation = {
  desktopId: 'd1' as DesktopId,
  client: ANA,
  endpoint: 'fake:///engine',
  image: 'kiosk',
  createdAt: at(8),
  lastUsedAt: at(9),
  touchedAt: at(10),
  keptUntil: at(20),
  watched: { viewers: 1, viewerSeenAt: at(11), inputSeenAt: at(11), countsFrom: at(8) },
  warned: { at: at(11), clock: 'ttl', removeAt: at(12) },
};
const state = (allocation: Allocation): StoreState => ({ allocations: { d1: allocation }, reservations: [] });

test('every time that ages and idleness count from moves along; a moment that a person named stays', () => {
  expect(shiftTimes(state(known), HOUR)).toEqual(
    state({
      ...known,
      createdAt: at(9),
      lastUsedAt: at(10),
      touchedAt: at(11),
      watched: { viewers: 1, viewerSeenAt: at(12), inputSeenAt: at(12), countsFrom: at(9) },
      warned: { at: at(12), clock: 'ttl', removeAt: at(13) },
    }),
  );
});

test('back and forth leaves all as it was, also what is not remembered', () => {
  const { watched: _, warned: __, touchedAt: ___, ...little } = known;
  for (const allocation of [known, little]) expect(shiftTimes(shiftTimes(state(allocation), -3 * HOUR), 3 * HOUR)).toEqual(state(allocation));
});
