import { beforeEach, describe, expect, it } from 'vitest';
import type { GatewayDoor } from '../../../../src/web/viewer/gateway-door.ts';
import { createGatewaySession } from '../../../../src/web/viewer/gateway-session.ts';
import type { DesktopState } from '../../../../src/web/viewer/gateway-state.ts';
import type { ViewerState } from '../../../../src/web/viewer/state.ts';

type Exchanged = Awaited<ReturnType<GatewayDoor['exchange']>>;
type Looked = Awaited<ReturnType<GatewayDoor['look']>>;

const desktop = (changes: Partial<DesktopState> = {}): Looked => ({ is: 'ok', desktop: { status: 'ready', canKeep: true, viewOnly: false, phaseMs: [], ...changes } });

/** A session whose gateway, connection and timers are in the test's hands. */
function setUp() {
  const gateway = { exchanged: { is: 'ok' } as Exchanged, looked: desktop(), kept: true };
  const calls: string[] = [];
  const shown: { state: ViewerState; desktop: DesktopState | undefined }[] = [];
  const timers: { action: () => void; delayMs: number }[] = [];
  const session = createGatewaySession({
    door: {
      exchange: async (ticket) => {
        calls.push(`exchange ${ticket}`);
        return gateway.exchanged;
      },
      look: async () => {
        calls.push('look');
        return gateway.looked;
      },
      keep: async () => {
        calls.push('keep');
        return gateway.kept;
      },
      protocols: () => [],
    },
    connection: {
      start: () => void calls.push('connect'),
      hurry: () => void calls.push('hurry'),
      stop: () => void calls.push('disconnect'),
    },
    setTimer(action, delayMs) {
      const timer = { action, delayMs };
      timers.push(timer);
      return timer;
    },
    clearTimer: (timer) => {
      const index = timers.indexOf(timer as (typeof timers)[number]);
      if (index >= 0) timers.splice(index, 1);
    },
    now: () => 1_000_000,
    onTicketUsed: () => void calls.push('ticket used'),
    onShow: (state, of) => shown.push({ state, desktop: of }),
  });
  /** Lets all answers arrive. */
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const start = async (ticket?: string) => {
    session.start(ticket);
    await settle();
  };
  /** The next timer goes off. */
  const fire = async () => {
    timers.shift()?.action();
    await settle();
  };
  const state = () => shown.at(-1)?.state;
  const count = (call: string) => calls.filter((each) => each === call).length;
  return { session, gateway, calls, shown, timers, settle, start, fire, state, count };
}

