import { expect, test } from 'vitest';
import { touchDesktop } from '../../../src/core/touch.ts';
import { ANA, createTestDesktops } from '../../support/test-desktops.ts';

test('a touched desktop counts as used now and keeps the rest of its record', async () => {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  const before = t.store.state.allocations[desktop.id];
  t.clock.advance(3_600_000);
  const touched = await touchDesktop(t.desktops, ANA);
  const lastUsedAt = t.clock.now().toISOString();
  expect(touched).toMatchObject({ id: desktop.id, lastUsedAt });
  expect(t.store.state.allocations[desktop.id]).toEqual({ ...before, lastUsedAt });
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
  expect(t.store.state.allocations).toEqual({});
});
