import { expect, test } from 'vitest';
import type { Journal, LifeEvent } from '../../../src/core/journal.ts';
import { listDesktops } from '../../../src/core/list.ts';
import { findRunningScreen, findScreen, keepScreen, openScreen } from '../../../src/core/screens.ts';
import { milliseconds } from '../../../src/core/duration.ts';
import { announceRemoval } from '../../../src/core/remove.ts';
import type { DesktopId, StoreState } from '../../../src/core/store.ts';
import { viewOnlySecret } from '../../../src/core/view-only.ts';
import { VncctlError } from '../../../src/errors.ts';
import { ANA, createTestDesktops, exampleEntry, LOCAL_GATEWAY, type TestDesktops, type TestDesktopsOptions } from '../../support/test-desktops.ts';
import { createWarmDesktops } from '../../support/warm-desktops.ts';

const NAME = `vnc_${ANA}`;
const signal = new AbortController().signal;
const EACH = 256 * 1024 ** 2;

/** A journal that holds these events. */
function journalOf(...events: Partial<LifeEvent>[]): Journal {
  return {
    append: async () => {},
    read: async (filter) => (events as LifeEvent[]).filter(({ desktop }) => desktop === filter?.desktop),
    follow: () => expect.unreachable(),
  };
}

/** Its record, watched by somebody who sees no viewer. */
function watched({ allocations }: StoreState, id: DesktopId): StoreState['allocations'] {
  const record = allocations[id];
  return record ? { [id]: { ...record, watched: { viewers: 0 } } } : {};
}

async function withDesktop(options: TestDesktopsOptions = {}): Promise<TestDesktops & { id: DesktopId }> {
  const t = createTestDesktops(options);
  const { desktop } = await t.up();
  return { ...t, id: desktop.id };
}

test('a desktop that runs is ready, and no removal is told where nobody watches', async () => {
  const t = await withDesktop();
  expect(await findScreen(t.desktops, journalOf(), t.id)).toEqual({ status: 'ready' });
});

test('while somebody watches, its removal is told, and whether keeping it helps', async () => {
  const t = await withDesktop();
  const at = t.clock.now().toISOString();
  await t.store.update((state) => ({ state: { ...state, watch: { at, pid: 1, bootMs: 0, bootId: 'b' }, allocations: { ...state.allocations, ...watched(state, t.id) } }, result: undefined }));
  expect(await findScreen(t.desktops, journalOf(), t.id)).toEqual({ status: 'ready', removeAt: expect.stringMatching(/^2030-01-01T20:0/), canKeep: true });
});

test('a removal for want of input that was announced is told, although nobody remembers input, and goes when it is kept', async () => {
  const t = await withDesktop();
  const at = t.clock.now().toISOString();
  const removeAt = new Date(t.clock.now().getTime() + 60_000).toISOString();
  const warned = { at, clock: 'no-input' as const, removeAt };
  await t.store.update((state) => {
    const { [t.id]: record } = watched(state, t.id);
    if (!record) throw new Error('the desktop has no record');
    return { state: { ...state, watch: { at, pid: 1, bootMs: 0, bootId: 'b' }, allocations: { ...state.allocations, [t.id]: { ...record, lease: { inputIdle: milliseconds(120_000) }, warned } } }, result: undefined };
  });
  expect(await findScreen(t.desktops, journalOf(), t.id)).toEqual({ status: 'ready', removeAt, canKeep: true });
  t.clock.advance(1_000);
  expect(await keepScreen(t.desktops, journalOf(), t.id)).not.toMatchObject({ removeAt });
});

test('one that is being removed is gone, with the cause', async () => {
  const t = await withDesktop();
  await announceRemoval(t.desktops, ANA, 'older than 8h');
  expect(await findScreen(t.desktops, journalOf(), t.id)).toEqual({ status: 'gone', reason: 'older than 8h' });
});

