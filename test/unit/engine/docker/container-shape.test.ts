import { type networkInterfaces, totalmem } from 'node:os';
import type Docker from 'dockerode';
import { describe, expect, test } from 'vitest';
import { nearbyAddresses, usageOf } from '../../../../src/engine/docker/container-shape.ts';

type Interfaces = ReturnType<typeof networkInterfaces>;

function host(...addresses: string[]): { read: () => Interfaces; reads: () => number; add: (address: string) => void } {
  let reads = 0;
  return {
    read() {
      reads++;
      return Object.fromEntries(
        addresses.map((address, index) => [`br${index}`, [{ address, netmask: '255.255.255.0', family: 'IPv4' as const, mac: '00:00:00:00:00:00', internal: false, cidr: `${address}/24` }]]),
      );
    },
    reads: () => reads,
    add: (address) => void addresses.push(address),
  };
}

test('an address is dialable exactly when this host is on its subnet', () => {
  const near = nearbyAddresses(host('10.1.0.1', '10.2.0.1').read)();
  expect(['10.1.0.9', '10.2.0.200', '10.3.0.9', undefined].map(near)).toEqual(['10.1.0.9', '10.2.0.200', undefined, undefined]);
});

test('a network that came up after the last answer is seen in the next', () => {
  const { read, add } = host('10.1.0.1');
  const answers = nearbyAddresses(read);
  expect(answers()('10.2.0.9')).toBeUndefined();
  add('10.2.0.1');
  expect(answers()('10.2.0.9')).toBe('10.2.0.9');
});

test('the interfaces are read once for an answer at most, and for none in which every address is near by what was read before', () => {
  const { read, reads } = host('10.1.0.1');
  const answers = nearbyAddresses(read);
  expect(reads()).toBe(0);
  for (let answer = 0; answer < 3; answer++) {
    const near = answers();
    for (let last = 2; last < 200; last++) near(`10.1.0.${last}`);
  }
  expect(reads()).toBe(1);
  const near = answers();
  for (const address of ['10.9.0.1', '10.9.0.2', undefined]) near(address);
  expect(reads()).toBe(2);
});

describe('a reading of what a container uses', () => {
  const stats = (memory: object): Docker.ContainerStats => ({ cpu_stats: { cpu_usage: { total_usage: 5e9 } }, memory_stats: memory }) as Docker.ContainerStats;

  test.each([
    ['control groups of the second version', { inactive_file: 10, file: 99 }],
    ['those of the first', { total_inactive_file: 10, cache: 99 }],
  ])('leaves out the files that are only cached, by %s', (_, details) => {
    expect(usageOf(stats({ usage: 100, limit: 500, stats: details }))).toEqual({ cpuNanoseconds: 5e9, memoryBytes: 90, memoryLimitBytes: 500 });
  });

  test('has no limit where the engine tells that of the machine, and is none of one that does not run', () => {
    expect(usageOf(stats({ usage: 100, limit: totalmem(), stats: {} }))).toEqual({ cpuNanoseconds: 5e9, memoryBytes: 100 });
    expect(usageOf(stats({}))).toBeUndefined();
  });
});
