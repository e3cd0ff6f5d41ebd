// The daemon keeps the pool: what it makes, when it looks again, what it says, and how it ends.
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { LogFacts } from '../../../src/core/log.ts';
import { keepPool, type PoolKeeper } from '../../../src/daemon/pool.ts';
import { VncctlError } from '../../../src/errors.ts';
import { never } from '../../support/fake-calls.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { TestDesktopsOptions } from '../../support/test-desktops.ts';
import { createWarmDesktops, type WarmDesktops } from '../../support/warm-desktops.ts';

interface KeptPool extends WarmDesktops {
  keeper: PoolKeeper;
  readonly log: readonly string[];
  /** Lets time pass in steps in which everything that can happen does. */
  pass(ms: number): Promise<void>;
}

const STEP_MS = 200;

/** A keeper that has just been started. */
function kept(count: number, options: TestDesktopsOptions & { isBusy?: () => boolean } = {}): KeptPool {
  const { isBusy, ...rest } = options;
  const t = createWarmDesktops(count, { clock: createFakeClock({ passUpToMs: 0 }), ...rest });
  const log: string[] = [];
  const write = (level: string, message: string, facts: LogFacts = {}): void => void log.push(`${level}: ${message}${facts.cause ?? facts['reason'] ? ` (${facts.cause ?? facts['reason']})` : ''}`);
  const keeper = keepPool({ desktops: async () => t.desktops, clock: t.clock, log: { write }, ...(isBusy ? { isBusy } : {}) });
  return {
    ...t,
    keeper,
    log,
    async pass(ms) {
      for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
        for (let turn = 0; turn < 40; turn++) await setImmediate();
        t.clock.advance(STEP_MS);
      }
      for (let turn = 0; turn < 40; turn++) await setImmediate();
    },
  };
}

const looks = ({ engine }: WarmDesktops): number => engine.calls.log.filter((line) => line === 'containers.list').length;

test('started, it fills the pool and says so', async () => {
  const t = kept(2);
  await t.pass(3_000);
  expect(t.members()).toHaveLength(2);
  expect(t.log).toEqual(['info: made a warm desktop', 'info: made a warm desktop']);
});

test('after a claim it waits a moment and makes another one', async () => {
  const t = kept(1);
  await t.pass(3_000);
  await t.up();
  t.keeper.heard({ kind: 'renamed', labels: { 'io.vncctl.pool': 'k' } });
  await t.pass(600);
  expect(t.members()).toEqual([]);
  await t.pass(2_000);
  expect(t.members()).toHaveLength(1);
});

test.each([
  ['of other desktops', { kind: 'died' as const, labels: { 'io.vncctl.client': 'x' } }],
  ['that only a filling makes', { kind: 'paused' as const, labels: { 'io.vncctl.pool': 'k' } }],
])('events %s make it look no sooner', async (_, event) => {
  const t = kept(1);
  await t.pass(3_000);
  const before = looks(t);
  t.keeper.heard(event);
  await t.pass(5_000);
  expect(looks(t)).toBe(before);
});

test('it looks at each interval, and so replaces what has become old', async () => {
  const t = kept(1);
  await t.pass(3_000);
  const [old] = t.members();
  t.clock.advance(4 * 3_600_000);
  await t.pass(4_000);
  expect(t.members()).toHaveLength(1);
  expect(t.members()).not.toContain(old);
  expect(t.log).toContain('info: removed a warm desktop (it is older than 4h)');
});

test('new settings are looked at soon: fewer are wanted', async () => {
  const t = kept(2);
  await t.pass(3_000);
  t.desktops.installation.pool = [{ image: 'kiosk', count: 1 }];
  t.keeper.look();
  await t.pass(2_000);
  expect(t.members()).toHaveLength(1);
});

test('while somebody waits for a desktop of their own it makes none, and then does at once', async () => {
  let busy = true;
  const t = kept(1, { isBusy: () => busy });
  await t.pass(5_000);
  expect(t.members()).toEqual([]);
  busy = false;
  await t.pass(3_000);
  expect(t.members()).toHaveLength(1);
});

test('what can not be made is said once, and tried again, less and less often', async () => {
  const t = kept(1);
  t.probe.failure = new VncctlError('NOT_VNC', 'no VNC there');
  await t.pass(60_000);
  const tries = t.log.filter((line) => line.includes('could not make a warm desktop')).length;
  expect(tries).toBeGreaterThanOrEqual(3);
  expect(tries).toBeLessThanOrEqual(5);
  t.probe.failure = undefined;
  await t.pass(60_000);
  expect(t.members()).toHaveLength(1);
});

test('a pool that can not be kept here is told once', async () => {
  const t = kept(1, { isolation: 'networks' });
  await t.pass(100_000);
  expect(t.log).toEqual([expect.stringMatching(/^warning: no warm desktops are kept \(each desktop has a network of its own/)]);
});

test('an engine that is away is no end: it goes on when it is back', async () => {
  const t = kept(1);
  t.engine.calls.failNext('containers.list', new VncctlError('ENGINE_UNREACHABLE', 'away'));
  await t.pass(10_000);
  expect(t.members()).toHaveLength(1);
});

test('told to stop while it makes one, it takes that away and ends', async () => {
  const t = kept(1);
  t.engine.calls.before('containers.start', () => t.keeper.stop());
  await t.pass(1_000);
  await t.keeper.ended;
  expect(t.engine.world.all).toEqual([]);
  expect(t.log).toEqual([]);
});

test('told to stop while the engine hangs, it ends within three seconds all the same', async () => {
  const t = kept(1);
  t.engine.calls.before('containers.create', () => never());
  await t.pass(600);
  t.keeper.stop();
  let isOver = false;
  void t.keeper.ended.then(() => (isOver = true));
  await t.pass(3_000);
  expect(isOver).toBe(true);
});

test('where nothing is wanted and nothing there, it rests until it is told', async () => {
  const t = kept(0, { installation: { pool: [] } });
  await t.pass(60_000);
  expect(looks(t)).toBe(1);
  t.desktops.installation.pool = [{ image: 'kiosk', count: 1 }];
  t.keeper.look();
  await t.pass(3_000);
  expect(t.members()).toHaveLength(1);
});
