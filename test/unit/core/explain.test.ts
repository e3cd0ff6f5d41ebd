import { expect, test } from 'vitest';
import type { Desktop } from '../../../src/core/desktop.ts';
import { milliseconds, parseLimit } from '../../../src/core/duration.ts';
import { explain, type Explanation, shortly } from '../../../src/core/explain.ts';
import { getDesktop } from '../../../src/core/list.ts';
import { ANA } from '../../support/test-desktops.ts';
import { createTestReaper, HOUR, MINUTE, SWEEP_MS, type TestReaper } from '../../support/test-reaper.ts';

const length = (text: string): ReturnType<typeof milliseconds> => milliseconds(Number(parseLimit(text)));
const START = Date.parse('2030-01-01T12:00:00.000Z');
const at = (ms: number): string => new Date(START + ms).toISOString();

/** Ana's desktop as another process explains it now: from the store alone, or with a look of its own. */
async function explained(t: TestReaper, looks = false): Promise<Explanation> {
  const desktop: Desktop = await getDesktop(t.desktops, ANA);
  const [subject] = looks ? [{ id: desktop.id, container: desktop.container?.id ?? ('' as never), ports: [] }] : [];
  const activity = subject && (await t.activity.look([subject])).get(desktop.id);
  return explain(t.desktops, desktop, t.store.state, activity);
}
const short = async (t: TestReaper, looks?: boolean): Promise<unknown> => shortly(await explained(t, looks));

/** A reaper that has looked at Ana's desktop from its first moment on. */
async function watched(lease: Parameters<TestReaper['request']>[0] = {}): Promise<TestReaper & { ana: Desktop }> {
  const t = createTestReaper({ installation: { pauseDirect: false } });
  await t.sweep();
  const { desktop } = await t.up(lease);
  await t.pass(SWEEP_MS);
  return Object.assign(t, { ana: desktop });
}

test('what is explained is what comes to pass: when, and by which clock', async () => {
  const t = await watched();
  await t.pass(3 * HOUR);
  expect(await short(t)).toEqual({ expiresAt: at(8 * HOUR), why: 'no viewer' });
  await t.pass(4 * HOUR + 56 * MINUTE, MINUTE);
  expect(await short(t)).toEqual({ expiresAt: at(8 * HOUR + SWEEP_MS), why: 'warned: no viewer' });
  const removal = (await explained(t)).state.removal?.at ?? '';
  await t.pass(Date.parse(removal) - t.clock.now().getTime() - 1);
  expect(t.engine.world.all).toHaveLength(1);
  t.sleep(1);
  await t.sweep();
  expect(t.engine.world.all).toEqual([]);
});

test('one that is in use, of which nobody can tell, or that never goes says so', async () => {
  const t = await watched();
  t.activity.set(t.ana.id, 1);
  await t.pass(2 * MINUTE);
  expect(await short(t)).toEqual({ why: 'in use' });
  t.activity.set(t.ana.id, 'unknown');
  await t.pass(2 * MINUTE);
  expect(await short(t)).toEqual({ why: 'unknown' });
  expect(await short(await watched({ lease: { removeAfter: 'never' } }))).toEqual({ why: 'never' });
});

test('a used one with a time to live says when that is over', async () => {
  const t = await watched({ lease: { ttl: length('2h') } });
  t.activity.set(t.ana.id, 1);
  await t.pass(2 * MINUTE);
  expect(await short(t)).toEqual({ expiresAt: at(2 * HOUR), why: 'ttl' });
});

test('a look of its own sees who came, and who left, before the next sweep', async () => {
  const t = await watched();
  t.activity.set(t.ana.id, 1);
  expect(await short(t, true)).toEqual({ why: 'in use' });
  await t.pass(HOUR);
  t.activity.set(t.ana.id, 0);
  expect(await short(t)).toEqual({ why: 'in use' });
  expect(await short(t, true)).toEqual({ expiresAt: at(9 * HOUR + SWEEP_MS), why: 'no viewer' });
});

test('while nobody watches nothing is promised; the last look is told', async () => {
  const t = createTestReaper();
  await t.up();
  expect(await short(t)).toEqual({ why: 'not watched' });
  expect((await explained(t)).watch).toEqual({ watched: false });
  await t.sweep();
  expect((await explained(t)).watch).toEqual({ watched: true, lastLookAt: at(0) });
  t.sleep(2 * MINUTE);
  expect((await explained(t)).watch).toMatchObject({ watched: true });
  t.sleep(1);
  expect((await explained(t)).watch).toEqual({ watched: false, lastLookAt: at(0) });
  expect(await short(t)).toEqual({ why: 'not watched' });
});
