import { describe, expect, test } from 'vitest';
import { milliseconds, parseLimit } from '../../../src/core/duration.ts';
import { pauseDesktop } from '../../../src/core/pause.ts';
import { VncctlError } from '../../../src/errors.ts';
import { never } from '../../support/fake-calls.ts';
import { ANA } from '../../support/test-desktops.ts';
import { createTestDaemon, type TestDaemon } from '../../support/test-daemon.ts';
import { MINUTE } from '../../support/test-reaper.ts';

const NAME = 'vnc_11144477735';
const length = (text: string): ReturnType<typeof milliseconds> => milliseconds(Number(parseLimit(text)));
const SHORT = { idle: length('2m'), removeAfter: length('10m') };

/** A daemon that watches nobody yet. */
async function started(options?: Parameters<typeof createTestDaemon>[0]): Promise<TestDaemon & { daemon: ReturnType<TestDaemon['start']> }> {
  const t = createTestDaemon(options);
  const daemon = t.start();
  await t.pass(2_000);
  return Object.assign(t, { daemon });
}

describe('what it watches', () => {
  test('every event of a whole life is told once, with its cause, and without the client', async () => {
    const t = await started();
    const { desktop } = await t.up({ lease: SHORT });
    await t.pass(3 * MINUTE);
    t.activity.set(desktop.id, 1);
    await t.pass(MINUTE);
    t.activity.set(desktop.id, 0);
    await t.pass(12 * MINUTE);
    expect(t.told).toEqual([
      'created: somebody asked for it',
      'ready: it has come up',
      'paused: no viewer for 2m',
      'woken: somebody looks at it',
      'paused: no viewer for 2m',
      'warned: no viewer for 10m',
      'removed: no viewer for 10m',
    ]);
    expect(t.engine.world.all).toEqual([]);
    expect(JSON.stringify([t.events, t.log, t.facts])).not.toContain(ANA);
  });

  test('those who were there before it are no news', async () => {
    const t = createTestDaemon();
    await t.up();
    t.start();
    await t.pass(2 * MINUTE);
    expect(t.told).toEqual([]);
    expect(t.log).toEqual(['info: watching 1 desktop: 1 ready; 0 in use']);
    expect(t.states.at(-1)).toMatchObject({ summary: { desktops: 1, used: 0 } });
  });

  test('it looks every half minute', async () => {
    const t = await started();
    const before = t.looks();
    await t.pass(5 * MINUTE);
    expect(t.looks() - before).toBe(10);
  });

  test('oftener while one starts, so that its being ready is told soon', async () => {
    const t = await started();
    await t.up();
    await t.pass(1_000);
    const container = t.engine.world.get(NAME);
    t.engine.world.end(NAME, 0);
    t.store.lose();
    await t.engine.containers.start(container.id);
    container.health = 'starting';
    await t.pass(5_000);
    const before = t.told.length;
    container.health = 'healthy';
    await t.pass(2_000);
    expect(t.told.slice(before)).toEqual(['ready: it has come up']);
  });

  test('what happens elsewhere is told at once, and looked at within a second', async () => {
    const t = await started();
    await t.up();
    await t.pass(10_000);
    const before = t.looks();
    t.engine.world.end(NAME, 1);
    await t.settle();
    expect(t.told.at(-1)).toBe('died: it ended with exit code 1');
    await t.pass(1_000);
    expect(t.looks()).toBe(before + 1);
  });

  test('however much happens, it looks once a second at most, and every two seconds at least', async () => {
    const t = await started();
    await t.up();
    await t.pass(10_000);
    const before = t.looks();
    for (let events = 0; events < 20; events++) {
      t.engine.world.addForeign(`other_${events}`, t.engine.world.get(NAME).spec.labels);
      await t.pass(500);
    }
    expect(t.looks() - before).toBeLessThanOrEqual(11);
    expect(t.looks() - before).toBeGreaterThanOrEqual(5);
  });

  test('a paused one that somebody looks at is woken within two seconds', async () => {
    const t = await started();
    const { desktop } = await t.up({ lease: SHORT });
    await t.pass(5 * MINUTE);
    expect(t.engine.world.get(NAME).state).toBe('paused');
    const looks = t.looks();
    while (t.looks() === looks) await t.pass(1_000);
    await t.pass(5_000);
    t.activity.set(desktop.id, 1);
    await t.pass(2_000);
    expect(t.engine.world.get(NAME).state).toBe('running');
  });

  test('so is one that is paused because somebody asked for it, which is told as that, also where idle ones are left running', async () => {
    const t = await started({ installation: { pauseDirect: false } });
    const { desktop } = await t.up();
    await t.pass(3_000);
    await pauseDesktop(t.desktops, ANA, {});
    await t.pass(5_000);
    expect(t.told.at(-1)).toBe('paused: somebody asked for it');
    t.activity.set(desktop.id, 1);
    await t.pass(2_000);
    expect(t.engine.world.get(NAME).state).toBe('running');
    expect(t.told.at(-1)).toBe('woken: somebody looks at it');
  });

  test('it looks at once when it is told to', async () => {
    const t = await started();
    await t.pass(5_000);
    const before = t.looks();
    t.daemon.look();
    await t.settle();
    expect(t.looks()).toBe(before + 1);
  });
});

