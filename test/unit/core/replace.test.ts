// A desktop in another's place: whatever fails, is killed or comes at the same moment, the client has one desktop under their name,
// and one row; the old one is left alone until the new one can be seen.
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { listDesktops } from '../../../src/core/list.ts';
import { isMember, isSuccessor } from '../../../src/core/owner.ts';
import { decodeLabels } from '../../../src/core/labels.ts';
import { membersIn } from '../../../src/core/members.ts';
import { removeDesktops } from '../../../src/core/remove.ts';
import { VncctlError } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { never } from '../../support/fake-calls.ts';
import { ANA, clients, createTestDesktops, type TestDesktops } from '../../support/test-desktops.ts';

const NAME = 'vnc_11144477735';
const EACH = 256 * 1024 ** 2;

const MODES: [string, (t: TestDesktops) => void][] = [
  ['beside the old one', () => {}],
  ['with memory for one', (t) => void (t.memory.freeBytes = 2 * EACH)],
  [
    'with a port for one',
    (t) => {
      for (let port = 5001; port <= 5020; port++) t.engine.world.takenPorts.add(port);
    },
  ],
];

async function scene(prepare: (t: TestDesktops) => void): Promise<{ t: TestDesktops; old: string }> {
  const t = createTestDesktops();
  await t.up();
  prepare(t);
  return { t, old: t.engine.world.get(NAME).id };
}

/** Runs `act` at each engine call of an `up --recreate`, each time in a fresh scene. */
async function atEveryCall(prepare: (t: TestDesktops) => void, when: 'before' | 'after', run: (t: TestDesktops, old: string, atCall: (act: () => void | Promise<void>) => () => void) => Promise<void>): Promise<number> {
  for (let step = 0; ; step++) {
    const { t, old } = await scene(prepare);
    let seen = 0;
    let reached = false;
    await run(t, old, (act) => {
      const stop = t.engine.calls.onAny(when, async () => {
        if (seen++ !== step) return;
        reached = true;
        stop();
        await act();
      });
      return stop;
    });
    if (!reached) return step;
  }
}

/** Holds the `up --recreate` at the moment before the new one takes the name. */
async function atTheSwap(t: TestDesktops): Promise<() => void> {
  let open = (): void => undefined;
  let held = false;
  const passed = new Promise<void>((resolve) => (open = resolve));
  const stop = t.engine.calls.before('containers.rename', () => {
    stop();
    held = true;
    return passed;
  });
  void t.up({ recreate: true }).catch(() => undefined);
  await eventually(() => held);
  return open;
}

/** The client has one desktop, it runs under their name, and nothing else is there. */
async function hasOneDesktop(t: TestDesktops): Promise<void> {
  expect(t.engine.world.all.map(({ name, state }) => [name, state])).toEqual([[NAME, 'running']]);
  expect(await listDesktops(t.desktops)).toMatchObject([{ client: ANA, status: 'ready' }]);
}

test.each(MODES)('%s: the new one takes the place of the old one, and of its record', async (_, prepare) => {
  const { t, old } = await scene(prepare);
  const result = await t.up({ recreate: true });
  expect(result.outcome).toBe('replaced');
  await hasOneDesktop(t);
  expect(t.engine.world.get(NAME).id).not.toBe(old);
  expect(Object.keys(t.store.state.allocations)).toEqual([result.desktop.id]);
  expect(t.store.state.reservations).toEqual([]);
  expect(t.warm.held.size).toBe(0);
});

