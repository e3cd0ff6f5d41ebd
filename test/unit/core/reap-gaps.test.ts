import { describe, expect, test } from 'vitest';
import type { Desktop } from '../../../src/core/desktop.ts';
import { milliseconds, parseLimit } from '../../../src/core/duration.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { VncctlError } from '../../../src/errors.ts';
import { clientOf } from '../../support/test-desktops.ts';
import { createTestReaper, HOUR, MINUTE, SWEEP_MS, type TestReaper } from '../../support/test-reaper.ts';

const NAME = 'vnc_11144477735';
const length = (text: string): ReturnType<typeof milliseconds> => milliseconds(Number(parseLimit(text)));

/** A reaper that has watched Ana's unused desktop for all its ten minutes. */
async function tenMinutes(lease: Parameters<TestReaper['request']>[0] = {}): Promise<TestReaper & { ana: Desktop }> {
  const t = createTestReaper({ installation: { pauseDirect: false } });
  await t.sweep();
  const { desktop } = await t.up(lease);
  await t.pass(10 * MINUTE);
  return Object.assign(t, { ana: desktop });
}
const LIFE = [`warn ${NAME}, no viewer for 8h`, `remove ${NAME}, no viewer for 8h`];
const steps = ({ lines }: TestReaper): string[] => lines.map((line) => line.replace(/^\S+ /, ''));

