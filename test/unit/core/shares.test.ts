import { expect, test } from 'vitest';
import { admit, fullerThan, type Holder } from '../../../src/core/shares.ts';

interface Named extends Holder {
  name: string;
}

const LIMITS = { most: 4, shares: { address: 3 } };
const at = (name: string, address: string, heardAtMs: number, yields = 0): Named => ({ name, counts: { address }, heardAtMs, yields });
const staying = (holder: Named): Named => ({ ...holder, yields: undefined });
const evicted = (holders: readonly Named[], address: string, limits = LIMITS): string | undefined => {
  const answer = admit(holders, { counts: { address } }, limits);
  return answer.isAdmitted ? (answer.evicts?.name ?? 'nobody') : `full: ${answer.full}`;
};

test('as long as there are places, everybody gets one', () => {
  expect(evicted([], 'a')).toBe('nobody');
  expect(evicted([at('1', 'a', 1), at('2', 'a', 2), at('3', 'b', 3)], 'a')).toBe('nobody');
});

test('in a share that is used up the longest silent of its own gives way, whatever others do', () => {
  expect(evicted([at('0', 'b', 0), at('1', 'a', 3), at('2', 'a', 1), at('3', 'a', 2)], 'a')).toBe('2');
});

test('where all places are taken, the longest silent of the address that holds most gives way', () => {
  expect(evicted([at('old', 'b', 0), at('1', 'a', 5), at('2', 'a', 4), at('3', 'a', 6)], 'c')).toBe('2');
});

test('who yields earlier gives way first, and who yields to nobody stays', () => {
  expect(evicted([at('1', 'a', 1, 1), at('2', 'a', 2, 1), at('3', 'b', 9, 0), at('4', 'c', 0, 1)], 'd')).toBe('3');
  expect(evicted([staying(at('1', 'a', 1)), at('2', 'a', 2, 1), staying(at('3', 'a', 3))], 'a')).toBe('2');
});

test('where nobody yields, the newcomer is told which share is full', () => {
  const holders = ['1', '2', '3'].map((name) => staying(at(name, 'a', 1)));
  expect(evicted(holders, 'a')).toBe('full: address');
  expect(evicted([...holders, staying(at('4', 'b', 1))], 'c')).toBe('full: all');
});

test('a share bounds only those that are named for it', () => {
  const unnamed: Named[] = Array.from({ length: 9 }, (_, place) => ({ name: String(place), counts: {}, heardAtMs: place, yields: 0 }));
  expect(admit(unnamed, { counts: {} }, { most: 10, shares: { address: 3 } })).toEqual({ isAdmitted: true });
});

test('of two that take turns for a place neither makes the other leave', () => {
  const holders = [at('1', 'a', 1), at('2', 'a', 2), at('3', 'b', 3)];
  expect(['a', 'b', 'c', undefined].map(fullerThan(holders, 'address', 'c'))).toEqual([true, false, false, false]);
  expect(['a', 'b'].map(fullerThan(holders, 'address', 'b'))).toEqual([false, false]);
  expect(['a', 'b'].map(fullerThan(holders, 'address', 'a'))).toEqual([false, false]);
});

test('whatever comes in whatever order, no bound is passed and no address keeps another one out', () => {
  let seed = 12;
  const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  const limits = { most: 12, shares: { address: 6 } };
  let holders: Named[] = [];
  for (let round = 0; round < 2_000; round++) {
    const newcomer = at(String(round), `address ${random(8)}`, round);
    const answer = admit(holders, newcomer, limits);
    if (!answer.isAdmitted) throw new Error('all of them yield');
    holders = [...holders.filter((holder) => holder !== answer.evicts), newcomer];
    expect(holders.length).toBeLessThanOrEqual(12);
    for (const { counts } of holders) expect(holders.filter((other) => other.counts['address'] === counts['address']).length).toBeLessThanOrEqual(6);
    if (random(3) === 0) holders.splice(random(holders.length), 1);
  }
});