test.each(MODES.flatMap(([name, prepare]) => (['before', 'after'] as const).map((when) => ({ name, prepare, when }))))(
  '$name: an engine that fails $when any call leaves the old one usable under its name with its record, or the new one in its place',
  async ({ prepare, when }) => {
    const calls = await atEveryCall(prepare, when, async (t, old, atCall) => {
      const { id } = (await listDesktops(t.desktops))[0] ?? { id: '' };
      const stop = atCall(() => {
        throw new VncctlError('ENGINE_FAILED', 'broken');
      });
      const { desktop } = await t.up({ recreate: true }).then(
        (result) => result,
        () => ({ desktop: undefined }),
      );
      stop();
      await hasOneDesktop(t);
      const isOld = t.engine.world.get(NAME).id === old;
      expect(isOld && desktop !== undefined).toBe(false);
      if (isOld) expect(Object.values(t.store.state.allocations)).toMatchObject([{ client: ANA, desktopId: id }]);
      expect(JSON.stringify(t.store.state.allocations)).not.toMatch(/replacing|removing/);
      expect(t.warm.held.size).toBe(0);
      await t.up();
      await hasOneDesktop(t);
    });
    expect(calls).toBeGreaterThan(10);
  },
);

test.each(MODES.flatMap(([name, prepare]) => (['before', 'after'] as const).map((when) => ({ name, prepare, when }))))(
  '$name: what a kill $when any call leaves is one row, healed by the next up, and removed without a trace by rm',
  async ({ prepare, when }) => {
    for (const next of ['up', 'rm'] as const) {
      await atEveryCall(prepare, when, async (t, _old, atCall) => {
        let state: 'runs' | 'killed' | 'ended' = 'runs';
        const stop = atCall(() => {
          state = 'killed';
          return never();
        });
        void t.up({ recreate: true }).then(() => (state = 'ended'));
        await eventually(() => state !== 'runs');
        stop();
        t.alive.delete(100);
        t.store.breakLock();
        t.warm.held.clear();
        const later = t.asProcess(200);
        const rows = await listDesktops(later);
        expect(rows).toMatchObject([{ client: ANA }]);
        if (next === 'up') {
          const { desktop } = await t.up({}, {}, later);
          await hasOneDesktop(t);
          expect(Object.keys(t.store.state.allocations)).toEqual([desktop.id]);
        } else {
          await removeDesktops(later, rows, { signal: new AbortController().signal, cause: 'test' });
          expect(t.engine.world.all).toEqual([]);
          expect(t.store.state.allocations).toEqual({});
        }
      });
    }
  },
);

test('a desktop that is being replaced is one row, and its successor neither a second one nor a warm one', async () => {
  const { t, old } = await scene(() => {});
  const swap = await atTheSwap(t);
  expect(t.engine.world.all.map(({ state }) => state)).toEqual(['running', 'running']);
  expect(await listDesktops(t.desktops)).toMatchObject([{ container: { id: old, name: NAME } }]);
  expect(membersIn(await t.engine.containers.list({ labels: {} }), t.store.state, 'default')).toEqual([]);
  swap();
  await eventually(() => t.engine.world.all.length === 1 && t.warm.held.size === 0);
  await hasOneDesktop(t);
  expect(t.engine.world.get(NAME).id).not.toBe(old);
});

test('while one replaces a desktop, another with --recreate and one without wait and are handed the new one', async () => {
  const { t, old } = await scene(() => {});
  const swap = await atTheSwap(t);
  const [, successor] = t.engine.world.all;
  const others = [t.up({ recreate: true }, {}, t.asProcess(200)), t.up({}, {}, t.asProcess(300))];
  for (let turn = 0; turn < 50; turn++) await setImmediate();
  expect(t.engine.world.all.map(({ id }) => id)).toEqual([old, successor?.id]);
  swap();
  for (const other of others) expect((await other).desktop.id).toBe(successor?.spec.labels['io.vncctl.desktop']);
  await hasOneDesktop(t);
});

test('twenty with --recreate at the very same moment leave one desktop', async () => {
  const { t } = await scene(() => {});
  const results = await Promise.all(Array.from({ length: 20 }, (_, index) => t.up({ recreate: true }, {}, t.asProcess(200 + index))));
  await hasOneDesktop(t);
  const { 'io.vncctl.desktop': id } = t.engine.world.get(NAME).spec.labels;
  expect(results.at(-1)?.desktop.id).toBeDefined();
  expect(Object.keys(t.store.state.allocations)).toEqual([id]);
});

