// Taking warm desktops on fakes: who gets one, what they are given, and what is left when something comes in between.
import { expect, test } from 'vitest';
import { milliseconds } from '../../../src/core/duration.ts';
import { explain } from '../../../src/core/explain.ts';
import { leaseOf } from '../../../src/core/lease-of.ts';
import { listDesktops } from '../../../src/core/list.ts';
import { dryRunUp } from '../../../src/core/up-dry-run.ts';
import { renderPlan } from '../../../src/core/up-plan.ts';
import type { Allocation, DesktopId } from '../../../src/core/store.ts';
import { VncctlError } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { never } from '../../support/fake-calls.ts';
import { ANA, clientOf, clients } from '../../support/test-desktops.ts';
import { CLAIMABLE, createWarmDesktops, type WarmDesktops } from '../../support/warm-desktops.ts';

const NAME = `vnc_${ANA}`;
const PAGE = 'https://example.org/';
const HOUR = 3_600_000;

const doing = (t: WarmDesktops, calls: RegExp, from = 0): string[] => t.engine.calls.log.slice(from).filter((line) => calls.test(line)).map((line) => line.split(' ')[0] ?? '');

/** Runs `action` before or after the first such call only. */
function once(t: WarmDesktops, when: 'before' | 'after', call: Parameters<WarmDesktops['engine']['calls']['before']>[0], action: () => void | Promise<void>): void {
  const stop = t.engine.calls[when](call, async () => {
    stop();
    await action();
  });
}

test('a warm desktop is taken by its new name, woken, told its page, and remembered; nothing else is asked of the engine', async () => {
  const t = createWarmDesktops(2);
  await t.fill();
  const [first] = t.members();
  const container = t.engine.world.get(first ?? '');
  const before = t.engine.calls.log.length;
  const result = await t.up({ wishes: { env: {}, url: PAGE } });
  expect(result).toMatchObject({ outcome: 'claimed', why: 'a warm desktop that fits was ready', desktop: { client: ANA, status: 'ready', pooled: true }, notes: [] });
  expect(result.phases.map(({ name }) => name)).toEqual(['look', 'claim', 'wake', 'open', 'rfb', 'window', 'page', 'remember']);
  expect(container).toMatchObject({ name: NAME, state: 'running' });
  expect(result.link).toBe(`http://localhost:${container.spec.publish?.hostPort}/vnc.html#key=${container.spec.env['VNC_SECRET']}`);
  expect(t.warm.told).toEqual([`open ${PAGE} for 111.444.777-35`]);
  expect(doing(t, /^(containers|images|networks)/, before)).toEqual([
    ...['containers.find', 'images.find', 'networks.find', 'containers.list'],
    ...['containers.find', 'containers.rename', 'containers.find', 'containers.unpause', 'containers.waitForExit', 'containers.find'],
  ]);
  expect(t.warm.held.size).toBe(0);
  expect(t.members()).toHaveLength(1);
});

test('of a page that is there already only the client is told, and only the greeting is waited for', async () => {
  const t = createWarmDesktops(1, { installation: { defaults: { url: PAGE } } });
  await t.fill();
  const { phases } = await t.up();
  expect(t.warm.told).toEqual(['open the page that is there for 111.444.777-35, unanswered']);
  expect(phases.map(({ name }) => name)).toEqual(['look', 'claim', 'wake', 'open', 'rfb', 'remember']);
});

test('another size and other limits are given to it too, before the page', async () => {
  const t = createWarmDesktops(1, { installation: { defaults: { size: { width: 1280, height: 720 } } } });
  await t.fill();
  const { desktop } = await t.up({ wishes: { env: {}, size: { width: 390, height: 844 }, memoryBytes: 5e8 } });
  expect(t.warm.told).toEqual(['size 390x844', 'open the page that is there for 111.444.777-35, unanswered']);
  expect(t.engine.world.get(NAME).limits).toEqual({ cpus: 2, memoryBytes: 5e8 });
  expect(t.store.state.allocations[desktop.id]?.claimed?.fitted).toEqual({ KIOSK_URL: '', WIDTH: '390', HEIGHT: '844' });
});

test('hashed names keep the client out of what a claimed desktop is told, and out of its labels', async () => {
  const t = createWarmDesktops(1, { installation: { naming: { kind: 'hashed', key: new Uint8Array(32) } } });
  await t.fill();
  const first = await t.up();
  expect(first).toMatchObject({ outcome: 'claimed', desktop: { client: ANA } });
  expect(t.warm.told).toEqual(['open the page that is there, unanswered']);
  const [container] = t.engine.world.all;
  expect(JSON.stringify([container?.name, container?.spec])).not.toMatch(/11144477735|111\.444/);
  expect(await t.up()).toMatchObject({ outcome: 'reused', link: first.link });
});