describe('trouble', () => {
  const down = (t: TestDaemon): (() => void) =>
    t.engine.calls.onAny('before', () => {
      throw new VncctlError('ENGINE_UNREACHABLE', 'nobody answers');
    });

  test('it starts while the engine is down, says so once, and watches by itself once it is up', async () => {
    const t = createTestDaemon();
    await t.up({ lease: SHORT });
    const up = down(t);
    t.start();
    await t.pass(20 * MINUTE);
    expect(t.log).toEqual(['error: can not watch the desktops; they are left alone']);
    expect(t.states.at(-1)).toMatchObject({ trouble: 'nobody answers' });
    up();
    await t.pass(31_000);
    expect(t.log.slice(1)).toEqual(['info: watching again 1 desktop: 1 ready; 0 in use']);
    expect(t.states.at(-1)).not.toHaveProperty('trouble');
    await t.pass(MINUTE);
    expect(t.told).toEqual([]);
    expect(t.engine.world.get(NAME).state).toBe('running');
  });

  test('it asks an engine that is down ever more seldom, at last about as often as it sweeps', async () => {
    const t = createTestDaemon();
    down(t);
    t.start();
    const at: number[] = [];
    for (let seconds = 0; seconds < 120; seconds++) {
      const before = t.looks();
      await t.pass(1_000);
      if (t.looks() > before) at.push(seconds + 1);
    }
    expect(at).toEqual([1, 3, 6, 11, 20, 37, 68, 99]);
  });

  test('an engine that restarts costs nobody anything', async () => {
    const t = await started();
    await t.up({ lease: SHORT });
    await t.pass(MINUTE);
    const up = down(t);
    t.engine.world.breakEventStreams();
    await t.pass(20 * MINUTE);
    up();
    await t.pass(MINUTE + 31_000);
    expect(t.engine.world.eventStreams).toBe(1);
    expect(t.told).toEqual(['created: somebody asked for it', 'ready: it has come up']);
    expect(t.log.filter((line) => !line.startsWith('info'))).toEqual([
      "warning: the engine's events were lost, connecting again",
      'error: can not watch the desktops; they are left alone',
      'warning: nobody could watch for a while: idle time counts from now',
    ]);
  });

  test('an event stream that breaks is opened again, and what was missed is found at once', async () => {
    const t = await started();
    await t.up();
    await t.pass(10_000);
    t.engine.world.breakEventStreams();
    await t.settle();
    expect(t.engine.world.eventStreams).toBe(0);
    t.engine.world.end(NAME, 1);
    await t.pass(2_000);
    expect(t.engine.world.eventStreams).toBe(1);
    expect(t.told.filter((line) => line.startsWith('died'))).toHaveLength(1);
  });

  test('a step that fails is logged, and taken again at the next sweep', async () => {
    const t = await started();
    await t.up({ lease: SHORT });
    const free = t.engine.calls.before('containers.pause', () => {
      throw new VncctlError('ENGINE_FAILED', 'no freezer');
    });
    await t.pass(2 * MINUTE + 10_000);
    expect(t.log).toContain('error: could not pause it; the next sweep tries again');
    free();
    await t.pass(31_000);
    expect(t.told.at(-1)).toBe('paused: no viewer for 2m');
  });

  test('a clock that is set is said', async () => {
    const t = await started();
    t.setClock(3_600_000);
    await t.pass(31_000);
    expect(t.log.at(-1)).toBe('warning: the clock was set: ages and idle times were moved along');
  });
});

describe('stopping', () => {
  test('writes down what is only remembered, ends the event stream, and leaves the desktops alone', async () => {
    const t = await started();
    const { desktop } = await t.up();
    await t.pass(MINUTE);
    t.activity.set(desktop.id, 1);
    await t.pass(31_000);
    t.daemon.stop();
    await t.daemon.ended;
    expect(t.record(desktop.id)?.watched).toMatchObject({ viewers: 1 });
    expect(t.store.state.watch).toMatchObject({ complete: true });
    expect(t.engine.world.eventStreams).toBe(0);
    expect(t.engine.world.get(NAME).state).toBe('running');
  });

  test('lets a removal that is under way come to its end', async () => {
    const t = await started();
    await t.up({ lease: { removeAfter: length('2m') } });
    let open = (): void => {};
    t.engine.world.removalGate = new Promise((resolve) => {
      open = resolve;
    });
    await t.pass(2 * MINUTE + 5_000);
    expect(t.engine.world.get(NAME).state).toBe('removing');
    t.daemon.stop();
    await t.pass(1_000);
    open();
    await t.daemon.ended;
    expect(t.told.at(-1)).toBe('removed: no viewer for 2m');
    expect(t.store.state.allocations).toEqual({});
  });

  test('gives up after three seconds what hangs, and leaves no mark', async () => {
    const t = await started();
    const { desktop } = await t.up({ lease: { removeAfter: length('2m') } });
    t.engine.calls.before('containers.stop', never);
    await t.pass(2 * MINUTE + 5_000);
    expect(t.record(desktop.id)).toHaveProperty('removing');
    t.daemon.stop();
    await t.pass(3_000);
    await t.daemon.ended;
    expect(t.record(desktop.id)).not.toHaveProperty('removing');
    expect(t.engine.world.get(NAME).state).toBe('running');
  });

  test('an engine that hangs does not keep it', async () => {
    const t = await started();
    t.engine.calls.hang();
    await t.pass(MINUTE);
    t.daemon.stop();
    await t.pass(3_000);
    await t.daemon.ended;
  });
});
