// Locks that live in the engine: one holder among all who drive it.
import { expect, test } from 'vitest';
import { markerLocks } from '../../../src/core/member-locks.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { createTestDesktops } from '../../support/test-desktops.ts';

const subject = { desktopId: 'd1' as DesktopId, name: 'vnc_pool_d1', imageId: 'vncctl/kiosk:latest' };

test('one of two has it, until it gives it back', async () => {
  const { engine } = createTestDesktops();
  const [one, other] = [markerLocks(engine, 'default'), markerLocks(engine, 'default')];
  const release = await one.tryTake(subject);
  expect(release).toBeDefined();
  expect(await other.tryTake(subject)).toBeUndefined();
  expect(await other.tryTake({ ...subject, name: 'vnc_pool_d2' })).toBeDefined();
  await release?.();
  expect(await other.tryTake(subject)).toBeDefined();
});

test('it is a container that never starts, and no desktop', async () => {
  const { engine } = createTestDesktops();
  await markerLocks(engine, 'default').tryTake(subject);
  expect(engine.world.all).toMatchObject([{ name: 'vnc_pool_d1.lock', state: 'created' }]);
  expect(engine.world.all[0]?.spec.labels).not.toHaveProperty('io.vncctl.desktop');
});

test('an engine that fails is told, not taken for a held lock', async () => {
  const { engine } = createTestDesktops();
  engine.calls.refuse();
  await expect(markerLocks(engine, 'default').tryTake(subject)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
});