test('what it was given counts for later wishes; what nobody knows any more does not', async () => {
  const t = createWarmDesktops(1);
  await t.fill();
  await t.up({ wishes: { env: {}, url: PAGE } });
  expect((await t.up({ wishes: { env: {}, url: PAGE } })).notes).toEqual([]);
  expect((await t.up({ wishes: { env: {}, url: 'https://other.example/' } })).notes.join()).toContain(`url ${PAGE} (asked: https://other.example/)`);
  t.store.lose();
  expect((await t.up({ wishes: { env: {}, url: 'https://other.example/' } })).notes).toEqual([]);
});

test('its ages count from the claim, and its lease is the one that was asked for', async () => {
  const t = createWarmDesktops(1);
  await t.fill();
  t.clock.advance(3 * HOUR);
  const { desktop, lease, notes } = await t.up({ lease: { ttl: milliseconds(5 * HOUR) } });
  expect(notes).toEqual([]);
  expect(desktop.createdAt).toBe(t.clock.now().toISOString());
  expect(lease.ttl.length).toBe(5 * HOUR);
  const { state } = explain(t.desktops, desktop, t.store.state);
  expect(state.clocks.find(({ clock }) => clock === 'ttl')?.dueAt).toBe(new Date(t.clock.now().getTime() + 5 * HOUR).toISOString());
});

test('one that has another end by itself is not taken', async () => {
  const t = createWarmDesktops(1);
  await t.fill();
  const result = await t.up({ lease: { removeAfter: milliseconds(48 * HOUR) } });
  expect(result).toMatchObject({ outcome: 'created', why: '111.444.777-35 has no desktop, and none of the 1 warm desktops can become what was asked: image, settings, limits or network differ' });
  expect(leaseOf(t.desktops, result.desktop).removeAfter.length).toBe(48 * HOUR);
});

test.each([
  ['a setting', { wishes: { env: { LANGUAGE: 'en' } } }],
  ['the image\'s own page, where the warm one shows another', { wishes: { env: {} } }],
])('%s that a warm one can not be given makes a new one', async (_, over) => {
  const t = createWarmDesktops(1, { installation: { defaults: { url: PAGE } } });
  await t.fill();
  t.desktops.installation.defaults = {};
  expect(await t.up(over)).toMatchObject({ outcome: 'created' });
  expect(t.members()).toHaveLength(1);
});

test('a variable that the image itself leaves empty is no page', async () => {
  const t = createWarmDesktops(1);
  await t.fill();
  Object.assign(t.engine.world.all[0]?.spec.env ?? {}, { KIOSK_URL: '' });
  expect(await t.up()).toMatchObject({ outcome: 'claimed' });
});

test('an image without a claim port is taken as it is', async () => {
  const t = createWarmDesktops(1, { entries: [{ ...CLAIMABLE, ports: { web: 6080, rfb: 5900 } }] });
  await t.fill();
  expect(await t.up({ wishes: { env: {}, url: PAGE } })).toMatchObject({ outcome: 'created' });
  expect(await t.up({ client: clientOf('222.222.222-22') })).toMatchObject({ outcome: 'claimed' });
  expect(t.warm.told).toEqual([]);
});

test('the plan says what would be taken, and takes nothing', async () => {
  const t = createWarmDesktops(2);
  await t.fill();
  const id = t.members()[0]?.replace('vnc_pool_', '');
  expect(renderPlan(await dryRunUp(t.desktops, t.request()))).toBe(
    [
      `take the warm ${id} (or another of 2) as ${NAME}: 111.444.777-35 has no desktop`,
      'wake it: it waited paused',
      'fit it to its client: page, size and limits were asked for',
      'wait for rfb: its page is painted already',
    ].join('\n'),
  );
  expect(t.members()).toHaveLength(2);
});

