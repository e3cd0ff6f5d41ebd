import { describe, expect, test } from 'vitest';
import type { Desktop } from '../../../src/core/desktop.ts';
import { milliseconds, parseLimit } from '../../../src/core/duration.ts';
import { touchDesktop } from '../../../src/core/touch.ts';
import { VncctlError } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { never } from '../../support/fake-calls.ts';
import { ANA, clients } from '../../support/test-desktops.ts';
import { createTestReaper, MINUTE, SWEEP_MS, type TestReaper } from '../../support/test-reaper.ts';

const NAME = 'vnc_11144477735';
const length = (text: string): ReturnType<typeof milliseconds> => milliseconds(Number(parseLimit(text)));
const SHORT = { idle: length('5m'), removeAfter: length('10m') };

/** Ana's desktop half a minute before its clock runs out: the next sweep finds it due. */
async function almost(lease: Partial<typeof SHORT> & { maxAge?: typeof SHORT.idle }, untilMs: number): Promise<TestReaper & { ana: Desktop }> {
  const t = createTestReaper();
  await t.sweep();
  const { desktop } = await t.up({ lease: { idle: 'never', removeAfter: 'never', ...lease } });
  await t.pass(untilMs - SWEEP_MS);
  t.lines.length = 0;
  return Object.assign(t, { ana: desktop });
}
const almostRemoved = (): ReturnType<typeof almost> => almost({ removeAfter: SHORT.removeAfter }, 10 * MINUTE);
const almostPaused = (): ReturnType<typeof almost> => almost({ idle: SHORT.idle }, 5 * MINUTE);

/** Does something once, right before or after the next such call of the engine or look at who looks. */
function once(t: TestReaper, call: Parameters<TestReaper['engine']['calls']['before']>[0], when: 'before' | 'after', what: () => void | Promise<void>): void {
  const free = t.engine.calls[when](call, async () => {
    free();
    await what();
  });
}

describe('whoever comes between the look and the removal keeps the desktop', () => {
  test.each<[string, (t: TestReaper & { ana: Desktop }) => void, string]>([
    ['somebody looks at it', (t) => t.activity.set(t.ana.id, 1), 'somebody may look at it now'],
    ['nobody can tell any more', (t) => t.activity.set(t.ana.id, 'unknown'), 'somebody may look at it now'],
  ])('%s', async (_, comes, reason) => {
    const t = await almostRemoved();
    t.sleep(SWEEP_MS);
    await t.sweep({ onStep: () => comes(t) });
    expect(t.lines).toEqual([`+10m: remove ${NAME}, no viewer for 10m (dropped: ${reason})`]);
    expect(t.engine.world.get(NAME).state).toBe('running');
    expect(t.record(t.ana.id)).not.toHaveProperty('removing');
  });

  test.each<[string, (t: TestReaper) => Promise<unknown>]>([
    ['a touch', (t) => touchDesktop(t.desktops, ANA)],
    ['an up', (t) => t.up()],
    ['an up with another lease', (t) => t.up({ lease: { removeAfter: length('1h') } })],
  ])('%s', async (_, comes) => {
    const t = await almostRemoved();
    t.sleep(SWEEP_MS);
    once(t, 'containers.list', 'after', () => comes(t).then(() => {}));
    await t.sweep();
    expect(t.lines).toEqual([`+10m: remove ${NAME}, no viewer for 10m (dropped: it was used meanwhile)`]);
    expect(t.engine.world.get(NAME).state).toBe('running');
    expect(t.record(t.ana.id)).not.toHaveProperty('removing');
  });

  test('but max-age takes it all the same', async () => {
    const t = await almost({ maxAge: length('10m') }, 10 * MINUTE);
    t.activity.set(t.ana.id, 1);
    t.sleep(SWEEP_MS);
    once(t, 'containers.list', 'after', () => touchDesktop(t.desktops, ANA).then(() => {}));
    await t.sweep();
    expect(t.lines).toEqual([`+10m: remove ${NAME}, older than 10m`]);
    expect(t.engine.world.all).toEqual([]);
  });

  test('an up that comes while it is being removed waits, and gets a new one', async () => {
    const t = await almostRemoved();
    t.sleep(SWEEP_MS);
    let again: Promise<{ desktop: Desktop }> | undefined;
    once(t, 'containers.stop', 'before', () => {
      again = t.up({}, {}, t.asProcess(7));
    });
    await t.sweep();
    const { desktop } = (await again) ?? { desktop: t.ana };
    expect(desktop.id).not.toBe(t.ana.id);
    expect(Object.keys(t.store.state.allocations)).toEqual([desktop.id]);
  });
});

