import { describe, expect, test } from 'vitest';
import type { Desktop } from '../../../src/core/desktop.ts';
import { milliseconds, parseLimit } from '../../../src/core/duration.ts';
import { touchDesktop } from '../../../src/core/touch.ts';
import { ANA, clients, LOCAL_GATEWAY } from '../../support/test-desktops.ts';
import { createTestReaper, HOUR, MINUTE, SWEEP_MS, type TestReaper } from '../../support/test-reaper.ts';

const NAME = 'vnc_11144477735';
const length = (text: string): ReturnType<typeof milliseconds> => milliseconds(Number(parseLimit(text)));

/** A reaper that has looked at Ana's desktop from its first moment on. */
async function watched(lease: Parameters<TestReaper['request']>[0] = {}): Promise<TestReaper & { ana: Desktop }> {
  const t = createTestReaper();
  await t.sweep();
  const { desktop } = await t.up(lease);
  await t.sweep();
  return Object.assign(t, { ana: desktop });
}

describe('a day of one desktop', () => {
  test.each([
    ['one that only the gateway serves is paused', LOCAL_GATEWAY, false, ['+15m: pause']],
    ['one with a port is left running', LOCAL_GATEWAY, true, []],
    ['one without a port is left running while no gateway answers', undefined, false, []],
  ] as const)('where a gateway may wake what is idle: %s', async (_, gateway, direct, steps) => {
    const made = createTestReaper({ gateway: LOCAL_GATEWAY, installation: { pauseDirect: false } });
    await made.sweep();
    await made.up({ wishes: { env: {}, direct } });
    const reaper = made.another({ ...made.desktops, gateway });
    const lines: string[] = [];
    for (let passedMs = 0; passedMs < HOUR; passedMs += MINUTE) {
      const { plan } = await reaper.sweep({ signal: new AbortController().signal });
      lines.push(...plan.map(({ do: what }) => `+${passedMs / MINUTE}m: ${what}`));
      made.clock.advance(MINUTE);
    }
    expect(lines).toEqual(steps);
  });

  test('it is paused, woken by whoever looks, kept while it is used, warned and removed; then nothing is left of it', async () => {
    const t = await watched();
    await t.pass(20 * MINUTE);
    expect(t.engine.world.get(NAME).state).toBe('paused');
    t.activity.set(t.ana.id, 1);
    await t.pass(9 * HOUR, MINUTE);
    expect(t.engine.world.get(NAME).state).toBe('running');
    t.activity.set(t.ana.id, 0);
    await t.pass(9 * HOUR, MINUTE);
    expect(t.lines).toEqual([
      `+15m: pause ${NAME}, no viewer for 15m`,
      `+21m: wake ${NAME}, somebody looks at it`,
      `+9h36m: pause ${NAME}, no viewer for 15m`,
      `+17h16m: warn ${NAME}, no viewer for 8h`,
      `+17h21m: remove ${NAME}, no viewer for 8h`,
    ]);
    expect(t.engine.world.all).toEqual([]);
    expect(t.store.state.allocations).toEqual({});
  });

  test('a touch after the warning keeps it, and the warning is taken out of its record', async () => {
    const t = await watched({ lease: { ttl: length('1h') } });
    t.activity.set(t.ana.id, 1);
    await t.pass(56 * MINUTE);
    expect(t.record(t.ana.id)?.warned).toMatchObject({ clock: 'ttl' });
    await touchDesktop(t.desktops, ANA);
    await t.pass(MINUTE);
    expect(t.record(t.ana.id)).not.toHaveProperty('warned');
    expect(t.lines).toEqual([`+55m: warn ${NAME}, its time to live of 1h is over`, `+56m30s: keep ${NAME}, a touch moved its ttl clock`]);
  });

  test('a lost one is forgotten when its time has come', async () => {
    const t = await watched();
    t.engine.world.vanish(NAME);
    await t.pass(8 * HOUR, MINUTE);
    expect(t.lines.map((line) => line.split(': ')[1])).toEqual(['warn a lost one, no viewer for 8h', 'remove a lost one, no viewer for 8h']);
    expect(t.store.state.allocations).toEqual({});
  });

  test('one of a client that nobody knows is warned once, and removed', async () => {
    const t = createTestReaper({ installation: { naming: { kind: 'hashed', key: new Uint8Array(32) } } });
    await t.up();
    t.store.lose();
    await t.pass(8 * HOUR + MINUTE, MINUTE);
    expect(t.lines.map((line) => line.replace(/\S+, .*/, ''))).toEqual(['+16m: pause ', '+7h56m: warn ', '+8h1m: remove ']);
    expect(t.engine.world.all).toEqual([]);
  });
});

