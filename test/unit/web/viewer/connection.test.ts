import { beforeEach, describe, expect, it } from 'vitest';
import { type AttemptEvents, createConnection } from '../../../../src/web/viewer/connection.ts';
import type { ViewerState } from '../../../../src/web/viewer/state.ts';

/** A connection whose attempts, timers and server are in the test's hands. */
function setUp() {
  const attempts: { key: string | undefined; events: AttemptEvents; closed: boolean }[] = [];
  const timers: { action: () => void; delayMs: number }[] = [];
  const states: ViewerState[] = [];
  const server = { answers: true };
  const connection = createConnection({
    connect(key, events) {
      const attempt = { key, events, closed: false };
      attempts.push(attempt);
      return { close: () => void (attempt.closed = true) };
    },
    reachable: () => Promise.resolve(server.answers),
    setTimer(action, delayMs) {
      const timer = { action, delayMs };
      timers.push(timer);
      return timer;
    },
    clearTimer: (timer) => {
      const index = timers.indexOf(timer as (typeof timers)[number]);
      if (index >= 0) timers.splice(index, 1);
    },
    onState: (state) => states.push(state),
  });
  const last = () => {
    const attempt = attempts.at(-1);
    if (!attempt) throw new Error('no attempt was made');
    return attempt;
  };
  /** Ends the present attempt and lets the question to the server be answered. */
  const end = async () => {
    last().events.ended();
    await Promise.resolve();
    await Promise.resolve();
  };
  const fire = () => timers.shift()?.action();
  return { connection, attempts, timers, states, server, last, end, fire };
}

describe('the connection of a viewer', () => {
  let viewer: ReturnType<typeof setUp>;
  beforeEach(() => {
    viewer = setUp();
  });

  it('passes the key on and tells when it is connected', () => {
    viewer.connection.start('abc');
    viewer.last().events.connected();
    expect(viewer.last().key).toBe('abc');
    expect(viewer.states).toEqual(['connecting', 'connected']);
  });

  it('tries again with growing delays while the desktop starts', async () => {
    viewer.connection.start('abc');
    const delays: (number | undefined)[] = [];
    for (let round = 0; round < 3; round += 1) {
      await viewer.end();
      delays.push(viewer.timers[0]?.delayMs);
      viewer.fire();
    }
    expect(delays).toEqual([250, 500, 1000]);
    expect(new Set(viewer.states.slice(1))).toEqual(new Set(['starting']));
  });

  it('begins with the short delay again after it was connected', async () => {
    viewer.connection.start('abc');
    await viewer.end();
    viewer.fire();
    viewer.last().events.connected();
    await viewer.end();
    expect(viewer.timers[0]?.delayMs).toBe(250);
    expect(viewer.states.at(-1)).toBe('reconnecting');
  });

  it('calls a silent desktop gone and still comes back to it', async () => {
    viewer.server.answers = false;
    viewer.connection.start('abc');
    for (let round = 0; round < 10; round += 1) {
      await viewer.end();
      viewer.fire();
    }
    expect(viewer.states.at(-1)).toBe('gone');
    viewer.last().events.connected();
    expect(viewer.states.at(-1)).toBe('connected');
  });

  it('stops trying when the key is refused', async () => {
    viewer.connection.start('bad');
    viewer.last().events.refused();
    await viewer.end();
    expect(viewer.timers).toEqual([]);
    expect(viewer.states.at(-1)).toBe('wrong-key');
  });

  it('asks for a key when the server wants one and none was given', () => {
    viewer.connection.start(undefined);
    viewer.last().events.keyRequired();
    expect(viewer.states.at(-1)).toBe('no-key');
    expect(viewer.last().closed).toBe(true);
  });

  it('stops trying when somebody ended it on purpose, also when it is hurried', async () => {
    viewer.connection.start('abc');
    viewer.last().events.connected();
    viewer.last().events.kicked();
    await viewer.end();
    viewer.connection.hurry();
    expect(viewer.states).toEqual(['connecting', 'connected', 'kicked']);
    expect(viewer.timers).toEqual([]);
    expect(viewer.attempts).toHaveLength(1);
  });

  it('tries at once when hurried, and only when it was waiting', async () => {
    viewer.connection.start('abc');
    viewer.connection.hurry();
    expect(viewer.attempts).toHaveLength(1);
    await viewer.end();
    viewer.connection.hurry();
    expect(viewer.attempts).toHaveLength(2);
    expect(viewer.timers).toEqual([]);
  });

  it('ignores reports of an attempt that it gave up', async () => {
    viewer.connection.start('old');
    const old = viewer.last();
    viewer.connection.start('new');
    old.events.ended();
    await Promise.resolve();
    old.events.connected();
    expect(viewer.states).toEqual(['connecting', 'connecting']);
    expect(viewer.timers).toEqual([]);
  });

  it('shows no old answer of the server after the next attempt connected', async () => {
    viewer.connection.start('abc');
    viewer.last().events.ended();
    viewer.fire();
    viewer.last().events.connected();
    await Promise.resolve();
    await Promise.resolve();
    expect(viewer.states.at(-1)).toBe('connected');
  });
});