test('rm while a desktop is being replaced takes the old one, and who asked for a new one still gets it', async () => {
  const { t, old } = await scene(() => {});
  const swap = await atTheSwap(t);
  const other = t.asProcess(200);
  const [removal] = await removeDesktops(other, await listDesktops(other), { signal: new AbortController().signal, cause: 'test' });
  expect(removal?.error).toBeUndefined();
  expect(t.engine.world.all.some(({ id }) => id === old)).toBe(false);
  swap();
  await eventually(() => t.engine.world.all.some(({ name }) => name === NAME) && Object.keys(t.store.state.allocations).length === 1 && t.warm.held.size === 0);
  await hasOneDesktop(t);
});

test.each(['containers.start', 'containers.rename', 'containers.stop'] as const)('where the store is lost too, a kill after %s loses no desktop', async (call) => {
  const { t } = await scene(() => {});
  let killed = false;
  const stop = t.engine.calls.after(call, () => {
    killed = true;
    stop();
    return never();
  });
  void t.up({ recreate: true });
  await eventually(() => killed);
  t.alive.delete(100);
  t.store.breakLock();
  t.warm.held.clear();
  t.store.lose();
  expect(await listDesktops(t.asProcess(200))).toHaveLength(1);
  await t.up({ recreate: true }, {}, t.asProcess(200));
  await hasOneDesktop(t);
});

test('a wish that the engine refuses costs nobody the desktop they have', async () => {
  const { t, old } = await scene(() => {});
  t.engine.calls.failNext('containers.create', new VncctlError('USAGE', 'range of CPUs'));
  await expect(t.up({ recreate: true })).rejects.toMatchObject({ code: 'USAGE' });
  expect(t.engine.world.get(NAME)).toMatchObject({ id: old, state: 'running' });
  await hasOneDesktop(t);
});

test('a new one that dies or is never ready leaves the old one running, also where the old one had to end for it', async () => {
  for (const [, prepare] of MODES) {
    const { t, old } = await scene(prepare);
    t.probe.failure = new VncctlError('SECRET_REFUSED', 'refused');
    await expect(t.up({ recreate: true })).rejects.toMatchObject({ code: 'SECRET_REFUSED' });
    expect(t.engine.world.get(NAME)).toMatchObject({ id: old, state: 'running' });
    await hasOneDesktop(t);
  }
});

test('a stopped desktop whose port or network is lost is there still when no new one can be made', async () => {
  const t = createTestDesktops();
  await t.up();
  const { id } = t.engine.world.get(NAME);
  t.engine.world.end(NAME, 0);
  t.engine.world.takenPorts.add(5000);
  t.engine.calls.failNext('containers.create', new VncctlError('ENGINE_FAILED', 'broken'));
  await expect(t.up()).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  expect(t.engine.world.all).toMatchObject([{ id, name: NAME, state: 'exited' }]);
  t.engine.world.takenPorts.delete(5000);
  expect(await t.up()).toMatchObject({ outcome: 'started' });
});

test('a client whose id reads like the name of a successor keeps their desktop apart from it', async () => {
  const t = createTestDesktops();
  await t.up();
  const { id } = t.engine.world.get(NAME);
  const [other = ANA] = clients(1);
  const odd = `next_${id.slice(0, 12)}` as typeof other;
  await t.up({ client: odd });
  const labels = decodeLabels(t.engine.world.get(`vnc_${odd}`).spec.labels, 'default');
  if (!labels) throw new Error('no desktop');
  expect(isSuccessor(labels, `vnc_${odd}`) || isMember(labels, `vnc_${odd}`)).toBe(false);
  expect(await listDesktops(t.desktops)).toHaveLength(2);
});
