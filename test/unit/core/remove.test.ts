import { expect, test } from 'vitest';
import { listDesktops } from '../../../src/core/list.ts';
import { type RemoveOptions, type Removal, removeDesktops, removeUnusedNetworks } from '../../../src/core/remove.ts';
import { VncctlError } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { ANA, clients, createTestDesktops, exampleEntry, type TestDesktops } from '../../support/test-desktops.ts';

const NAME = 'vnc_11144477735';
const removeAll = async (t: TestDesktops, options: Partial<RemoveOptions> = {}): Promise<Removal[]> =>
  removeDesktops(t.desktops, await listDesktops(t.desktops), { cause: 'vncctl rm', signal: new AbortController().signal, ...options });

test('removing leaves no container and no record, and asks the program to end first', async () => {
  const t = createTestDesktops();
  await t.up();
  const { id } = t.engine.world.get(NAME);
  const removals = await removeAll(t);
  expect(removals).toMatchObject([{ desktop: { client: ANA } }]);
  expect(removals[0]).not.toHaveProperty('error');
  expect(t.engine.world.all).toEqual([]);
  expect(t.store.state.allocations).toEqual({});
  expect(t.engine.calls.log.filter((line) => line.endsWith(id) && /stop|remove/.test(line))).toEqual([`containers.stop ${id}`, `containers.remove ${id}`]);
});

test('one of an image that names a signal for it is asked by that; `up --recreate` asks the old one by its own image', async () => {
  const other = exampleEntry({ key: 'other' });
  const t = createTestDesktops({ entries: [exampleEntry({ removeSignal: 'SIGUSR1' }), other] });
  await t.up();
  const quick = t.engine.world.get(NAME).id;
  await t.up({ recreate: true, entry: other });
  const slow = t.engine.world.get(NAME).id;
  await t.up({ recreate: true });
  const { id } = t.engine.world.get(NAME);
  await removeAll(t);
  expect(t.engine.calls.log.filter((line) => line.startsWith('containers.stop'))).toEqual([`containers.stop ${quick} SIGUSR1`, `containers.stop ${slow}`, `containers.stop ${id} SIGUSR1`]);
});

test('a paused desktop is woken so that it can end by itself; an ended one is removed without more ado', async () => {
  const t = createTestDesktops();
  const [first = ANA, second = ANA] = clients(2);
  await t.up({ client: first });
  await t.up({ client: second });
  const [paused, ended] = t.engine.world.all;
  if (!paused || !ended) throw new Error('there are not two');
  await t.engine.containers.pause(paused.id);
  t.engine.world.end(ended.id, 0);
  const before = t.engine.calls.log.length;
  await removeAll(t);
  expect(t.engine.world.all).toEqual([]);
  const acts = t.engine.calls.log.slice(before);
  expect(acts).toContain(`containers.unpause ${paused.id}`);
  expect(acts).not.toContain(`containers.stop ${ended.id}`);
});

test('a paused desktop that somebody else has removed since the look is gone: no failure, and no record', async () => {
  const t = createTestDesktops();
  await t.up();
  await t.engine.containers.pause(t.engine.world.get(NAME).id);
  const seen = await listDesktops(t.desktops);
  await removeAll(t);
  const [removal] = await removeDesktops(t.desktops, seen, { cause: 'vncctl rm', signal: new AbortController().signal });
  expect(removal).not.toHaveProperty('error');
  expect(t.store.state.allocations).toEqual({});
});

test('what whoever watches remembers of the instance and of the other desktops stays', async () => {
  const t = createTestDesktops();
  const [other = ANA] = clients(1);
  const kept = await t.up({ client: other });
  await t.up();
  const allocations = t.store.state.allocations;
  const record = allocations[kept.desktop.id];
  if (!record) throw new Error('it is not remembered');
  const remembered = { ...record, lease: { ttl: 'never' as const }, watched: { viewers: 1 } };
  const watch = { at: '2030-01-01T12:00:00.000Z', pid: 1, bootMs: 5, bootId: 'b' };
  t.store.put({ allocations: { ...allocations, [kept.desktop.id]: remembered }, watch });
  await removeDesktops(t.desktops, (await listDesktops(t.desktops)).filter(({ client }) => client === ANA), { cause: 'vncctl rm', signal: new AbortController().signal });
  expect(t.store.state).toEqual({ allocations: { [kept.desktop.id]: remembered }, reservations: [], watch });
});

test('a lost desktop is forgotten', async () => {
  const t = createTestDesktops();
  await t.up();
  t.engine.world.vanish(NAME);
  await removeAll(t);
  expect(t.store.state.allocations).toEqual({});
});

test('no more than the set number are removed at once', async () => {
  const t = createTestDesktops({ installation: { parallel: 3 } });
  for (const client of clients(10)) await t.up({ client });
  let atOnce = 0;
  let most = 0;
  t.engine.calls.before('containers.remove', () => {
    most = Math.max(most, ++atOnce);
  });
  t.engine.calls.after('containers.remove', () => {
    atOnce--;
  });
  await removeAll(t);
  expect(most).toBe(3);
  expect(t.engine.world.all).toEqual([]);
});

