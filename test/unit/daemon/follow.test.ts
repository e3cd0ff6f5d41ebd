import { expect, test } from 'vitest';
import type { ContainerEvent } from '../../../src/core/engine.ts';
import { followEngine } from '../../../src/daemon/follow.ts';
import { VncctlError } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { createSteppedClock, type SteppedClock } from '../../support/stepped-clock.ts';
import { createTestDesktops, type TestDesktops } from '../../support/test-desktops.ts';

interface Following {
  t: TestDesktops;
  clock: SteppedClock;
  log: string[];
  events: ContainerEvent[];
  opened: () => number;
  stop: () => Promise<void>;
}

/** Follows an engine until `stop`; the waits between connections are `clock.sleptMs`. */
function follow(onEvent: (event: ContainerEvent) => void = () => {}): Following {
  const t = createTestDesktops();
  const clock = createSteppedClock();
  const log: string[] = [];
  const events: ContainerEvent[] = [];
  const stopping = new AbortController();
  let opened = 0;
  const ended = followEngine(
    {
      desktops: async () => t.desktops,
      clock,
      log: { write: (level, message) => void log.push(`${level}: ${message}`) },
      onEvent: async (event) => {
        events.push(event);
        onEvent(event);
      },
      onOpen: () => void opened++,
    },
    stopping.signal,
  );
  return {
    t,
    clock,
    log,
    events,
    opened: () => opened,
    stop() {
      stopping.abort();
      return ended;
    },
  };
}

test('what happens to desktops of this instance is passed on in order, and nothing else', async () => {
  const f = follow();
  await eventually(() => f.opened() === 1);
  f.t.engine.world.addForeign('somebody-elses');
  await f.t.up();
  await eventually(() => f.events.length === 2);
  expect(f.events.map(({ kind }) => kind)).toEqual(['created', 'started']);
  await f.stop();
  expect(f.t.engine.world.eventStreams).toBe(0);
});

test('while nobody answers it waits longer and longer, half a minute at most, and keeps quiet', async () => {
  const f = follow();
  f.t.engine.calls.refuse();
  for (const waitMs of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    await f.clock.sleeping(waitMs);
    f.clock.advance(waitMs);
  }
  expect(f.log).toEqual([]);
  expect(f.opened()).toBe(0);
  await f.stop();
});

test('a connection that was lost is said, opened again soon, and each opening is told', async () => {
  const f = follow();
  for (const opened of [1, 2, 3]) {
    await eventually(() => f.opened() === opened);
    f.t.engine.world.breakEventStreams();
    await f.clock.sleeping(500);
    f.clock.advance(500);
  }
  expect(f.log).toEqual(Array.from({ length: 3 }, () => "warning: the engine's events were lost, connecting again"));
  expect(f.clock.sleptMs).toEqual([500, 500, 500]);
  await f.stop();
});

test('an event that can not be handled loses the connection, not the follower', async () => {
  const f = follow(() => {
    throw new VncctlError('STORE_LOCKED', 'the store is locked');
  });
  await eventually(() => f.opened() === 1);
  await f.t.up();
  await f.clock.sleeping(500);
  f.clock.advance(500);
  await eventually(() => f.opened() === 2);
  expect(f.events).toHaveLength(1);
  await f.stop();
});

test('stopping while it waits ends it', async () => {
  const f = follow();
  f.t.engine.calls.refuse();
  await f.clock.sleeping(500);
  await f.stop();
});
