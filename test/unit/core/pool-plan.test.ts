// What the pool makes and removes for everything that can be there, compared as the text that `pool fill --dry-run` prints.
import { expect, test } from 'vitest';
import type { ContainerId } from '../../../src/core/engine.ts';
import { type Member, planPool, poolStepWords, type PoolWish } from '../../../src/core/pool-plan.ts';
import type { DesktopId } from '../../../src/core/store.ts';

const now = new Date('2030-01-01T12:00:00.000Z');
const MINUTE = 60_000;
const ago = (ms: number): string => new Date(now.getTime() - ms).toISOString();
const wish = (over: Partial<PoolWish> = {}): PoolWish => ({ image: 'kiosk', count: 2, made: { poolKey: 'k', specHash: 's' }, needsBytes: 10, ...over });
const member = (id: string, over: Partial<Member> = {}): Member => ({
  desktopId: id as DesktopId,
  container: `c-${id}` as ContainerId,
  name: `vnc_pool_${id}`,
  image: 'kiosk',
  imageId: 'sha256:1',
  poolKey: 'k',
  specHash: 's',
  state: 'paused',
  createdAt: ago(MINUTE),
  used: false,
  ...over,
});
const plan = (members: readonly Member[], wishes = [wish()], maxAgeMs = 60 * MINUTE, spareBytes?: number): string[] => planPool(wishes, members, { now, maxAgeMs, spareBytes }).map(poolStepWords);
const one = 'make a warm kiosk: 2 of kiosk are wanted, there are 1';

const PLANS: [string, Member[], string[], PoolWish[]?][] = [
  ['nothing', [], Array.from({ length: 2 }, () => 'make a warm kiosk: 2 of kiosk are wanted, there are 0')],
  ['all that is wanted', [member('a'), member('b')], []],
  ['one too few', [member('a')], [one]],
  ['too many: the youngest goes', [member('young', { createdAt: ago(1) }), member('a'), member('b')], ['remove young: 2 of kiosk are wanted, no more']],
  ['one that ended', [member('a'), member('b', { state: 'exited', exitCode: 3 })], ['remove b: it ended (exit code 3)', one]],
  ['one of another key', [member('a'), member('b', { poolKey: 'x' })], ['remove b: its image, its catalog entry or a setting has changed since', one]],
  ['one that shows another page than is set now', [member('a'), member('b', { specHash: 'x' })], ['remove b: its image, its catalog entry or a setting has changed since', one]],
  ['one that was somebody\'s', [member('a'), member('b', { used: true })], ["remove b: it was somebody's desktop", one]],
  ['one of an image that is not wanted', [member('a'), member('b'), member('c', { image: 'other' })], ['remove c: no pool of other is wanted']],
  ['none wanted any more', [member('a')], ['remove a: no pool of kiosk is wanted'], []],
  ['one that is old: another is made before it goes', [member('a'), member('b', { createdAt: ago(60 * MINUTE) })], [one, 'remove b: it is older than 1h']],
  ['one that somebody makes, or made: it is counted, and goes if its lock is free', [member('a'), member('b', { state: 'running' })], ['remove b: nobody makes it ready any more']],
  ['one on its way out', [member('a'), member('b', { state: 'removing' })], [one]],
  ['an image that can not be had now: what is there stays, nothing is made', [member('a', { poolKey: 'x' })], [], [wish({ made: undefined, why: 'the engine has no image' })]],
];

test.each(PLANS)('with %s', (_, members, lines, wishes) => {
  expect(plan(members, wishes)).toEqual(lines);
});

test('for any age, none is too old', () => {
  expect(plan([member('a', { createdAt: ago(1e12) }), member('b')], [wish()], Number.POSITIVE_INFINITY)).toEqual([]);
});

const putOff = (there: number): string => `make a warm kiosk: 2 of kiosk are wanted, there are ${there}; not now: the host has too little memory, and clients come first`;
const short = (id: string): string => `remove ${id}: the host has too little memory, and clients come first`;
const old = { createdAt: ago(2 * MINUTE) };

test.each<[number, Member[], string[]]>([
  [30, [], ['make a warm kiosk: 2 of kiosk are wanted, there are 0', 'make a warm kiosk: 2 of kiosk are wanted, there are 0']],
  [29, [], ['make a warm kiosk: 2 of kiosk are wanted, there are 0', putOff(0)]],
  [19, [], [putOff(0), putOff(0)]],
  [0, [member('a')], [putOff(1)]],
  [-1, [member('a'), member('b', old)], [short('b')]],
  [-11, [member('a'), member('b', old)], [short('b'), short('a')]],
  [-10, [member('a'), member('b', old), member('c', { createdAt: ago(1) })], ['remove c: 2 of kiosk are wanted, no more']],
])('with %i bytes to spare, ten for each and as much again for the next client', (spareBytes, members, lines) => {
  expect(plan(members, [wish()], 60 * MINUTE, spareBytes)).toEqual(lines);
});