test.each([
  ['paused', async (t: TestDesktops) => t.engine.containers.pause(t.engine.world.get(NAME).id), 'paused', 'wake'],
  ['ended', async (t: TestDesktops) => t.engine.world.end(NAME, 1), 'stopped', 'start'],
] as const)('one that is %s stands so, and runs once its screen is opened, which is told', async (_, happen, status, step) => {
  const t = await withDesktop();
  await happen(t);
  expect(await findScreen(t.desktops, journalOf(), t.id)).toMatchObject({ status });
  const steps: string[] = [];
  expect(await openScreen(t.desktops, t.id, 'full', signal, (done) => steps.push(done))).toEqual({ kind: 'tcp', host: t.engine.world.get(NAME).address, port: 5900, secret: t.engine.world.get(NAME).spec.env['VNC_SECRET'], maxSize: { width: 4096, height: 4096 } });
  expect(t.engine.world.get(NAME).state).toBe('running');
  expect(steps).toEqual([step]);
});

test('a stopped one is started only where there is memory for it, which is promised to it for a while', async () => {
  const t = await withDesktop();
  t.engine.world.end(NAME, 0);
  t.memory.freeBytes = 2 * EACH - 1;
  await expect(openScreen(t.desktops, t.id, 'full', signal)).rejects.toMatchObject({ code: 'NO_MEMORY' });
  expect(t.engine.world.get(NAME).state).toBe('exited');
  expect(t.store.state).not.toHaveProperty('promises');
  t.memory.freeBytes = 2 * EACH;
  expect(await openScreen(t.desktops, t.id, 'full', signal)).toMatchObject({ kind: 'tcp' });
  expect(t.store.state.promises).toMatchObject([{ desktop: t.id, bytes: EACH }]);
});

