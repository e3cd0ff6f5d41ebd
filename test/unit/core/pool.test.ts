// The pool on fakes: what a filling makes, when it makes nothing, what it removes, and that nobody ever counts what waits there.
import { expect, test } from 'vitest';
import { listDesktops } from '../../../src/core/list.ts';
import { drainPool, fillPool, fillPoolWholly, findRecipe, lookAtPool } from '../../../src/core/pool.ts';
import { makeMember } from '../../../src/core/pool-member.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { VncctlError } from '../../../src/errors.ts';
import { ANA, clientOf, LOCAL_GATEWAY } from '../../support/test-desktops.ts';
import { CLAIMABLE, createWarmDesktops } from '../../support/warm-desktops.ts';

const signal = new AbortController().signal;

test('a filling makes complete desktops without a client: painted, paused, each with a secret and a port of its own', async () => {
  const t = createWarmDesktops(3);
  const { outcomes } = await t.fill();
  expect(outcomes.map(({ result }) => result)).toEqual(['done', 'done', 'done']);
  const containers = t.engine.world.all;
  expect(containers.map(({ state }) => state)).toEqual(['paused', 'paused', 'paused']);
  for (const { name, spec } of containers) {
    expect(name).toBe(`vnc_pool_${spec.labels['io.vncctl.desktop']}`);
    expect(spec.labels).not.toHaveProperty('io.vncctl.client');
    expect(spec.env).not.toHaveProperty('CLIENT');
  }
  expect(new Set(containers.map(({ spec }) => spec.env['VNC_SECRET'])).size).toBe(3);
  expect(containers.map(({ spec }) => spec.publish?.hostPort).sort()).toEqual([5000, 5001, 5002]);
  expect(t.probe.targets).toHaveLength(3);
  expect(t.store.state).toMatchObject({ allocations: {}, reservations: [] });
  expect((await t.fill()).outcomes).toEqual([]);
});

test('what waits in the pool is nobody\'s desktop', async () => {
  const t = createWarmDesktops(2);
  await t.fill();
  expect(await listDesktops(t.desktops)).toEqual([]);
  await t.up();
  expect(await listDesktops(t.desktops)).toMatchObject([{ client: ANA }]);
});

test('one that still works is not frozen before it has come to rest', async () => {
  let used = 0;
  const t = createWarmDesktops(1, { programOf: () => ({ cpuMs: () => (used = used < 900 ? used + 300 : used) }) });
  await t.fill();
  const before = t.engine.calls.log.findIndex((line) => line.startsWith('containers.pause'));
  expect(t.engine.calls.log.slice(0, before).filter((line) => line.startsWith('containers.cpuMs'))).toHaveLength(4);
});

test('one whose image goes on with its start for a while is not frozen before that is over', async () => {
  const t = createWarmDesktops(1, { entries: [{ ...CLAIMABLE, settleSeconds: 6 }] });
  const filled = t.fill();
  await t.clock.sleeping(6_000);
  expect(t.engine.world.all.map(({ state }) => state)).toEqual(['running']);
  t.clock.advance(6_000);
  await filled;
  expect(t.engine.world.all.map(({ state }) => state)).toEqual(['paused']);
});

test('one that never comes to rest is frozen after eight seconds', async () => {
  let used = 0;
  const t = createWarmDesktops(1, { programOf: () => ({ cpuMs: () => (used += 300) }) });
  const startedMs = t.clock.monotonicMs();
  await t.fill();
  expect(t.members()).toHaveLength(1);
  expect(t.clock.monotonicMs() - startedMs).toBeLessThan(9_000);
});

test('after a claim the next filling makes another one', async () => {
  const t = createWarmDesktops(2);
  await t.fill();
  await t.up();
  await t.fill();
  expect(t.members()).toHaveLength(2);
});

