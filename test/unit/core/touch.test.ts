import { expect, test } from 'vitest';
import type { Allocation } from '../../../src/core/store.ts';
import { touchDesktop, useDesktop } from '../../../src/core/touch.ts';
import { ANA, createTestDesktops, exampleEntry, type TestDesktops } from '../../support/test-desktops.ts';

const HOUR = 3_600_000;
const after = ({ clock }: TestDesktops, ms: number): Date => new Date(clock.now().getTime() + ms);

/** What others remember of a desktop, which a use must not forget. */
const MORE: Partial<Allocation> = {
  lease: { ttl: 'never' },
  watched: { viewers: 2, viewerSeenAt: '2030-01-01T11:00:00.000Z' },
  warned: { at: '2030-01-01T11:00:00.000Z', clock: 'ttl', removeAt: '2030-01-01T12:30:00.000Z' },
};

async function watchedDesktop(): Promise<{ t: TestDesktops; before: Allocation }> {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  const allocation = t.store.state.allocations[desktop.id];
  if (!allocation) throw new Error('it is not remembered');
  const before = { ...allocation, ...MORE };
  t.store.put({ allocations: { [desktop.id]: before }, watch: { at: '2030-01-01T12:00:00.000Z', pid: 1, bootMs: 5, bootId: 'b' } });
  t.clock.advance(HOUR);
  return { t, before };
}

test('a touched desktop counts as used now, its ttl counts from now, and the rest of its record stays', async () => {
  const { t, before } = await watchedDesktop();
  const touched = await touchDesktop(t.desktops, ANA);
  const now = t.clock.now().toISOString();
  expect(touched).toMatchObject({ desktop: { id: before.desktopId, lastUsedAt: now }, touchedAt: now });
  expect(touched).not.toHaveProperty('keptUntil');
  expect(t.store.state.allocations[before.desktopId]).toEqual({ ...before, lastUsedAt: now, touchedAt: now });
  expect(t.store.state.watch).toMatchObject({ bootId: 'b' });
});

test('another use moves no ttl', async () => {
  const { t, before } = await watchedDesktop();
  const lastUsedAt = t.clock.now().toISOString();
  expect(await useDesktop(t.desktops, ANA)).toMatchObject({ lastUsedAt });
  expect(t.store.state.allocations[before.desktopId]).toEqual({ ...before, lastUsedAt });
});

test('a touch is written at once, also right after another', async () => {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  await touchDesktop(t.desktops, ANA);
  t.clock.advance(1);
  await touchDesktop(t.desktops, ANA);
  expect(t.store.state.allocations[desktop.id]?.touchedAt).toBe('2030-01-01T12:00:00.001Z');
});

test('a desktop that is kept until a moment says so, also when it is touched again meanwhile, and no longer when that is past', async () => {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  const keptUntil = after(t, 2 * HOUR);
  expect(await touchDesktop(t.desktops, ANA, keptUntil)).toMatchObject({ keptUntil: keptUntil.toISOString() });
  expect(t.store.state.allocations[desktop.id]).toMatchObject({ keptUntil: keptUntil.toISOString(), lastUsedAt: t.clock.now().toISOString() });
  t.clock.advance(HOUR);
  expect(await touchDesktop(t.desktops, ANA)).toMatchObject({ keptUntil: keptUntil.toISOString() });
  t.clock.advance(HOUR);
  expect(await touchDesktop(t.desktops, ANA)).not.toHaveProperty('keptUntil');
  expect(await touchDesktop(t.desktops, ANA, after(t, HOUR))).toMatchObject({ keptUntil: after(t, HOUR).toISOString() });
});

test('a moment that is past is USAGE and writes nothing', async () => {
  const t = createTestDesktops();
  await t.up();
  const before = t.store.state;
  await expect(touchDesktop(t.desktops, ANA, after(t, 0))).rejects.toMatchObject({ code: 'USAGE', message: '2030-01-01T12:00:00.000Z is past' });
  expect(t.store.state).toBe(before);
});

