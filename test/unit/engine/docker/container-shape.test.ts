import type { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { nearbyAddresses } from '../../../../src/engine/docker/container-shape.ts';

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