test.each([
  ['a client\'s desktop is coming up', false, true],
  ['somebody says that a client waits', true, false],
])('while %s, none is made', async (_, busy, starting) => {
  const t = createWarmDesktops(1);
  if (starting) {
    await t.up();
    t.engine.world.get(`vnc_${ANA}`).state = 'created';
  }
  const filling = await fillPool(t.desktops, { signal, isBusy: () => busy });
  expect(filling.postponed).toBe(true);
  expect(t.members()).toEqual([]);
});

test('a changed entry, or another size in the settings, replaces them', async () => {
  const t = createWarmDesktops(2);
  await t.fill();
  const old = t.members();
  t.desktops.installation.defaults = { size: { width: 800, height: 600 } };
  const { outcomes } = await t.fill();
  expect(outcomes.map(({ step, result }) => [step.do, result])).toEqual([['remove', 'done'], ['remove', 'done'], ['create', 'done'], ['create', 'done']]);
  expect(t.members()).toHaveLength(2);
  expect(t.members().filter((name) => old.includes(name))).toEqual([]);
});

test('an image that was made anew replaces them', async () => {
  const t = createWarmDesktops(1);
  await t.fill();
  const old = t.members();
  t.engine.imageWorld.add('vncctl/kiosk:latest');
  await t.fill();
  expect(t.members()).not.toEqual(old);
});

test('old ones are replaced', async () => {
  const t = createWarmDesktops(1);
  await t.fill();
  const old = t.members();
  t.clock.advance(4 * 3_600_000);
  await t.fill();
  expect(t.members()).toHaveLength(1);
  expect(t.members()).not.toEqual(old);
});

test('one that nobody makes any more goes; one that another process makes stays', async () => {
  const t = createWarmDesktops(2);
  await t.fill();
  const [left = '', made = ''] = t.members();
  for (const name of [left, made]) t.engine.world.get(name).state = 'running';
  t.warm.held.add(made.replace('vnc_pool_', ''));
  const { outcomes } = await t.fill();
  expect(outcomes.map(({ result, reason }) => reason ?? result)).toEqual(['done', 'somebody takes or makes it right now']);
  expect(t.members()).toEqual([made]);
});

test('one that is taken while it is to be removed stays its client\'s', async () => {
  const t = createWarmDesktops(1);
  await t.fill();
  const [name = ''] = t.members();
  const stop = t.engine.calls.before('containers.find', (asked) => {
    if (asked !== t.engine.world.all[0]?.id) return;
    stop();
    t.engine.world.get(name).name = 'vnc_22222222222';
  });
  const [outcome] = await drainPool(t.desktops, { signal });
  expect(outcome).toMatchObject({ result: 'dropped', reason: 'somebody has taken it' });
  expect(t.engine.world.all).toHaveLength(1);
});

test('a warm one that fails to come up is a failed step, and nothing of it is left', async () => {
  const t = createWarmDesktops(1);
  t.probe.failure = new VncctlError('NOT_VNC', 'no VNC there');
  const { outcomes } = await t.fill();
  expect(outcomes).toMatchObject([{ result: 'failed', error: { code: 'NOT_VNC' } }]);
  expect(t.engine.world.all).toEqual([]);
  expect(t.store.state.reservations).toEqual([]);
  expect(t.warm.held.size).toBe(0);
});

test('told to stop, a filling takes away what is half-made and begins nothing more', async () => {
  const t = createWarmDesktops(3, { installation: { hostCpus: 1 } });
  const stopping = new AbortController();
  t.engine.calls.before('containers.start', () => stopping.abort(new Error('stop')));
  const { outcomes } = await fillPool(t.desktops, { signal: stopping.signal });
  expect(outcomes.map(({ result, reason }) => reason ?? result)).toEqual(['failed', 'stopping', 'stopping']);
  expect(t.engine.world.all).toEqual([]);
});

test.each([
  ['the engine has no image vncctl/kiosk:latest', createWarmDesktops(1, { prepared: false })],
  ['the catalog has no such image', createWarmDesktops(1, { installation: { pool: [{ image: 'none', count: 1 }] } })],
])('where %s, it says so and makes none', async (why, t) => {
  const { wishes, outcomes } = await t.fill();
  expect(wishes).toMatchObject([{ why }]);
  expect(outcomes).toEqual([]);
});