test('one that is paused is opened where there is no memory, and of a start that fails nothing stays promised', async () => {
  const t = await withDesktop();
  await t.engine.containers.pause(t.engine.world.get(NAME).id);
  t.memory.freeBytes = 0;
  expect(await openScreen(t.desktops, t.id, 'full', signal)).toMatchObject({ kind: 'tcp' });
  t.engine.world.end(NAME, 0);
  t.memory.freeBytes = 2 * EACH;
  const start = (): Promise<never> => Promise.reject(new VncctlError('ENGINE_FAILED', 'broken'));
  const desktops = { ...t.desktops, engine: { ...t.engine, containers: { ...t.engine.containers, start } } };
  await expect(openScreen(desktops, t.id, 'full', signal)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  expect(t.store.state).not.toHaveProperty('promises');
});

test('warm ones give way to one that is started again', async () => {
  const t = createWarmDesktops(1);
  const { desktop } = await t.up();
  t.engine.world.end(NAME, 0);
  await t.fill();
  t.memory.freeBytes = 2 * EACH;
  await openScreen(t.desktops, desktop.id, 'full', signal);
  expect(t.members()).toEqual([]);
  expect(t.engine.world.get(NAME).state).toBe('running');
});

test('where its address can not be dialled its screen is behind its published port', async () => {
  const t = await withDesktop({ dialable: false });
  expect(await openScreen(t.desktops, t.id, 'full', signal)).toEqual({ kind: 'websocket', url: 'ws://127.0.0.1:5000/websockify', secret: t.engine.world.get(NAME).spec.env['VNC_SECRET'], maxSize: { width: 4096, height: 4096 } });
});

test('of an image that has no RFB port and a desktop that has no published one its screen is behind its web server', async () => {
  const t = await withDesktop({ gateway: LOCAL_GATEWAY, entries: [exampleEntry({ ports: { web: 6080 } })] });
  expect(await openScreen(t.desktops, t.id, 'full', signal)).toMatchObject({ kind: 'websocket', url: `ws://${t.engine.world.get(NAME).address}:6080/websockify` });
});

test('its viewers may make its screen as large as its image says', async () => {
  const t = await withDesktop({ entries: [exampleEntry({ maxSize: { width: 1920, height: 1080 } })] });
  expect(await openScreen(t.desktops, t.id, 'full', signal)).toMatchObject({ maxSize: { width: 1920, height: 1080 } });
});

test('one that can not be dialled in any way is told as such', async () => {
  const t = await withDesktop({ gateway: LOCAL_GATEWAY });
  delete t.engine.world.get(NAME).address;
  await expect(openScreen(t.desktops, t.id, 'full', signal)).rejects.toMatchObject({ code: 'NOT_READY' });
});

test('a paused one that is opened counts as seen: its health check, which failed meanwhile, does not make it a failed one', async () => {
  const t = await withDesktop();
  const container = t.engine.world.get(NAME);
  await t.engine.containers.pause(container.id);
  t.clock.advance(3_600_000);
  await openScreen(t.desktops, t.id, 'full', signal);
  container.health = 'unhealthy';
  expect((await listDesktops(t.desktops)).map(({ status }) => status)).toEqual(['ready']);
});

test('a store that is locked keeps nobody from a paused one', async () => {
  const t = await withDesktop();
  await t.engine.containers.pause(t.engine.world.get(NAME).id);
  const desktops = { ...t.desktops, store: { ...t.store, update: () => Promise.reject(new VncctlError('STORE_LOCKED', 'locked')) } };
  expect(await openScreen(desktops, t.id, 'full', signal)).toMatchObject({ kind: 'tcp' });
});

test("of another engine's desktop nothing is known", async () => {
  const t = await withDesktop();
  expect(await findScreen({ ...t.desktops, engine: { ...createTestDesktops().engine, endpoint: 'another' } }, journalOf(), t.id)).toBeUndefined();
});

test('one that was removed is gone, with the cause; of one that never was nothing is known', async () => {
  const t = await withDesktop();
  await t.engine.containers.remove(t.engine.world.get(NAME).id);
  expect(await findScreen(t.desktops, journalOf(), t.id)).toEqual({ status: 'gone' });
  expect(await findScreen(t.desktops, journalOf({ desktop: t.id, event: 'removed', cause: 'no viewer for 8h' }), t.id)).toEqual({ status: 'gone', reason: 'no viewer for 8h' });
  expect(await findScreen(t.desktops, journalOf(), 'never' as DesktopId)).toBeUndefined();
  await expect(openScreen(t.desktops, t.id, 'full', signal)).rejects.toMatchObject({ code: 'DESKTOP_NOT_FOUND' });
});

test('keeping one is a touch', async () => {
  const t = await withDesktop();
  t.clock.advance(3_600_000);
  expect(await keepScreen(t.desktops, journalOf(), t.id)).toMatchObject({ status: 'ready' });
  expect(t.store.state.allocations[t.id]?.touchedAt).toBe(t.clock.now().toISOString());
  expect(await keepScreen(t.desktops, journalOf(), 'never' as DesktopId)).toBeUndefined();
});

test('where the screen of a running desktop is can be asked without waking or starting one that does not run', async () => {
  const t = await withDesktop();
  const { address } = t.engine.world.get(NAME);
  expect(await findRunningScreen(t.desktops, t.id)).toMatchObject({ kind: 'tcp', host: address, port: 5900 });
  await t.engine.containers.pause(t.engine.world.get(NAME).id);
  expect(await findRunningScreen(t.desktops, t.id)).toBeUndefined();
  expect(t.engine.world.get(NAME).state).toBe('paused');
  t.engine.world.end(NAME, 0);
  expect(await findRunningScreen(t.desktops, t.id)).toBeUndefined();
  expect(t.engine.world.get(NAME).state).toBe('exited');
  t.engine.world.vanish(NAME);
  await expect(findRunningScreen(t.desktops, t.id)).rejects.toMatchObject({ code: 'DESKTOP_NOT_FOUND' });
});

test('a screen is opened for somebody who may only look with the other password, and not at all where its image has none', async () => {
  const t = await withDesktop();
  const secret = t.engine.world.get(NAME).spec.env['VNC_SECRET'] ?? '';
  expect(await openScreen(t.desktops, t.id, 'view-only', signal)).toMatchObject({ kind: 'tcp', secret: viewOnlySecret(secret) });
  const { viewOnly: _, ...without } = exampleEntry();
  for (const entries of [[without], []]) {
    const desktops = { ...t.desktops, catalog: { entries, find: () => entries[0] } };
    await t.engine.containers.pause(t.engine.world.get(NAME).id);
    await expect(openScreen(desktops, t.id, 'view-only', signal)).rejects.toMatchObject({ code: 'VIEW_ONLY_REFUSED' });
    expect(t.engine.world.get(NAME).state).toBe('paused');
    expect(await openScreen(desktops, t.id, 'full', signal)).not.toHaveProperty('secret', viewOnlySecret(secret));
  }
});
