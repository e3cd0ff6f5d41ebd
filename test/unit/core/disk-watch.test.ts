import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { CatalogEntry } from '../../../src/core/catalog.ts';
import { VncctlError } from '../../../src/errors.ts';
import { never } from '../../support/fake-calls.ts';
import { exampleEntry } from '../../support/test-desktops.ts';
import { createTestReaper, MINUTE, SWEEP_MS, type TestReaper } from '../../support/test-reaper.ts';

const MIB = 1024 ** 2;
const NAME = 'vnc_11144477735';

interface Writing extends TestReaper {
  disk: { bytes: number | undefined };
  /** Lets time pass with sweeps, each with time for what goes on beside it. */
  watch(ms: number): Promise<void>;
}

/** Ana's desktop, which may write 100 MiB and has written as much as `disk.bytes` says. */
async function writing(bytes: number | undefined, entry: Partial<CatalogEntry> = {}, diskMax: number | 'off' = 100 * MIB): Promise<Writing> {
  const disk = { bytes };
  const t = createTestReaper({ installation: { diskMax }, entries: [exampleEntry(entry)], programOf: () => ({ writtenBytes: () => disk.bytes }) });
  const { desktop } = await t.up();
  t.activity.set(desktop.id, 1);
  const watch: Writing['watch'] = async (ms) => {
    for (let passed = 0; passed < ms; passed += SWEEP_MS) {
      await t.pass(SWEEP_MS);
      for (let turn = 0; turn < 10; turn++) await setImmediate();
    }
  };
  return Object.assign(t, { disk, watch });
}
const steps = ({ lines }: TestReaper): string[] => lines.map((line) => line.replace(/^\S+ /, ''));
const measurings = ({ engine }: TestReaper): number => engine.calls.log.filter((call) => call.startsWith('containers.writtenBytes')).length;

test('a desktop that writes more than it may is removed with the bound as the cause, also while somebody looks at it', async () => {
  const t = await writing(101 * MIB);
  await t.watch(2 * SWEEP_MS);
  expect(steps(t)).toEqual([`remove ${NAME}, its disk use passed 100m`]);
  expect(t.engine.world.all).toEqual([]);
});

test('above four fifths it is told once, again only after it had less, and no removal is announced', async () => {
  const t = await writing(80 * MIB);
  await t.watch(3 * MINUTE);
  expect(steps(t)).toEqual([]);
  t.disk.bytes = 90 * MIB;
  await t.watch(10 * MINUTE);
  const told = `warn ${NAME}, it uses 90 % of the 100m of disk that it may`;
  expect(steps(t)).toEqual([told]);
  expect(Object.values(t.store.state.allocations)[0]?.warned).toBeUndefined();
  t.disk.bytes = 10 * MIB;
  await t.watch(3 * MINUTE);
  t.disk.bytes = 90 * MIB;
  await t.watch(3 * MINUTE);
  expect(steps(t)).toEqual([told, told]);
});

test('what the engine can not tell removes nobody, nor does a failure', async () => {
  const t = await writing(undefined);
  await t.watch(10 * MINUTE);
  t.disk.bytes = 101 * MIB;
  t.engine.calls.before('containers.writtenBytes', () => {
    throw new VncctlError('ENGINE_TIMEOUT', 'too late');
  });
  await t.watch(10 * MINUTE);
  expect(steps(t)).toEqual([]);
});

test('one that has removed its files since it was measured stays', async () => {
  const t = await writing(101 * MIB);
  await t.watch(SWEEP_MS);
  t.disk.bytes = 5 * MIB;
  await t.watch(SWEEP_MS);
  expect(steps(t)).toEqual([`remove ${NAME}, its disk use passed 100m (dropped: it uses less by now)`]);
  expect(t.engine.world.all).toHaveLength(1);
});

test('it is measured at most every two minutes, and no sweep waits for that', async () => {
  const t = await writing(5 * MIB);
  await t.watch(20 * MINUTE);
  expect(measurings(t)).toBeGreaterThan(5);
  expect(measurings(t)).toBeLessThanOrEqual(10);
  const before = measurings(t);
  t.engine.calls.before('containers.writtenBytes', never);
  await t.pass(4 * MINUTE);
  expect(measurings(t)).toBeGreaterThan(before);
  expect(measurings(t)).toBeLessThanOrEqual(before + 2);
});

test.each<[string, Partial<CatalogEntry>, number | 'off', string[]]>([
  ['the bound of its image comes before that of the settings', { diskMax: 50 * MIB }, 100 * MIB, [`remove ${NAME}, its disk use passed 50m`]],
  ['an image may have none', { diskMax: 'off' }, 10 * MIB, []],
  ['nor need the settings have one', {}, 'off', []],
])('%s', async (_, entry, diskMax, expected) => {
  const t = await writing(60 * MIB, entry, diskMax);
  await t.watch(10 * MINUTE);
  expect(steps(t)).toEqual(expected);
  expect(measurings(t) > 0).toBe(expected.length > 0);
});
