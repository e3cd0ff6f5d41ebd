import { expect, test } from 'vitest';
import { findDesktop, getDesktop, getDesktopContainer, listDesktops } from '../../../src/core/list.ts';
import { VncctlError } from '../../../src/errors.ts';
import { createFakeStore } from '../../support/fake-store.ts';
import { ANA, clients, createTestDesktops } from '../../support/test-desktops.ts';

const NAME = 'vnc_11144477735';

test('a list is one engine call, however many desktops there are', async () => {
  const t = createTestDesktops();
  for (const client of clients(5)) {
    await t.up({ client });
    t.clock.advance(1000);
  }
  const before = t.engine.calls.log.length;
  const all = await listDesktops(t.desktops);
  expect(all.map(({ client }) => client)).toEqual(clients(5));
  expect(t.engine.calls.log.slice(before)).toEqual(['containers.list']);
});

test('a failure to look is an error, never an empty list', async () => {
  const t = createTestDesktops();
  t.engine.calls.refuse();
  await expect(listDesktops(t.desktops)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  const broken = createTestDesktops();
  broken.desktops.store.read = () => Promise.reject(new VncctlError('STORE_LOCKED', 'no'));
  await expect(listDesktops(broken.desktops)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
});

test('a desktop whose container is gone is shown as lost', async () => {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  t.engine.world.vanish(NAME);
  expect(await listDesktops(t.desktops)).toMatchObject([{ id: desktop.id, client: ANA, status: 'lost' }]);
  await expect(getDesktopContainer(t.desktops, ANA)).rejects.toMatchObject({ code: 'DESKTOP_NOT_FOUND', hint: expect.stringContaining('vncctl up') as string });
});

test("other instances and other people's containers are not listed", async () => {
  const t = createTestDesktops();
  t.engine.world.addForeign('vnc_foreign');
  const lab = { ...t.desktops, installation: { ...t.desktops.installation, instance: 'lab' }, store: createFakeStore() };
  await t.up({}, {}, lab);
  expect(await listDesktops(t.desktops)).toEqual([]);
  expect(await listDesktops(lab)).toHaveLength(1);
});

test('a desktop renamed by hand is still found for its client', async () => {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  t.engine.world.get(NAME).name = 'renamed';
  const found = await getDesktopContainer(t.desktops, ANA);
  expect(found).toMatchObject({ desktop: { id: desktop.id }, container: { name: 'renamed' } });
});

test('of a lost desktop and one with a container, the one with a container counts', async () => {
  const t = createTestDesktops();
  await t.up();
  const all = await listDesktops(t.desktops);
  const [own] = all;
  if (!own) throw new Error('it is not listed');
  const { container: _, ...rest } = own;
  const lost = { ...rest, status: 'lost' as const };
  expect(findDesktop([lost, own], ANA, t.desktops)).toBe(own);
  expect(findDesktop([lost], ANA, t.desktops)).toBe(lost);
});

test('asking for a desktop that is not there is DESKTOP_NOT_FOUND with the command that makes one', async () => {
  const t = createTestDesktops();
  await expect(getDesktop(t.desktops, ANA)).rejects.toMatchObject({ code: 'DESKTOP_NOT_FOUND', hint: 'make one: vncctl up 111.444.777-35' });
});