test('a desktop is kept no longer than it lives without a viewer: USAGE names the longest possible', async () => {
  const t = createTestDesktops();
  await t.up();
  const before = t.store.state;
  await touchDesktop(t.desktops, ANA, after(t, 24 * HOUR));
  t.store.put(before);
  await expect(touchDesktop(t.desktops, ANA, after(t, 24 * HOUR + 1000))).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining("ends by itself after 1d without a viewer, so it can't be kept for 1d1s") as string,
    hint: expect.stringContaining('vncctl touch 111.444.777-35 --for 1d ') as string,
  });
  expect(t.store.state).toEqual(before);
});

test('what counts is what the container was made with, not what its lease says by now', async () => {
  const t = createTestDesktops();
  await t.up();
  await t.up({ lease: { removeAfter: 'never' } });
  await expect(touchDesktop(t.desktops, ANA, after(t, 48 * HOUR))).rejects.toMatchObject({ code: 'USAGE' });
  await t.up({ lease: { removeAfter: 'never' }, recreate: true });
  await touchDesktop(t.desktops, ANA, after(t, 48 * HOUR));
});

test('one that never ends by itself is kept as long as was asked', async () => {
  const t = createTestDesktops({ entries: [exampleEntry({ variables: {} })] });
  await t.up();
  expect(await touchDesktop(t.desktops, ANA, after(t, 1000 * HOUR))).toHaveProperty('keptUntil');
});

test('a desktop without a record gets one', async () => {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  t.store.lose();
  await touchDesktop(t.desktops, ANA);
  expect(t.store.state.allocations[desktop.id]).toMatchObject({ client: ANA, image: 'kiosk', endpoint: t.engine.endpoint });
});

test('touching where there is none is DESKTOP_NOT_FOUND and remembers nothing', async () => {
  const t = createTestDesktops();
  await expect(touchDesktop(t.desktops, ANA)).rejects.toMatchObject({ code: 'DESKTOP_NOT_FOUND' });
  await expect(useDesktop(t.desktops, ANA)).rejects.toMatchObject({ code: 'DESKTOP_NOT_FOUND' });
  expect(t.store.state.allocations).toEqual({});
});

test("a touch puts a desktop's own end off by a look at its screen", async () => {
  const t = createTestDesktops();
  await t.up();
  const before = t.probe.targets.length;
  expect(await touchDesktop(t.desktops, ANA)).not.toHaveProperty('endsAfterSeconds');
  expect(t.probe.targets.slice(before)).toMatchObject([{ kind: 'tcp', port: 5900 }]);
});

test('one that never ends by itself, or is stopped, is not looked at', async () => {
  const t = createTestDesktops();
  await t.up({ lease: { removeAfter: 'never' } });
  const before = t.probe.targets.length;
  await touchDesktop(t.desktops, ANA);
  await t.up({ recreate: true });
  t.engine.world.end('vnc_11144477735', 0);
  const looks = t.probe.targets.length;
  expect(await touchDesktop(t.desktops, ANA)).not.toHaveProperty('endsAfterSeconds');
  expect(looks).toBe(before + 1);
  expect(t.probe.targets).toHaveLength(looks);
});

test('where the screen does not answer, or is paused, the touch counts and says when it still ends', async () => {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  t.probe.reaches = 'running';
  const touched = touchDesktop(t.desktops, ANA);
  await t.clock.sleeping(2000);
  expect(t.store.state.allocations[desktop.id]?.touchedAt).toBe(t.clock.now().toISOString());
  t.clock.advance(2000);
  expect(await touched).toMatchObject({ endsAfterSeconds: 86_400 });
  t.probe.reaches = 'page';
  await t.engine.containers.pause(t.engine.world.get('vnc_11144477735').id);
  expect(await touchDesktop(t.desktops, ANA)).toMatchObject({ endsAfterSeconds: 86_400 });
  expect(t.store.state.allocations[desktop.id]?.touchedAt).toBe(t.clock.now().toISOString());
});
