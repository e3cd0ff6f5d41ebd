// What `up --dry-run` foresees: the plan, and what would become of it on a host without room.
import { expect, test } from 'vitest';
import { announceRemoval } from '../../../src/core/remove.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { dryRunUp, renderDryRun } from '../../../src/core/up-dry-run.ts';
import { ANA, clientOf, createTestDesktops, type TestDesktops } from '../../support/test-desktops.ts';
import { createWarmDesktops } from '../../support/warm-desktops.ts';

const EACH = 256 * 1024 ** 2;
const BRUNO = clientOf('222.222.222-22');

const lackOf = async (t: TestDesktops, over: Parameters<TestDesktops['request']>[0] = {}) => (await dryRunUp(t.desktops, t.request(over))).lack;

/** One that others wait on already. */
function withWaiter(t: TestDesktops): TestDesktops {
  t.store.put({ queue: [{ desktop: 'other' as DesktopId, bytes: EACH, pid: 100, at: t.clock.now().toISOString(), until: '2031-01-01T00:00:00.000Z' }] });
  return t;
}

test('on a host without memory it says that it would be refused, with the words of that failure, and changes nothing', async () => {
  const t = createTestDesktops();
  t.memory.freeBytes = EACH;
  const plan = await dryRunUp(t.desktops, t.request());
  expect(plan.lack).toEqual({ next: 'refuse', code: 'NO_MEMORY', message: 'too little memory for another desktop: it needs 256m; 256m are free, and 256m stay free', ahead: 0 });
  expect(renderDryRun(plan)).toMatch(/^be refused with NO_MEMORY, unless there is room by then: too little memory .*\ncreate vnc_11144477735: /);
  expect(t.store.state).toEqual({ allocations: {}, reservations: [] });
  await expect(t.up()).rejects.toMatchObject({ message: plan.lack?.message });
});

test('with --queue it says that it would wait, for how long and behind how many', async () => {
  const t = withWaiter(createTestDesktops());
  t.memory.freeBytes = 2 * EACH;
  const before = t.store.state;
  const plan = await dryRunUp(t.desktops, t.request({ queueMs: 30_000 }));
  expect(plan.lack).toMatchObject({ next: 'wait', code: 'NO_MEMORY', ahead: 1, queueMs: 30_000 });
  expect(renderDryRun(plan)).toMatch(/^wait for room for 30s at most, at place 2 of 2: too little memory/);
  expect(t.store.state).toBe(before);
});

test('where warm ones give way it says so, and they are left alone; whoever waits before takes theirs', async () => {
  const t = createWarmDesktops(2);
  await t.fill();
  t.memory.freeBytes = 3 * EACH;
  const cold = { wishes: { env: { LANGUAGE: 'en' } } };
  const plan = await dryRunUp(t.desktops, t.request(cold));
  expect(plan.lack).toMatchObject({ next: 'make-way', code: 'NO_MEMORY' });
  expect(renderDryRun(plan)).toMatch(/^remove warm desktops that give way: too little memory/);
  expect(t.members()).toHaveLength(2);
  expect(await lackOf(withWaiter(t), cold)).toMatchObject({ next: 'refuse', ahead: 1 });
});

test('a port that there is none of is foreseen too', async () => {
  const t = createTestDesktops({ installation: { ports: { min: 5000, max: 5000 } } });
  await t.up({ client: BRUNO });
  expect(await lackOf(t)).toMatchObject({ next: 'refuse', code: 'NO_FREE_PORT' });
  expect(await lackOf(t, { client: BRUNO, recreate: true })).toBeUndefined();
  t.engine.world.end(`vnc_${BRUNO}`, 0);
  expect(await lackOf(t, { client: BRUNO, recreate: true })).toBeUndefined();
  expect(t.store.state.reservations).toEqual([]);
});

test('nothing is lacking where there is room, nobody can tell, or none is needed', async () => {
  expect(await lackOf(createTestDesktops())).toBeUndefined();
  const t = createTestDesktops();
  t.memory.freeBytes = 2 * EACH;
  expect(await lackOf(t)).toBeUndefined();
  await t.up();
  t.memory.freeBytes = 0;
  expect(await lackOf(t)).toBeUndefined();
  expect(await lackOf(t, { recreate: true })).toBeUndefined();
  t.engine.world.end(`vnc_${ANA}`, 0);
  expect(await lackOf(t)).toMatchObject({ next: 'refuse', code: 'NO_MEMORY' });
  // Its memory comes free before another is made.
  await announceRemoval(t.desktops, ANA, 'test');
  expect(await lackOf(t)).toBeUndefined();
  const warm = createWarmDesktops(1);
  await warm.fill();
  warm.memory.freeBytes = 0;
  expect(await lackOf(warm)).toBeUndefined();
});