describe('nobody is removed for time that nobody could watch', () => {
  test.each<[string, (t: TestReaper) => Promise<void> | void]>([
    ['the machine slept', (t) => t.sleep(9 * HOUR)],
    [
      'the daemon was down',
      async (t) => {
        await t.flush();
        t.kill();
        t.sleep(9 * HOUR);
      },
    ],
    [
      'the machine was down',
      (t) => {
        t.kill();
        t.reboot();
        t.sleep(9 * HOUR);
      },
    ],
    [
      'the engine was down',
      async (t) => {
        for (let hours = 0; hours < 18; hours++) {
          t.sleep(HOUR / 2);
          t.engine.calls.failNext('containers.list', new VncctlError('ENGINE_UNREACHABLE', 'nobody answers'));
          await expect(t.sweep()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
        }
      },
    ],
    ['the clock was set forward', (t) => t.setClock(9 * HOUR)],
    ['the clock was set back', (t) => t.setClock(-9 * HOUR)],
    [
      'the store was lost, and the daemon with it',
      (t) => {
        t.kill();
        t.store.lose();
      },
    ],
  ])('%s: its idle time begins anew', async (_, happens) => {
    const t = await tenMinutes();
    await happens(t);
    await t.pass(SWEEP_MS);
    const beginMs = t.clock.monotonicMs();
    await t.pass(7 * HOUR + 54 * MINUTE, MINUTE);
    expect(t.lines).toEqual([]);
    await t.pass(6 * MINUTE, MINUTE);
    expect(steps(t)).toEqual(LIFE);
    expect(t.clock.monotonicMs() - beginMs).toBe(8 * HOUR);
  });

  test('a sweep that is late by a little is no such time', async () => {
    const t = await tenMinutes();
    t.sleep(2 * MINUTE - SWEEP_MS);
    await t.pass(8 * HOUR - 12 * MINUTE + SWEEP_MS, SWEEP_MS);
    expect(t.lines).toEqual([`+7h55m: ${LIFE[0]}`, `+8h: ${LIFE[1]}`]);
  });

  test('a warning from before it is given anew, for ages too', async () => {
    const t = await tenMinutes({ lease: { maxAge: length('14m') } });
    t.sleep(HOUR);
    await t.pass(10 * MINUTE);
    expect(t.lines).toEqual([`+9m: warn ${NAME}, older than 14m`, `+1h10m30s: warn ${NAME}, older than 14m`, `+1h15m30s: remove ${NAME}, older than 14m`]);
  });
});

describe('a clock that was set changes nobody’s age', () => {
  test.each([[3 * HOUR], [-3 * HOUR]])('by %i ms', async (byMs) => {
    const t = await tenMinutes({ lease: { maxAge: length('1h') } });
    t.setClock(byMs);
    const { clockShiftMs, gap } = await t.sweep();
    expect({ clockShiftMs, gap }).toEqual({ clockShiftMs: byMs, gap: true });
    expect((await t.sweep()).clockShiftMs).toBe(0);
    await t.pass(HOUR);
    expect(t.lines).toEqual([`+55m: warn ${NAME}, older than 1h`, `+1h: remove ${NAME}, older than 1h`]);
  });

  test('nor when the sweep that finds it is killed at any of its writes, or somebody else has found it first', async () => {
    for (const interrupted of [1, 2, 3, 4]) {
      const t = await tenMinutes({ lease: { maxAge: length('1h') } });
      t.setClock(-3 * HOUR);
      let acts = 0;
      t.store.beforeUpdate = () => {
        if (++acts >= interrupted) throw new Error('killed');
      };
      await t.sweep().catch(() => {});
      t.store.beforeUpdate = undefined;
      t.kill();
      await t.sweep();
      expect(t.record(t.ana.id)?.createdAt).toBe(new Date(Date.parse(t.ana.createdAt) - 3 * HOUR).toISOString());
    }
    const t = await tenMinutes({ lease: { maxAge: length('1h') } });
    t.setClock(3 * HOUR);
    t.sleep(SWEEP_MS);
    await t.another(t.asProcess(7)).sweep({ signal: new AbortController().signal });
    const { observed } = await t.sweep();
    expect(t.record(t.ana.id)?.createdAt).toBe(new Date(Date.parse(t.ana.createdAt) + 3 * HOUR).toISOString());
    expect(observed[0]?.facts.countsFrom).toBe(t.clock.now().toISOString());
  });

  test('nor when a process that had not seen it ends after one that had', async () => {
    const t = await tenMinutes({ lease: { maxAge: length('1h') } });
    t.setClock(-3 * HOUR);
    t.sleep(SWEEP_MS);
    await t.another(t.asProcess(7)).sweep({ signal: new AbortController().signal });
    await t.flush();
    t.kill();
    expect((await t.sweep()).clockShiftMs).toBe(0);
    expect(t.record(t.ana.id)?.createdAt).toBe(new Date(Date.parse(t.ana.createdAt) - 3 * HOUR).toISOString());
  });

  test('an up after it does not bring the old time back', async () => {
    const t = await tenMinutes({ lease: { maxAge: length('1h') } });
    t.setClock(3 * HOUR);
    await t.sweep();
    await t.up();
    await t.pass(40 * MINUTE);
    expect(t.lines).toEqual([]);
  });
});

test('looking once a minute from a process of its own each time removes as one that stays does', async () => {
  const t = createTestReaper({ installation: { pauseDirect: false } });
  await t.up();
  await t.sweep();
  for (let minutes = 0; minutes < 8 * 60; minutes++) {
    await t.flush();
    t.kill();
    await t.pass(MINUTE, MINUTE);
  }
  expect(t.lines).toEqual([`+7h55m: ${LIFE[0]}`, `+8h: ${LIFE[1]}`]);
});

describe('kill -9 at any moment', () => {
  const DAY_MS = 28 * MINUTE;
  const FROM = { from: 'test' };
  const lease = { idle: { length: length('4m'), ...FROM }, removeAfter: { length: length('10m'), ...FROM }, inputIdle: { length: 'never', ...FROM }, ttl: { length: 'never', ...FROM }, maxAge: { length: 'never', ...FROM } } as const;
  /** Who looks at which desktop from which minute on. */
  const SCRIPT: Readonly<Record<string, Readonly<Record<number, number | 'unknown'>>>> = {
    'left early': { 1: 1, 3: 0 },
    visited: { 5: 1, 6: 0, 8: 1, 9: 0, 10: 1, 11: 0, 17: 2, 18: 0 },
    'used, and too old': { 0: 1 },
    'unknown for long': { 2: 'unknown', 12: 0 },
    flapping: { 0.5: 'unknown', 1: 0, 1.5: 'unknown', 3: 0, 9: 'unknown', 9.5: 0, 10: 1, 11: 0, 12: 'unknown', 13: 0 },
    'never used': {},
    // The second visit is seen within a minute of a write.
    'visited twice': { 5: 1, 5.5: 0, 6.5: 1, 7: 0 },
  };

  /** Lives the day; every act of the process fails from the `killAt`th on, and another one goes on after `downMs`. Returns when each was removed. */
  async function day(killAt = Number.POSITIVE_INFINITY, downMs = 0): Promise<{ removedAt: Map<string, number>; acts: number }> {
    const t = createTestReaper({ installation: { lease } });
    const ids = new Map<string, DesktopId>();
    await t.sweep();
    for (const name of Object.keys(SCRIPT)) {
      const { desktop } = await t.up({ client: clientOf(`2000000000${ids.size}`), ...(name === 'used, and too old' ? { lease: { maxAge: length('25m') } } : {}) });
      ids.set(name, desktop.id);
    }
    let acts = 0;
    const act = (): void => {
      if (++acts >= killAt) throw new Error('killed');
    };
    const free = t.engine.calls.onAny('before', act);
    t.store.beforeUpdate = act;
    const removedAt = new Map<string, number>();
    for (let ms = 0; ms <= DAY_MS; ms += SWEEP_MS) {
      for (const [name, happenings] of Object.entries(SCRIPT)) {
        const looks = happenings[ms / MINUTE];
        const id = ids.get(name);
        if (looks !== undefined && id) t.activity.set(id, looks);
      }
      const isDown = acts >= killAt && killAt !== Number.POSITIVE_INFINITY;
      if (isDown && downMs > 0) downMs -= SWEEP_MS;
      else {
        await t.sweep().catch(() => {});
        if (acts >= killAt) {
          free();
          t.store.beforeUpdate = undefined;
          killAt = Number.POSITIVE_INFINITY;
          t.kill();
        }
      }
      for (const [name, id] of ids) {
        const exists = t.engine.world.all.some(({ spec }) => spec.labels['io.vncctl.desktop'] === id);
        if (!exists && !removedAt.has(name)) removedAt.set(name, ms);
      }
      t.sleep(SWEEP_MS);
    }
    return { removedAt, acts };
  }

  test('removes nobody that the uninterrupted one would not have removed by then', async () => {
    const whole = await day();
    expect(Object.fromEntries([...whole.removedAt].map(([name, ms]) => [name, ms / MINUTE]))).toEqual({
      'left early': 13,
      'never used': 10,
      'unknown for long': 22,
      'used, and too old': 25,
      flapping: 21,
      'visited twice': 17,
      visited: 28,
    });
    // A sweep that changes anything has two acts at least.
    for (let killAt = 1; killAt <= whole.acts; killAt += 2) {
      const downMs = killAt % 8 === 1 ? 20 * MINUTE : 0;
      const { removedAt } = await day(killAt, downMs);
      for (const [name, ms] of removedAt) expect(ms, `${name}, killed at act ${killAt}, down for ${downMs} ms`).toBeGreaterThanOrEqual(whole.removedAt.get(name) ?? Number.POSITIVE_INFINITY);
    }
  }, 60_000);
});