test('twenty at once and a pool of five: five are taken, fifteen made, all of them different', async () => {
  const t = createWarmDesktops(5);
  await t.fill();
  const results = await Promise.all(clients(20).map((client, index) => t.up({ client }, {}, t.asProcess(1000 + index))));
  expect(results.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(5);
  expect(results.filter(({ outcome }) => outcome === 'created')).toHaveLength(15);
  expect(new Set(results.map(({ desktop }) => desktop.id)).size).toBe(20);
  expect(new Set(results.map(({ link }) => link)).size).toBe(20);
  expect(t.engine.world.all).toHaveLength(20);
  expect(Object.values(t.store.state.allocations).map(({ client }) => client).sort()).toEqual([...clients(20)].sort());
});

test('two at once for one client take one and give the same link', async () => {
  const t = createWarmDesktops(2);
  await t.fill();
  const [one, two] = await Promise.all([t.up({}, {}, t.asProcess(1)), t.up({}, {}, t.asProcess(2))]);
  expect(one.link).toBe(two.link);
  expect(t.engine.world.all.filter(({ name }) => name === NAME)).toHaveLength(1);
  expect(t.members()).toHaveLength(1);
});

test('one that somebody has in hand is left alone', async () => {
  const t = createWarmDesktops(2);
  await t.fill();
  const [first = '', second = ''] = t.members();
  t.warm.held.add(first.replace('vnc_pool_', ''));
  expect(await t.up()).toMatchObject({ outcome: 'claimed' });
  expect(t.members()).toEqual([first]);
  expect(t.engine.world.all.map(({ name }) => name)).not.toContain(second);
});

test('whoever finds that another has renamed it at the same moment takes the next one', async () => {
  const t = createWarmDesktops(2);
  await t.fill();
  const stop = t.engine.calls.after('containers.rename', (id) => {
    stop();
    // The engine did both; the other one's came last.
    t.engine.world.get(id).name = 'vnc_22222222222';
  });
  const result = await t.up();
  expect(result).toMatchObject({ outcome: 'claimed' });
  expect(t.engine.world.all.map(({ name }) => name).sort()).toEqual([NAME, 'vnc_22222222222'].sort());
  // Nothing was opened in what is the other one's.
  expect(t.warm.told).toHaveLength(1);
});

test.each<[string, Parameters<WarmDesktops['engine']['calls']['before']>[0], (t: WarmDesktops, first: string) => void]>([
  ['is renamed on another machine, whose locks are not seen here, before it has its new name', 'containers.rename', (t, first) => void (t.engine.world.get(first).name = 'vnc_22222222222')],
  ['is renamed there while it is woken', 'containers.unpause', (t) => void (t.engine.world.get(NAME).name = 'vnc_22222222222')],
  ['is woken by somebody else before it is taken', 'containers.list', (t, first) => void t.engine.calls.after('containers.list', () => void (t.engine.world.get(first).state = 'running'))],
])('one that %s is left alone, and the next one taken', async (_, call, disturb) => {
  const t = createWarmDesktops(2);
  await t.fill();
  const [first = ''] = t.members();
  const container = t.engine.world.get(first);
  once(t, 'before', call, () => disturb(t, first));
  const result = await t.up();
  expect(result.outcome).toBe('claimed');
  expect(result.desktop.id).not.toBe(container.spec.labels['io.vncctl.desktop']);
  expect(t.engine.world.all).toContain(container);
  expect(container.name).not.toBe(NAME);
});

test('a name that a stranger takes at the last moment is NAME_TAKEN, and the warm one stays', async () => {
  const t = createWarmDesktops(1);
  await t.fill();
  once(t, 'before', 'containers.rename', () => void t.engine.world.addForeign(NAME));
  await expect(t.up()).rejects.toMatchObject({ code: 'NAME_TAKEN' });
  expect(t.members()).toHaveLength(1);
});

test.each<[string, (t: WarmDesktops) => void]>([
  ['takes no page any more', (t) => void t.engine.world.all.forEach(({ address = '' }) => t.warm.close({ host: address }))],
  ['ends as it wakes', (t) => void t.engine.calls.after('containers.unpause', (id) => t.engine.world.end(id, 1))],
])('a warm one that %s is taken away, the next one tried, and at last a new one is made', async (_, spoil) => {
  const t = createWarmDesktops(3);
  await t.fill();
  spoil(t);
  const result = await t.up();
  expect(result.outcome).toBe('created');
  expect(result.why).toContain('taken by others');
  expect(t.members()).toHaveLength(1);
  expect(t.engine.world.all.filter(({ name }) => name === NAME)).toHaveLength(1);
  expect(Object.keys(t.store.state.allocations)).toEqual([result.desktop.id]);
});

test.each(['sees nothing of it', 'has remembered it'])('an interrupted claim takes away what it had taken, and gives it to nobody (a sweep %s)', async (sweep) => {
  const t = createWarmDesktops(1);
  await t.fill();
  const id = (t.members()[0] ?? '').replace('vnc_pool_', '') as DesktopId;
  const record: Allocation = { desktopId: id, client: ANA, endpoint: t.engine.endpoint, image: 'kiosk', createdAt: t.clock.now().toISOString() };
  const interrupt = new AbortController();
  once(t, 'before', 'containers.unpause', () => {
    if (sweep === 'has remembered it') t.store.put({ allocations: { [id]: record } });
    interrupt.abort(new VncctlError('INTERRUPTED', 'Ctrl-C'));
  });
  await expect(t.up({}, { signal: interrupt.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(t.engine.world.all).toEqual([]);
});

/** A process that is killed: what it had begun stays, and its locks are free. */
async function killedAt(t: WarmDesktops, when: 'before' | 'after', call: Parameters<WarmDesktops['engine']['calls']['before']>[0]): Promise<void> {
  let isThere = false;
  const stop = t.engine.calls[when](call, () => {
    isThere = true;
    return never();
  });
  void t.up({ wishes: { env: {}, url: PAGE } }, {}, t.asProcess(666)).catch(() => {});
  await eventually(() => isThere);
  stop();
  t.alive.delete(666);
  t.warm.held.clear();
}

test('killed before its new name, a warm one is still anybody\'s', async () => {
  const t = createWarmDesktops(1);
  await t.fill();
  await killedAt(t, 'before', 'containers.rename');
  expect(t.members()).toHaveLength(1);
  expect(await t.up({ client: clientOf('222.222.222-22') })).toMatchObject({ outcome: 'claimed' });
});

test.each(['keeps', 'loses'])('killed after its new name, it is its client\'s alone, who ends the claim with the next up (the store %s what it had)', async (memory) => {
  const t = createWarmDesktops(1);
  await t.fill();
  await killedAt(t, 'after', 'containers.rename');
  if (memory === 'loses') t.store.lose();
  expect(await listDesktops(t.desktops)).toMatchObject([{ client: ANA, status: 'paused', pooled: true }]);
  const other = await t.up({ client: clientOf('222.222.222-22') });
  expect(other.outcome).toBe('created');
  const result = await t.up({ wishes: { env: {}, url: PAGE } });
  expect(result).toMatchObject({ outcome: 'claimed', desktop: { client: ANA, status: 'ready' } });
  expect(t.warm.told).toEqual([`open ${PAGE} for 111.444.777-35`]);
  expect((await t.up()).outcome).toBe('reused');
});

test('a used one whose record was lost is found again, and nothing is changed in it', async () => {
  const t = createWarmDesktops(1);
  await t.fill();
  const { link } = await t.up({ wishes: { env: {}, url: PAGE, memoryBytes: 5e8 } });
  t.store.lose();
  const told = t.warm.told.length;
  expect(await t.up()).toMatchObject({ outcome: 'reused', link });
  expect(t.warm.told).toHaveLength(told);
  expect(t.engine.world.get(NAME).limits.memoryBytes).toBe(5e8);
});

test('a claimed desktop that got another client\'s name by hand is not handed to them', async () => {
  const t = createWarmDesktops(1);
  await t.fill();
  await t.up();
  t.engine.world.get(NAME).name = 'vnc_22222222222';
  await expect(t.up({ client: clientOf('222.222.222-22') })).rejects.toMatchObject({ code: 'NAME_TAKEN', message: expect.stringContaining("another client's desktop") as string });
  // Whose it is gets it back.
  expect(await t.up()).toMatchObject({ outcome: 'reused' });
  expect(t.engine.world.all.map(({ name }) => name)).toEqual([NAME]);
});

test('one that got its old name back by hand was somebody\'s, and is nobody else\'s ever', async () => {
  const t = createWarmDesktops(1);
  await t.fill();
  const [name = ''] = t.members();
  await t.up();
  const container = t.engine.world.get(NAME);
  container.name = name;
  container.state = 'paused';
  expect(await t.up({ client: clientOf('222.222.222-22') })).toMatchObject({ outcome: 'created' });
  expect(t.members()).toEqual([name]);
});

test('a client whose name would be that of a warm one does not get that one', async () => {
  const t = createWarmDesktops(1);
  await t.fill();
  const [name = ''] = t.members();
  const client = clientOf(`x.${name.replace('vnc_', '')}`);
  expect(await t.up({ client })).toMatchObject({ outcome: 'created' });
  expect(t.members()).toHaveLength(2);
  await expect(t.up({ client: clientOf(name.replace('vnc_', '')) })).rejects.toMatchObject({ code: 'NAME_TAKEN' });
});

test('where all ports are taken, warm desktops that do not fit give way to a client', async () => {
  const t = createWarmDesktops(2, { installation: { ports: { min: 5000, max: 5001 } } });
  await t.fill();
  const result = await t.up({ wishes: { env: { LANGUAGE: 'en' } } });
  expect(result.outcome).toBe('created');
  expect(t.members()).toHaveLength(1);
  t.warm.held.add(t.members()[0]?.replace('vnc_pool_', '') ?? '');
  await expect(t.up({ client: clientOf('222.222.222-22'), wishes: { env: { LANGUAGE: 'en' } } })).rejects.toMatchObject({ code: 'NO_FREE_PORT' });
});