describe('what a sweep leaves alone', () => {
  test("another instance's desktops, and containers that are nobody's", async () => {
    const t = createTestReaper();
    await t.up({}, {}, { ...t.desktops, installation: { ...t.desktops.installation, instance: 'other' } });
    t.store.lose();
    t.engine.world.addForeign('vnc_mine');
    await t.pass(10 * HOUR, MINUTE);
    expect(t.engine.world.all).toHaveLength(2);
    expect(t.lines).toEqual([]);
  });

  test('everything, when it is only to be planned', async () => {
    const t = await watched();
    await t.pass(14 * MINUTE + SWEEP_MS);
    const before = t.store.state;
    const calls = t.engine.calls.log.length;
    t.sleep(SWEEP_MS);
    const { plan, outcomes } = await t.sweep({ dryRun: true });
    expect(plan).toMatchObject([{ do: 'pause', cause: 'no viewer for 15m' }]);
    expect(outcomes).toEqual([]);
    expect(t.store.state).toBe(before);
    expect(t.engine.calls.log.slice(calls)).toEqual(['containers.list']);
  });

  test('one that another process removes right now', async () => {
    const t = await watched({ lease: { ttl: length('10m') } });
    t.alive.add(7);
    await t.pass(9 * MINUTE);
    const record = t.record(t.ana.id);
    if (!record) throw new Error('it is not remembered');
    t.store.put({ allocations: { [t.ana.id]: { ...record, removing: { pid: 7, at: t.clock.now().toISOString(), cause: 'vncctl rm' } } } });
    await t.pass(MINUTE);
    expect(t.lines).toEqual([`+5m: warn ${NAME}, its time to live of 10m is over`]);
    t.alive.delete(7);
    await t.pass(MINUTE);
    expect(t.lines.slice(1)).toEqual([`+10m30s: remove ${NAME}, its time to live of 10m is over`]);
  });
});

describe('what is written', () => {
  test('activity at most once a minute, the rest by a flush', async () => {
    const t = await watched();
    let writes = 0;
    t.store.beforeUpdate = () => void writes++;
    t.activity.set(t.ana.id, 1);
    await t.pass(10 * MINUTE, 10_000);
    expect(writes).toBe(10);
    t.activity.set(t.ana.id, 0);
    await t.pass(10_000, 10_000);
    const leftAt = t.clock.now().toISOString();
    expect(t.record(t.ana.id)?.watched?.viewers).toBe(1);
    await t.flush();
    expect(t.record(t.ana.id)?.watched).toMatchObject({ viewers: 0, viewerSeenAt: leftAt });
    expect(t.store.state.watch).toMatchObject({ at: leftAt, complete: true });
  });

  test('a flush before any look writes nothing', async () => {
    const t = createTestReaper();
    await t.flush();
    expect(t.store.state).toEqual({ allocations: {}, reservations: [] });
  });

  test('a desktop that the store has forgotten gets a record again when there is something to remember', async () => {
    const t = await watched({ lease: { ttl: length('10m') } });
    t.store.lose();
    await t.pass(2 * MINUTE);
    expect(t.store.state.allocations).toEqual({});
    t.activity.set(t.ana.id, 1);
    await t.pass(3 * MINUTE);
    expect(t.record(t.ana.id)).toMatchObject({ client: ANA, image: 'kiosk', createdAt: t.ana.createdAt, watched: { viewers: 1 }, warned: { clock: 'ttl' } });
  });

  test('one that was removed during or after the look does not come back as a lost one', async () => {
    const t = await watched({ lease: { ttl: length('10m') } });
    t.activity.set(t.ana.id, 1);
    await t.pass(9 * MINUTE + SWEEP_MS);
    t.activity.set(t.ana.id, 0);
    await t.pass(SWEEP_MS);
    expect(t.lines.at(-1)).toContain('remove');
    await t.flush();
    expect(t.store.state.allocations).toEqual({});

    const { desktop } = await t.up();
    await t.pass(MINUTE);
    t.activity.set(desktop.id, 1);
    const free = t.engine.calls.after('containers.list', () => {
      t.engine.world.vanish(NAME);
      t.store.put({ allocations: {} });
    });
    await t.pass(2 * MINUTE, 2 * MINUTE);
    free();
    expect(t.store.state.allocations).toEqual({});
  });

  test('a store that can not be written removes nobody, and what was to be written is written later', async () => {
    const t = await watched({ lease: { ttl: length('10m') } });
    t.store.beforeUpdate = () => {
      throw new Error('no space left');
    };
    t.activity.set(t.ana.id, 1);
    for (let minutes = 0; minutes < 20; minutes++) {
      t.sleep(MINUTE);
      await expect(t.sweep()).rejects.toThrow('no space left');
    }
    expect(t.engine.world.all).toHaveLength(1);
    t.store.beforeUpdate = undefined;
    await t.pass(MINUTE);
    expect(t.record(t.ana.id)).toMatchObject({ watched: { viewers: 1 }, warned: { clock: 'ttl' } });
  });
});

test('a sweep of two hundred asks the engine once, everybody who looks once, and writes once', async () => {
  const t = createTestReaper({ installation: { ports: { min: 5000, max: 5300 } } });
  for (const client of clients(200)) await t.up({ client });
  const calls = t.engine.calls.log.length;
  let writes = 0;
  t.store.beforeUpdate = () => void writes++;
  const { observed } = await t.sweep();
  expect(observed).toHaveLength(200);
  expect(t.engine.calls.log.slice(calls)).toEqual(['containers.list']);
  expect(t.activity.looks.map((ids) => ids.length)).toEqual([200]);
  expect(writes).toBe(1);
});
