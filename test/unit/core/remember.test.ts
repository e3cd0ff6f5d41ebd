// What handing a desktop out again writes down, and what it leaves as it is.
import { expect, test } from 'vitest';
import { milliseconds } from '../../../src/core/duration.ts';
import { pauseDesktop } from '../../../src/core/pause.ts';
import type { Allocation } from '../../../src/core/store.ts';
import { ANA, createTestDesktops, type TestDesktops } from '../../support/test-desktops.ts';

const NAME = 'vnc_11144477735';
const WATCH = { at: '2030-01-01T12:00:00.000Z', pid: 1, bootMs: 5, bootId: 'b' };
const MORE: Partial<Allocation> = {
  lease: { ttl: milliseconds(7_200_000) },
  touchedAt: '2030-01-01T11:00:00.000Z',
  keptUntil: '2030-01-01T13:00:00.000Z',
  watched: { viewers: 'unknown', viewerSeenAt: '2030-01-01T11:00:00.000Z' },
  warned: { at: '2030-01-01T11:00:00.000Z', clock: 'ttl', removeAt: '2030-01-01T12:30:00.000Z' },
};

const recordOf = ({ store }: TestDesktops): Allocation => {
  const [record, ...more] = Object.values(store.state.allocations);
  if (!record || more.length > 0) throw new Error('one record was expected');
  return record;
};

async function watched(): Promise<TestDesktops> {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  t.store.put({ allocations: { [desktop.id]: { ...recordOf(t), ...MORE } }, watch: WATCH });
  t.clock.advance(61_000);
  return t;
}

test('handing a desktop out again keeps all that others remember of it and of the instance', async () => {
  const t = await watched();
  const before = recordOf(t);
  await t.up();
  expect(recordOf(t)).toEqual({ ...before, lastUsedAt: t.clock.now().toISOString(), readyAt: t.clock.now().toISOString() });
  expect(t.store.state.watch).toEqual(WATCH);
});

test('what was seen of its last start is forgotten with that start', async () => {
  const t = await watched();
  t.engine.world.end(NAME, 0);
  await t.up({ stage: 'running' });
  expect(recordOf(t)).not.toHaveProperty('readyAt');
  expect(recordOf(t)).toMatchObject(MORE);
});

test('one that was removed between the last look at it and the lock is not remembered: there is another one, and no record of the first', async () => {
  const t = await watched();
  const { desktopId } = recordOf(t);
  t.store.beforeUpdate = () => {
    t.store.beforeUpdate = undefined;
    t.engine.world.vanish(NAME);
    t.store.lose();
  };
  expect(await t.up()).toMatchObject({ outcome: 'created' });
  expect(recordOf(t).desktopId).not.toBe(desktopId);
});

test('a mark that a killed removal left is not kept', async () => {
  const t = await watched();
  t.store.put({ allocations: { [recordOf(t).desktopId]: { ...recordOf(t), removing: { pid: 999, at: t.clock.now().toISOString() } } } });
  await t.up();
  expect(recordOf(t)).not.toHaveProperty('removing');
});

test('why it was paused is not kept when it is handed out again, however soon', async () => {
  const t = createTestDesktops();
  await t.up();
  await pauseDesktop(t.desktops, ANA, {});
  expect(recordOf(t)).toHaveProperty('pauseCause');
  await t.up();
  expect(recordOf(t)).not.toHaveProperty('pauseCause');
});

test('a new desktop of the same client begins without what was changed of the old one', async () => {
  const t = await watched();
  await t.up({ recreate: true });
  expect(Object.keys(recordOf(t)).sort()).toEqual(['client', 'createdAt', 'desktopId', 'endpoint', 'image', 'lastUsedAt', 'readyAt']);
  expect(t.store.state.watch).toEqual(WATCH);
});

test.each([
  ['removeAfter', 40_000],
  ['idle', 40_000],
] as const)('a short %s is moved by every up that is a quarter of it after the last', async (field, ms) => {
  const t = createTestDesktops();
  await t.up({ lease: { [field]: milliseconds(ms) } });
  const before = t.store.state;
  t.clock.advance(ms / 4 - 1);
  await t.up();
  expect(t.store.state).toBe(before);
  t.clock.advance(1);
  await t.up();
  expect(recordOf(t).lastUsedAt).toBe(t.clock.now().toISOString());
});

test('where the clocks are long or off, a write comes once a minute', async () => {
  const t = createTestDesktops();
  await t.up({ lease: { idle: 'never', removeAfter: 'never' } });
  const before = t.store.state;
  t.clock.advance(59_999);
  await t.up();
  expect(t.store.state).toBe(before);
  t.clock.advance(1);
  await t.up();
  expect(t.store.state).not.toBe(before);
});
