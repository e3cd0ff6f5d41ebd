// The lock of a client in an engine that several machines drive: one holder at a time, a killed one's ends by itself, a live one's never.
import { expect, test } from 'vitest';
import { BEAT_LIFE_MS, lockNameOf, withClientLock } from '../../../src/core/client-lock.ts';
import { listDesktops } from '../../../src/core/list.ts';
import { lookAtPool } from '../../../src/core/pool.ts';
import { removeDesktops } from '../../../src/core/remove.ts';
import { VncctlError } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createTestDesktops, type TestDesktops } from '../../support/test-desktops.ts';

const NAME = 'vnc_11144477735';
const IMAGE = 'vncctl/kiosk:latest';
const remote = (): TestDesktops => createTestDesktops({ local: false, clock: createFakeClock({ passUpToMs: 0 }) });
const signal = (): AbortSignal => new AbortController().signal;

function hold(t: TestDesktops, work?: (signal: AbortSignal) => Promise<string>): { done: Promise<string>; release: () => void; began: () => boolean } {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  let begun = false;
  const done = withClientLock(t.desktops, { whose: NAME, image: IMAGE, signal: signal() }, async (until) => {
    begun = true;
    await gate;
    return work ? work(until) : 'done';
  });
  done.catch(() => undefined);
  return { done, release, began: () => begun };
}

/** Lets that much time pass, in steps as short as the shortest sleep. */
async function pass(t: TestDesktops, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    t.clock.advance(250);
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

test('on an engine of this host there is no lock at all', async () => {
  const t = createTestDesktops();
  expect(await withClientLock(t.desktops, { whose: NAME, image: IMAGE, signal: signal() }, async () => 'done')).toBe('done');
  expect(t.engine.calls.log).toEqual([]);
});

test('one has it at a time, for as long as its holder lives; nothing is left of it', async () => {
  const t = remote();
  const [first, second] = [hold(t), hold(t)];
  await eventually(() => first.began());
  await pass(t, 10 * BEAT_LIFE_MS);
  expect(second.began()).toBe(false);
  first.release();
  expect(await first.done).toBe('done');
  await pass(t, 1_000);
  expect(second.began()).toBe(true);
  second.release();
  await second.done;
  expect(t.engine.world.all).toEqual([]);
});

test('that of a killed holder is taken after twenty seconds without a sign of life, and not before', async () => {
  const t = remote();
  t.engine.world.addForeign(lockNameOf('vnc_', 'default', NAME), { 'io.vncctl.client-lock': String(BEAT_LIFE_MS) });
  const next = hold(t);
  await pass(t, BEAT_LIFE_MS - 1_000);
  expect(next.began()).toBe(false);
  await pass(t, 2_000);
  expect(next.began()).toBe(true);
  next.release();
  await next.done;
  expect(t.engine.world.all).toEqual([]);
});

test('a holder whose lock was taken is told to stop', async () => {
  const t = remote();
  let until: AbortSignal | undefined;
  const held = hold(t, async (lost) => {
    until = lost;
    return new Promise<string>((_, reject) => lost.addEventListener('abort', () => reject(lost.reason), { once: true }));
  });
  await eventually(() => held.began());
  held.release();
  await eventually(() => until !== undefined);
  t.engine.world.vanish(lockNameOf('vnc_', 'default', NAME));
  await pass(t, 6_000);
  await expect(held.done).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('an engine that can change no limits has locks that last longer without a sign of life', async () => {
  const t = remote();
  t.engine.calls.failNext('containers.updateLimits', new VncctlError('ENGINE_FAILED', 'not supported'));
  const [first, second] = [hold(t), hold(t)];
  await eventually(() => first.began());
  await pass(t, 3 * BEAT_LIFE_MS);
  expect(second.began()).toBe(false);
  first.release();
  await first.done;
  await pass(t, 1_000);
  expect(second.began()).toBe(true);
  second.release();
  await second.done;
});

test('a lock is no desktop and no warm one, and nobody cleans it up for left over', async () => {
  const t = remote();
  const held = hold(t);
  await eventually(() => held.began());
  await pass(t, 120_000);
  expect(await listDesktops(t.desktops)).toEqual([]);
  expect((await lookAtPool(t.desktops)).leftLocks).toEqual([]);
  held.release();
  await held.done;
});

test('up and rm hold it while they change something, and not to hand out what runs', async () => {
  const t = createTestDesktops({ local: false });
  const locks = (): number => t.engine.calls.log.filter((line) => line.startsWith('containers.create vnc_lock_')).length;
  await t.up();
  expect(locks()).toBe(1);
  await t.up();
  expect(locks()).toBe(1);
  await t.up({ recreate: true });
  expect(locks()).toBe(2);
  await removeDesktops(t.desktops, await listDesktops(t.desktops), { signal: signal(), cause: 'test' });
  expect(locks()).toBe(3);
  expect(t.engine.world.all).toEqual([]);
});
