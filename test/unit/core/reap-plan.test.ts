import { expect, test } from 'vitest';
import { titleOf } from '../../../src/core/desktops.ts';
import type { LeaseFacts } from '../../../src/core/lease-state.ts';
import { type ObservedDesktop, planReap, stepWords } from '../../../src/core/reap-plan.ts';
import { after, factsAtBirth, HOUR, leaseWith, MINUTE, POLICY } from '../../support/lease-life.ts';
import { clients } from '../../support/test-desktops.ts';
import { desktopSeen } from '../../support/test-lives.ts';

const LEASE = leaseWith({ idle: '15m', removeAfter: '8h', maxAge: '20h' });
const [anna, bruno, carla, dario] = clients(4);
const one = (client: (typeof anna), status: Parameters<typeof desktopSeen>[0], facts: Partial<LeaseFacts> = {}): ObservedDesktop => ({
  desktop: desktopSeen(status, client ? { client } : {}),
  lease: LEASE,
  facts: { ...factsAtBirth(), ...facts },
  policy: POLICY,
});
const plan = (ms: number, ...observed: ObservedDesktop[]): string[] => planReap(observed, new Date(after(ms))).map((step) => stepWords(step, titleOf));

test('a plan is one step for each whose time has come, in the order of the desktops', () => {
  const warned = { at: after(7 * HOUR + 55 * MINUTE), clock: 'no-client' as const, removeAt: after(8 * HOUR) };
  expect(
    plan(
      8 * HOUR,
      one(anna, 'ready', { viewerSeenAt: after(7 * HOUR + 45 * MINUTE) }),
      one(bruno, 'paused', { life: 'paused', viewers: { known: true, count: 1 } }),
      one(carla, 'stopped', { life: 'ended' }),
      one(dario, 'paused', { life: 'paused', warned }),
      one(dario, 'ready', { viewers: { known: true, count: 1 }, warned }),
      one(dario, 'ready', { viewers: { known: true, count: 1 } }),
    ),
  ).toEqual([
    'pause 200.000.000-00: no viewer for 15m',
    'wake 200.000.000-01: somebody looks at it',
    'warn 200.000.000-02: no viewer for 8h, to be removed at 2030-01-01T08:05:00.000Z',
    'remove 200.000.000-03: no viewer for 8h',
    'keep 200.000.000-03: somebody looks at it',
  ]);
});

test('nothing is planned before its time', () => expect(plan(14 * MINUTE + 59_999, one(anna, 'ready'))).toEqual([]));

test('one that is on its way out gets no step', () => expect(plan(30 * HOUR, one(anna, 'exiting'))).toEqual([]));