describe('a session with a gateway', () => {
  let tab: ReturnType<typeof setUp>;
  beforeEach(() => {
    tab = setUp();
  });

  it('gives its ticket away once, then looks, then connects', async () => {
    await tab.start('t1');
    expect(tab.calls.filter((call) => call !== 'disconnect')).toEqual(['exchange t1', 'ticket used', 'look', 'connect']);
    await tab.fire();
    await tab.fire();
    expect(tab.count('exchange t1')).toBe(1);
    expect(tab.count('connect')).toBe(1);
  });

  it('relies on a cookie when it has no ticket', async () => {
    await tab.start();
    expect(tab.calls.filter((call) => call !== 'disconnect')).toEqual(['look', 'connect']);
  });

  it('is not allowed, and neither connects nor asks again, when ticket and cookie are refused', async () => {
    tab.gateway.exchanged = { is: 'denied' };
    tab.gateway.looked = { is: 'denied' };
    await tab.start('used');
    expect(tab.state()).toBe('not-allowed');
    expect(tab.calls).toContain('ticket used');
    expect(tab.count('connect')).toBe(0);
    expect(tab.timers).toEqual([]);
  });

  it('goes on with the cookie when a link is opened a second time', async () => {
    tab.gateway.exchanged = { is: 'denied' };
    await tab.start('used');
    expect(tab.count('connect')).toBe(1);
  });

  it('asks once more after it was not allowed when it is hurried: another tab may have brought a cookie', async () => {
    tab.gateway.looked = { is: 'denied' };
    await tab.start();
    tab.gateway.looked = desktop();
    tab.session.hurry();
    await tab.settle();
    expect(tab.count('connect')).toBe(1);
  });

  it('waits as long as it is told to, cannot be hurried then, and keeps its ticket', async () => {
    tab.gateway.exchanged = { is: 'busy', retryMs: 3000 };
    await tab.start('t1');
    expect(tab.state()).toBe('wait');
    expect(tab.timers.map(({ delayMs }) => delayMs)).toEqual([3000]);
    tab.session.hurry();
    await tab.settle();
    expect(tab.count('exchange t1')).toBe(1);
    expect(tab.calls).not.toContain('ticket used');
    tab.gateway.exchanged = { is: 'ok' };
    await tab.fire();
    expect(tab.count('connect')).toBe(1);
  });

  it('keeps its ticket, tries with growing delays, and says so after a while, when nobody answers', async () => {
    tab.gateway.exchanged = { is: 'silent' };
    await tab.start('t1');
    const delays: (number | undefined)[] = [];
    for (let round = 0; round < 5; round += 1) {
      delays.push(tab.timers[0]?.delayMs);
      await tab.fire();
    }
    expect(delays).toEqual([250, 500, 1000, 2000, 4000]);
    expect(tab.state()).toBe('unreachable');
    expect(tab.calls).not.toContain('ticket used');
    tab.gateway.exchanged = { is: 'ok' };
    await tab.fire();
    expect(tab.count('connect')).toBe(1);
    expect(tab.state()).toBe('connecting');
  });

  it('connects to a paused desktop, which wakes it, and tells each state on the way', async () => {
    tab.gateway.looked = desktop({ status: 'paused' });
    await tab.start();
    expect(tab.count('connect')).toBe(1);
    for (const status of ['waking', 'starting', 'ready'] as const) {
      tab.gateway.looked = desktop({ status });
      await tab.fire();
    }
    expect(tab.shown.map(({ state }) => state)).toEqual(['connecting', 'paused', 'waking', 'starting', 'connecting']);
  });

  it('tries at once when the desktop has become ready, and does not hurry it with every look', async () => {
    tab.gateway.looked = desktop({ status: 'starting' });
    await tab.start();
    await tab.fire();
    expect(tab.count('hurry')).toBe(0);
    tab.gateway.looked = desktop();
    await tab.fire();
    await tab.fire();
    expect(tab.count('hurry')).toBe(1);
  });

  it('looks every second until it is connected, then seldom, and at once when the connection is lost', async () => {
    await tab.start();
    expect(tab.timers.map(({ delayMs }) => delayMs)).toEqual([1000]);
    tab.session.connectionIs(true);
    await tab.settle();
    expect(tab.timers.map(({ delayMs }) => delayMs)).toEqual([20_000]);
    const looks = tab.count('look');
    tab.gateway.looked = { is: 'silent' };
    tab.session.connectionIs(false);
    await tab.settle();
    expect(tab.count('look')).toBe(looks + 1);
    expect(tab.state()).toBe('reconnecting');
    expect(tab.timers.map(({ delayMs }) => delayMs)).toEqual([1000]);
  });

  it('tries within a second of the server being back', async () => {
    await tab.start();
    tab.session.connectionIs(true);
    await tab.settle();
    tab.gateway.looked = { is: 'silent' };
    tab.session.connectionIs(false);
    await tab.settle();
    for (let second = 0; second < 8; second += 1) await tab.fire();
    expect(tab.state()).toBe('unreachable');
    expect(tab.timers.map(({ delayMs }) => delayMs)).toEqual([1000]);
    tab.gateway.looked = desktop();
    await tab.fire();
    expect(tab.count('hurry')).toBe(1);
    expect(tab.state()).toBe('reconnecting');
  });

  it('stops for good when the desktop is taken away', async () => {
    await tab.start();
    tab.session.connectionIs(true);
    await tab.settle();
    tab.gateway.looked = desktop({ status: 'gone', reason: 'no viewer for 8h' });
    await tab.fire();
    expect(tab.state()).toBe('taken-away');
    expect(tab.shown.at(-1)?.desktop?.reason).toBe('no viewer for 8h');
    expect(tab.calls.at(-1)).toBe('disconnect');
    const before = tab.calls.length;
    tab.session.connectionIs(false);
    tab.session.hurry();
    tab.session.wake();
    await tab.settle();
    expect(tab.calls).toHaveLength(before);
    expect(tab.timers).toEqual([]);
  });

  it('stays away when somebody ended it, whatever hurries it, until the person comes back', async () => {
    await tab.start();
    tab.session.connectionIs(true);
    await tab.settle();
    tab.session.kicked();
    expect(tab.state()).toBe('kicked');
    const before = tab.calls.length;
    tab.session.hurry();
    tab.session.wake();
    tab.session.connectionIs(false);
    await tab.settle();
    expect(tab.calls).toHaveLength(before);
    expect(tab.timers).toEqual([]);
    tab.session.comeBack();
    await tab.settle();
    expect(tab.count('connect')).toBe(2);
    tab.session.comeBack();
    await tab.settle();
    expect(tab.count('connect')).toBe(2);
  });

  it('is not allowed when it wants to come back and its link was taken back', async () => {
    await tab.start();
    tab.session.kicked();
    tab.gateway.looked = { is: 'denied' };
    tab.session.comeBack();
    await tab.settle();
    expect(tab.state()).toBe('not-allowed');
    expect(tab.count('connect')).toBe(1);
  });

  it('is not allowed any more when its cookie is over', async () => {
    await tab.start();
    tab.session.connectionIs(true);
    await tab.settle();
    tab.gateway.looked = { is: 'denied' };
    await tab.fire();
    expect(tab.state()).toBe('not-allowed');
    expect(tab.calls.at(-1)).toBe('disconnect');
  });

  it('does not connect while the gateway wants to be left alone', async () => {
    tab.gateway.looked = { is: 'busy', retryMs: 7000 };
    await tab.start();
    expect(tab.state()).toBe('wait');
    expect(tab.count('connect')).toBe(0);
    tab.gateway.looked = desktop();
    await tab.fire();
    expect(tab.count('connect')).toBe(1);
  });

  it('shows no old pause over the picture that it has just got', async () => {
    tab.gateway.looked = desktop({ status: 'paused' });
    await tab.start();
    tab.session.connectionIs(true);
    expect(tab.state()).toBe('connected');
  });

  it('says that a desktop was paused behind its picture, and connects anew to wake it', async () => {
    await tab.start();
    tab.session.connectionIs(true);
    await tab.settle();
    tab.gateway.looked = desktop({ status: 'paused' });
    await tab.fire();
    expect(tab.state()).toBe('paused');
    tab.session.wake();
    expect(tab.calls.at(-1)).toBe('connect');
    tab.gateway.looked = desktop();
    tab.session.connectionIs(true);
    await tab.settle();
    expect(tab.state()).toBe('connected');
  });

  it('looks at the moment when a removal is due', async () => {
    await tab.start();
    tab.gateway.looked = desktop({ removeAtMs: 1_000_000 + 8000 });
    tab.session.connectionIs(true);
    await tab.settle();
    expect(tab.timers.map(({ delayMs }) => delayMs)).toEqual([8000]);
  });

  it('counts a removal as put off once it was kept, until the next look says more', async () => {
    tab.gateway.looked = desktop({ removeAtMs: 1_300_000 });
    await tab.start();
    tab.gateway.looked = desktop({ removeAtMs: 9_000_000 });
    const before = tab.shown.length;
    expect(await tab.session.keep()).toBe(true);
    await tab.settle();
    expect(tab.shown.slice(before).map(({ desktop: each }) => each?.removeAtMs)).toEqual([undefined, 9_000_000]);
  });

  it('leaves the removal as planned when keeping is refused', async () => {
    tab.gateway.looked = desktop({ removeAtMs: 1_300_000 });
    tab.gateway.kept = false;
    await tab.start();
    expect(await tab.session.keep()).toBe(false);
    await tab.settle();
    expect(tab.shown.every(({ desktop: each }) => each === undefined || each.removeAtMs === 1_300_000)).toBe(true);
  });

  it('ignores answers that come after it was stopped', async () => {
    tab.session.start('t1');
    tab.session.stop();
    const before = tab.shown.length;
    await tab.settle();
    expect(tab.count('connect')).toBe(0);
    expect(tab.shown).toHaveLength(before);
    expect(tab.timers).toEqual([]);
  });
});