test('without a network yet, it is made first, so that those who come through a gateway need no port from the start', async () => {
  const t = createWarmDesktops(2, { gateway: LOCAL_GATEWAY });
  t.engine.networkWorld.vanish('vncctl');
  await t.fill();
  expect(t.engine.world.all.map(({ spec }) => spec.publish)).toEqual([undefined, undefined]);
  expect(t.engine.networkWorld.all).toHaveLength(1);
  expect((await t.fill()).outcomes).toEqual([]);
  expect(await t.up()).toMatchObject({ outcome: 'claimed' });
});

test('where each desktop needs a network of its own, there is no pool, and it says why', async () => {
  const t = createWarmDesktops(1, { isolation: 'networks' });
  expect((await t.fill()).off).toContain('network of its own');
  expect(t.members()).toEqual([]);
});

test('a filling removes locks in the engine that nobody holds any more, and no others', async () => {
  const t = createWarmDesktops(0);
  const labels = { 'io.vncctl.managed': 'true', 'io.vncctl.instance': 'default', 'io.vncctl.lock': 'gone' };
  t.engine.world.addForeign('old.lock', labels);
  t.clock.advance(61_000);
  t.engine.world.addForeign('young.lock', labels);
  await t.fill();
  expect(t.engine.world.all.map(({ name }) => name)).toEqual(['young.lock']);
});

test('draining leaves nothing of the pool, and the desktops of clients where they are', async () => {
  const t = createWarmDesktops(2);
  await t.fill();
  await t.up({ client: clientOf('222.222.222-22') });
  await drainPool(t.desktops, { signal });
  expect(t.engine.world.all.map(({ name }) => name)).toEqual(['vnc_22222222222']);
  expect((await lookAtPool(t.desktops)).members).toEqual([]);
});

test('where memory is short none is made, which is told; where it gets short, warm ones go', async () => {
  const t = createWarmDesktops(3);
  const MIB = 1024 ** 2;
  // 256 stay free, and as much again for the next client.
  t.memory.freeBytes = 4 * 256 * MIB;
  const { outcomes } = await fillPoolWholly(t.desktops, { signal });
  expect(outcomes.map(({ result, reason }) => reason ?? result)).toEqual(['done', 'done', 'the host has too little memory, and clients come first']);
  expect(t.members()).toHaveLength(2);
  expect(t.store.state).not.toHaveProperty('promises');
  t.memory.freeBytes -= 257 * MIB;
  await t.fill();
  expect(t.members()).toHaveLength(1);
  await t.fill();
  expect(t.members()).toHaveLength(1);
});

test('one that is just about to be made leaves room for a client too, whatever was planned', async () => {
  const t = createWarmDesktops(1);
  const { recipe } = await findRecipe(t.desktops, t.entry.key);
  t.memory.freeBytes = 3 * 256 * 1024 ** 2 - 1;
  await expect(makeMember(t.desktops, recipe ?? expect.unreachable(), signal)).rejects.toMatchObject({ code: 'NO_MEMORY' });
  t.memory.freeBytes += 1;
  await makeMember(t.desktops, recipe ?? expect.unreachable(), signal);
  expect(t.members()).toHaveLength(1);
});

test('what somebody waits for, or was promised, is not taken for the pool', async () => {
  const t = createWarmDesktops(1);
  t.memory.freeBytes = 4 * 256 * 1024 ** 2;
  const mark = { desktop: 'other' as DesktopId, bytes: 256 * 1024 ** 2, pid: 100, at: t.clock.now().toISOString() };
  t.store.put({ promises: [mark], queue: [{ ...mark, until: '2031-01-01T00:00:00.000Z' }] });
  await t.fill();
  expect(t.members()).toEqual([]);
  t.store.put({ queue: [] });
  await t.fill();
  expect(t.members()).toHaveLength(1);
});