test('all are tried and each is reported, in the order given, also when some fail', async () => {
  const t = createTestDesktops({ installation: { parallel: 2 } });
  for (const client of clients(5)) {
    await t.up({ client });
    t.clock.advance(1000);
  }
  const failing = t.engine.world.all[1];
  t.engine.calls.before('containers.remove', (id) => {
    if (id === failing?.id) throw new VncctlError('ENGINE_FAILED', 'device or resource busy');
  });
  const heard: Removal[] = [];
  const removals = await removeAll(t, { onRemoved: (removal) => heard.push(removal) });
  expect(removals.map(({ desktop }) => desktop.client)).toEqual(clients(5));
  expect(removals.map(({ error }) => (error as VncctlError | undefined)?.code)).toEqual([undefined, 'ENGINE_FAILED', undefined, undefined, undefined]);
  expect(heard).toHaveLength(5);
  expect(t.engine.world.all.map(({ id }) => id)).toEqual([failing?.id]);
});

test('a desktop that could not be removed loses its mark and keeps its record', async () => {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  t.engine.calls.failNext('containers.remove', new VncctlError('ENGINE_FAILED', 'busy'));
  await removeAll(t);
  expect(t.store.state.allocations[desktop.id]).toMatchObject({ client: ANA });
  expect(t.store.state.allocations[desktop.id]).not.toHaveProperty('removing');
});

test('while it is removed, others see it as exiting, and an up at the same moment gets a new one', async () => {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let stopping = false;
  t.engine.calls.before('containers.stop', () => {
    stopping = true;
    return gate;
  });
  const removal = removeAll(t);
  await eventually(() => stopping);
  expect(await listDesktops(t.desktops)).toMatchObject([{ id: desktop.id, status: 'exiting' }]);
  const again = t.up({}, {}, t.asProcess(200));
  open();
  await removal;
  const result = await again;
  expect(result.outcome).toBe('created');
  expect(t.store.state.allocations).toHaveProperty(result.desktop.id);
});

test('an interrupted removal reports what it did not do, and unmarks it', async () => {
  const t = createTestDesktops({ installation: { parallel: 1 } });
  for (const client of clients(3)) await t.up({ client });
  const controller = new AbortController();
  const reason = new VncctlError('INTERRUPTED', 'Ctrl-C');
  const removals = await removeAll(t, { signal: controller.signal, onRemoved: () => controller.abort(reason) });
  expect(removals.map(({ error }) => error)).toEqual([undefined, reason, reason]);
  expect(t.engine.world.all).toHaveLength(2);
  expect(Object.values(t.store.state.allocations).map(({ removing }) => removing)).toEqual([undefined, undefined]);
});

test('the network goes with the last desktop, and not before', async () => {
  const t = createTestDesktops({ prepared: false });
  await t.up();
  expect(await removeUnusedNetworks(t.desktops)).toEqual([]);
  await removeAll(t);
  expect(await removeUnusedNetworks(t.desktops)).toEqual(['vncctl']);
  expect(t.engine.networkWorld.all).toEqual([]);
  expect(await removeUnusedNetworks(t.desktops)).toEqual([]);
});

test("a network that is not this instance's is left alone", async () => {
  const t = createTestDesktops();
  expect(await removeUnusedNetworks(t.desktops)).toEqual([]);
  expect(t.engine.networkWorld.all).toHaveLength(1);
});

const OWN = `vncctl_${NAME}`;
const networksOf = (t: TestDesktops): string[] => t.engine.networkWorld.all.map(({ name }) => name);

test('a network of its own goes with its desktop, and that of another stays', async () => {
  const t = createTestDesktops({ isolation: 'networks' });
  await t.up();
  await t.up({ client: clients(1)[0] ?? ANA });
  expect(networksOf(t)).toEqual([OWN, 'vncctl_vnc_20000000000']);
  const anas = (await listDesktops(t.desktops)).filter(({ client }) => client === ANA);
  await removeDesktops(t.desktops, anas, { cause: 'vncctl rm', signal: new AbortController().signal });
  expect(networksOf(t)).toEqual(['vncctl_vnc_20000000000']);
});

test('the network of a lost desktop goes with its record', async () => {
  const t = createTestDesktops({ isolation: 'networks' });
  await t.up();
  t.engine.world.vanish(NAME);
  await removeAll(t);
  expect(networksOf(t)).toEqual([]);
});

test("a network of a lost desktop's name that somebody else made is left alone", async () => {
  const t = createTestDesktops();
  await t.up();
  t.engine.networkWorld.addForeign({ name: OWN });
  t.engine.world.vanish(NAME);
  await removeAll(t);
  expect(networksOf(t)).toContain(OWN);
});

test('a network whose desktop was never made is one of those that no desktop is left on', async () => {
  const t = createTestDesktops({ isolation: 'networks' });
  t.engine.calls.failNext('containers.create', new VncctlError('ENGINE_FAILED', 'no'));
  t.engine.calls.failNext('networks.remove', new VncctlError('ENGINE_FAILED', 'no'));
  await t.up().catch(() => {});
  expect(networksOf(t)).toEqual([OWN]);
  expect(await removeUnusedNetworks(t.desktops)).toEqual([OWN]);
  expect(networksOf(t)).toEqual([]);
});

test('where desktops share a network, removing one asks nothing about networks', async () => {
  const t = createTestDesktops();
  await t.up();
  const before = t.engine.calls.log.length;
  await removeAll(t);
  expect(t.engine.calls.log.slice(before).filter((line) => line.startsWith('networks.'))).toEqual([]);
});
