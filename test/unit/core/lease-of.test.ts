import { expect, test } from 'vitest';
import { milliseconds } from '../../../src/core/duration.ts';
import { leaseNews, leaseOf, switchSecondsOf } from '../../../src/core/lease-of.ts';
import { createTestDesktops, exampleEntry } from '../../support/test-desktops.ts';

const [MINUTE, HOUR] = [60_000, 3_600_000].map(milliseconds) as [ReturnType<typeof milliseconds>, ReturnType<typeof milliseconds>];

test('what was asked for last comes first, then what its up asked for, then its image, then the settings; each says which', () => {
  const { desktops } = createTestDesktops({ entries: [exampleEntry({ lease: { idle: HOUR, removeAfter: HOUR, inputIdle: HOUR } })] });
  expect(leaseOf(desktops, { image: 'kiosk', lease: { created: { idle: MINUTE, removeAfter: MINUTE }, changed: { idle: 'never' } } })).toEqual({
    idle: { length: 'never', from: 'up' },
    removeAfter: { length: MINUTE, from: 'up' },
    inputIdle: { length: HOUR, from: 'image kiosk' },
    ttl: { length: 'never', from: 'default' },
    maxAge: { length: 'never', from: 'default' },
  });
});

test('a desktop of an image that left the catalog has the lease of the settings', () => {
  const { desktops } = createTestDesktops();
  expect(leaseOf(desktops, { image: 'gone', lease: { created: {}, changed: {} } })).toEqual(desktops.installation.lease);
});

test('news is what differs from what was asked before, changed later or at its creation', () => {
  const before = { created: { idle: MINUTE, ttl: HOUR }, changed: { idle: HOUR } };
  expect(leaseNews(before, {})).toBeUndefined();
  expect(leaseNews(before, { idle: HOUR, ttl: HOUR })).toBeUndefined();
  expect(leaseNews(before, { idle: MINUTE, ttl: HOUR, maxAge: 'never' })).toEqual({ idle: MINUTE, maxAge: 'never' });
});

test("a desktop's own end is what its container was made with; nought, nonsense and no such switch are none", () => {
  const { desktops } = createTestDesktops({ entries: [exampleEntry(), exampleEntry({ key: 'plain', variables: {} })] });
  const of = (value: string, image = 'kiosk'): number | undefined => switchSecondsOf(desktops, image, { env: { IDLE_EXIT: value } });
  expect(of('86400')).toBe(86_400);
  for (const none of ['0', '', 'x', '-5']) expect(of(none)).toBeUndefined();
  expect(of('86400', 'plain')).toBeUndefined();
  expect(switchSecondsOf(desktops, 'kiosk', { env: {} })).toBeUndefined();
});
