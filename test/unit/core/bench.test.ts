// A measurement on fakes: what it measures, whose desktops it makes, and that nothing of it stays.
import { expect, test } from 'vitest';
import { runBench, type BenchOptions } from '../../../src/core/bench.ts';
import { busyReason, figuresOf, percentile } from '../../../src/core/bench-figures.ts';
import { benchClientId, CLIENT_ID_POLICIES, parseClientId } from '../../../src/core/client-id.ts';
import { createWarmDesktops, type WarmDesktops } from '../../support/warm-desktops.ts';

function options(over: Partial<BenchOptions> = {}): BenchOptions {
  return { signal: new AbortController().signal, getImage: async () => {}, onProgress: () => {}, ...over };
}

const bench = (t: WarmDesktops, over?: Partial<BenchOptions>, rounds = 2): ReturnType<typeof runBench> => runBench(t.desktops, { entry: t.entry, rounds }, options(over));

test('each way is measured as often as asked, and nothing is left of it', async () => {
  const t = createWarmDesktops(0);
  const { figures, notes } = await bench(t);
  expect(figures.map(({ scenario, n }) => [scenario, n])).toEqual(['cold-greeting', 'cold-page', 'second-up', 'rm', 'warm-made', 'warm-claim'].map((scenario) => [scenario, 2]));
  expect(notes).toEqual([]);
  expect(t.engine.world.all).toEqual([]);
  expect(t.store.state).toEqual({ allocations: {}, reservations: [] });
});

test('a new one is new also where warm ones wait, and as many wait afterwards as before', async () => {
  const t = createWarmDesktops(2);
  await t.fill();
  const names: string[] = [];
  t.engine.calls.before('containers.create', (name) => void names.push(name));
  const { figures } = await bench(t, {}, 1);
  expect(names.map((name) => name.replace(/[a-z0-9]{12}$/, ''))).toEqual(['vnc__bench-100-', 'vnc_pool_']);
  expect(figures.find(({ scenario }) => scenario === 'warm-claim')?.n).toBe(1);
  expect(t.members()).toHaveLength(2);
});

test('where no warm ones can be kept the rest is measured, and it says why', async () => {
  const t = createWarmDesktops(0, { isolation: 'networks' });
  const { figures, notes } = await bench(t, {}, 1);
  expect(figures.map(({ scenario }) => scenario)).toEqual(['cold-greeting', 'cold-page', 'second-up', 'rm']);
  expect(notes).toEqual([expect.stringContaining('warm desktops were not measured: each desktop has a network of its own') as string]);
});

test.each([
  ['a new desktop', 'containers.start'],
  ['a new desktop', 'containers.stop'],
  ['a warm desktop', 'containers.start'],
  ['a warm desktop', 'containers.pause'],
  ['a warm desktop', 'containers.unpause'],
] as const)('interrupted at %s by the time of %s, it takes away what it made', async (moment, call) => {
  const t = createWarmDesktops(0);
  const interrupted = new AbortController();
  t.engine.calls.after(call, () => {
    if (told.includes(moment)) interrupted.abort(new Error('Ctrl-C'));
  });
  let told = '';
  await expect(bench(t, { signal: interrupted.signal, onProgress: (text) => (told = text) })).rejects.toThrow('Ctrl-C');
  expect(t.engine.world.all).toEqual([]);
  expect(t.store.state.reservations).toEqual([]);
});

test('interrupted before it has taken the warm one that it made, it takes that away too', async () => {
  const t = createWarmDesktops(0);
  const interrupted = new AbortController();
  t.memory.freeBytes = 1024 ** 3;
  t.store.beforeUpdate = () => {
    if (t.engine.world.all.some(({ name, state }) => name.includes('pool_') && state === 'paused')) interrupted.abort(new Error('Ctrl-C'));
  };
  await expect(bench(t, { signal: interrupted.signal })).rejects.toThrow('Ctrl-C');
  expect(t.engine.world.all).toEqual([]);
});

test('what a killed one left is removed by the next, and what one that runs has made is not', async () => {
  const t = createWarmDesktops(0);
  t.alive.add(300);
  for (const pid of [200, 300]) await t.up({ client: benchClientId(pid, 'x') });
  await bench(t, {}, 1);
  expect(t.engine.world.all.map(({ name }) => name)).toEqual(['vnc__bench-300-x']);
});

test('its client is nobody, whatever ids are taken', () => {
  for (const policy of CLIENT_ID_POLICIES) expect(() => parseClientId(benchClientId(1, 'x'), policy)).toThrow('is not a');
});

test('figures are times that were measured: half and nine tenths of them are no longer', () => {
  const ten = [5, 1, 9, 3, 7, 2, 10, 4, 8, 6];
  expect([percentile(ten, 50), percentile(ten, 90), percentile([3], 90)]).toEqual([5, 9, 3]);
  expect(figuresOf(new Map([['rm', [2.06, 1]]]))).toEqual([{ scenario: 'rm', n: 2, p50: 1, p90: 2.1, min: 1, samples: [2.1, 1] }]);
});

test('a machine is busy where its programs take more than half of it', () => {
  expect(busyReason(1, 2)).toBeUndefined();
  expect(busyReason(1.1, 2)).toBe('the machine is busy: 1.1 programs want to run on 2 processors, so the figures are worse than they could be');
});
