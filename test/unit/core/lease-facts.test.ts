import { expect, test } from 'vitest';
import { leaseFacts, leasePolicy } from '../../../src/core/lease-facts.ts';
import type { Allocation } from '../../../src/core/store.ts';
import { createTestDesktops, LOCAL_GATEWAY } from '../../support/test-desktops.ts';
import { desktopSeen } from '../../support/test-lives.ts';

const AT = '2030-01-01T11:00:00.000Z';
const desktop = desktopSeen('ready');
const none = { record: undefined, memory: undefined, activity: undefined };

test.each([
  ['ready', 'running'],
  ['starting', 'running'],
  ['exiting', 'running'],
  ['paused', 'paused'],
  ['stopped', 'ended'],
  ['failed', 'ended'],
  ['lost', 'ended'],
] as const)('one that is %s counts as %s', (status, life) => expect(leaseFacts({ ...none, desktop: desktopSeen(status) }).life).toBe(life));

test('an unhealthy one runs', () => expect(leaseFacts({ ...none, desktop: { ...desktop, status: 'failed' } }).life).toBe('running'));

test('its age is that of the record, which is moved when somebody sets the clock', () => {
  const record: Allocation = { desktopId: desktop.id, client: 'x' as never, endpoint: 'e', image: 'kiosk', createdAt: AT, touchedAt: AT, keptUntil: AT };
  expect(leaseFacts({ ...none, desktop, record })).toMatchObject({ createdAt: AT, touchedAt: AT, keptUntil: AT });
  expect(leaseFacts({ ...none, desktop }).createdAt).toBe(desktop.createdAt);
});

test.each([
  ['a look tells', { viewers: 0 }, { viewers: { known: true, count: 3 }, input: { known: true } }, { known: true, count: 3 }, { known: true }],
  ['a look can not tell', { viewers: 0, inputSeenAt: AT }, { viewers: { known: false, why: 'test' }, input: { known: false, why: 'test' } }, { known: false, why: 'test' }, { known: false, why: 'test' }],
  ['as it was remembered', { viewers: 2, inputSeenAt: AT }, undefined, { known: true, count: 2 }, { known: true, at: AT }],
  ['as it was not known then', { viewers: 'unknown' }, undefined, { known: false, why: 'the last look could not tell' }, { known: false, why: 'keys and pointer are seen by the gateway only' }],
  ['nobody has looked yet', undefined, undefined, { known: false, why: 'nobody has looked yet' }, { known: false, why: 'keys and pointer are seen by the gateway only' }],
] as const)('viewers and input: %s', (_, memory, activity, viewers, input) => expect(leaseFacts({ desktop, record: undefined, memory, activity })).toMatchObject({ viewers, input }));

test('whether it would wake depends on its door: the gateway wakes those that only it serves, the daemon a published port only if somebody says so', () => {
  const { desktops } = createTestDesktops();
  const { installation, engine } = desktops;
  const wakes = (over: Partial<typeof desktops>, hostPort?: number): unknown => leasePolicy({ ...desktops, ...over }, hostPort === undefined ? {} : { hostPort }).wakes;
  const gateway = LOCAL_GATEWAY;
  const pauseDirect = { installation: { ...installation, pauseDirect: true } };
  expect(wakes({ gateway })).toBe(true);
  expect(wakes({})).toMatch(/no daemon answers/);
  expect(wakes(pauseDirect)).toMatch(/no daemon answers/);
  expect(wakes({ gateway }, 5000)).toMatch(/pauseDirect/);
  expect(wakes(pauseDirect, 5000)).toBe(true);
  expect(wakes({ gateway, engine: { ...engine, capabilities: { ...engine.capabilities, canPause: false } } })).toBe('this engine can not pause');
  expect(leasePolicy(desktops, {}).warnBeforeMs).toBe(300_000);
});