describe('whoever comes while it is paused has it running', () => {
  test.each<[string, 'before' | 'after', (t: TestReaper & { ana: Desktop }) => void | Promise<unknown>]>([
    ['a viewer before it', 'before', (t) => t.activity.set(t.ana.id, 1)],
    ['a viewer after it', 'after', (t) => t.activity.set(t.ana.id, 1)],
    ['a touch before it', 'before', (t) => touchDesktop(t.desktops, ANA)],
    ['a touch after it', 'after', (t) => touchDesktop(t.desktops, ANA)],
  ])('%s', async (_, when, comes) => {
    const t = await almostPaused();
    t.sleep(SWEEP_MS);
    once(t, 'containers.pause', when, async () => void (await comes(t)));
    await t.sweep();
    expect(t.lines).toEqual([`+5m: pause ${NAME}, no viewer for 5m (dropped: it was used meanwhile)`]);
    expect(t.engine.world.get(NAME).state).toBe('running');
  });

  test('between look and pause it is not even paused', async () => {
    const t = await almostPaused();
    t.sleep(SWEEP_MS);
    await t.sweep({ onStep: () => t.activity.set(t.ana.id, 1) });
    expect(t.engine.calls.log.filter((line) => line.startsWith('containers.pause'))).toEqual([]);
  });

  test('one that is gone by then is no failure', async () => {
    const t = await almostPaused();
    t.sleep(SWEEP_MS);
    once(t, 'containers.pause', 'before', () => t.engine.world.vanish(NAME));
    t.engine.calls.failNext('containers.pause', new VncctlError('DESKTOP_NOT_FOUND', 'it is gone'));
    await t.sweep();
    expect(t.lines).toEqual([`+5m: pause ${NAME}, no viewer for 5m (dropped: it is gone)`]);
  });
});

/** Six desktops whose time comes at the next sweep. */
async function six(): Promise<TestReaper> {
  const t = createTestReaper({ installation: { pauseDirect: false, parallel: 2 } });
  await t.sweep();
  for (const client of clients(6)) await t.up({ client, lease: { removeAfter: length('10m') } });
  await t.pass(10 * MINUTE - SWEEP_MS);
  t.lines.length = 0;
  t.sleep(SWEEP_MS);
  return t;
}
const results = ({ lines }: TestReaper): string[] => lines.map((line) => /\((\w+)/.exec(line)?.[1] ?? 'done').sort();

describe("one desktop's trouble", () => {
  test('never stops the others; it is tried three times, and again at the next sweep', async () => {
    const t = await six();
    const bad = t.engine.world.all[2];
    let tries = 0;
    const free = t.engine.calls.before('containers.remove', (id) => {
      if (id !== bad?.id) return;
      tries++;
      throw new VncctlError('ENGINE_FAILED', 'device or resource busy');
    });
    await t.sweep();
    expect(results(t)).toEqual(['done', 'done', 'done', 'done', 'done', 'failed']);
    expect(tries).toBe(3);
    expect(t.engine.world.all.map(({ id }) => id)).toEqual([bad?.id]);
    free();
    t.lines.length = 0;
    await t.pass(SWEEP_MS);
    expect(results(t)).toEqual(['done']);
    expect(t.engine.world.all).toEqual([]);
  });

  test('that passes is no failure: the second attempt removes it', async () => {
    const t = await six();
    t.engine.calls.failNext('containers.remove', new VncctlError('ENGINE_FAILED', 'busy'));
    await t.sweep();
    expect(results(t)).toEqual(Array.from({ length: 6 }, () => 'done'));
  });

  test('with the store fails each removal and takes nothing away', async () => {
    const t = await six();
    const onStep = (): void => {
      t.store.beforeUpdate = () => {
        throw new VncctlError('STORE_LOCKED', 'the store is locked');
      };
    };
    await t.sweep({ onStep });
    expect(results(t)).toEqual(Array.from({ length: 6 }, () => 'failed'));
    expect(t.engine.world.all).toHaveLength(6);
  });
});

describe('stopping', () => {
  test('begins nothing new', async () => {
    const t = await six();
    await t.sweep({ stopping: AbortSignal.abort() });
    expect(results(t)).toEqual(Array.from({ length: 6 }, () => 'dropped'));
    expect(t.engine.world.all).toHaveLength(6);
    const one = await almostPaused();
    one.sleep(SWEEP_MS);
    await one.sweep({ stopping: AbortSignal.abort() });
    expect(one.lines).toEqual([`+5m: pause ${NAME}, no viewer for 5m (dropped: stopping)`]);
  });

  test('lets what is under way end, and tries no failed one again', async () => {
    const t = await six();
    const stop = new AbortController();
    once(t, 'containers.remove', 'before', () => stop.abort());
    t.engine.calls.failNext('containers.remove', new VncctlError('ENGINE_FAILED', 'busy'));
    await t.sweep({ stopping: stop.signal });
    expect(results(t)).toEqual(['done', 'done', 'done', 'done', 'done', 'failed']);
  });

  test('for good breaks off what hangs, and leaves no mark of a removal', async () => {
    const t = await six();
    const breaking = new AbortController();
    t.engine.calls.before('containers.stop', never);
    const sweep = t.sweep({ signal: breaking.signal });
    await eventually(() => t.engine.calls.log.filter((line) => line.startsWith('containers.stop')).length === 2);
    breaking.abort(new Error('the daemon stops'));
    await sweep;
    expect(results(t)).toEqual(Array.from({ length: 6 }, () => 'failed'));
    expect(t.engine.world.all).toHaveLength(6);
    for (const allocation of Object.values(t.store.state.allocations)) expect(allocation).not.toHaveProperty('removing');
  });
});
