// The boot clock of this host.
import { uptime } from 'node:os';
import { expect, test } from 'vitest';
import { hostBootClock } from '../../../src/engine/host-boot.ts';

test('the id of the boot is the one the system gives, the same each time', () => {
  const { id } = hostBootClock(() => '5c2e8a4e-2b7e-4b6b-9a0e-7f3f8a1f2d11\n');
  expect(id).toBe('5c2e8a4e-2b7e-4b6b-9a0e-7f3f8a1f2d11');
  expect(hostBootClock().id).toBe(hostBootClock().id);
});

test('without an id of the boot no two processes share one', () => {
  const fails = (): never => {
    throw new Error('ENOENT');
  };
  const one = hostBootClock(fails);
  expect(one.id).not.toBe('');
  expect(one.id).not.toBe(hostBootClock(fails).id);
});

test('time since the boot is told in milliseconds', () => {
  expect(Math.abs(hostBootClock().ms() - uptime() * 1000)).toBeLessThan(5000);
});
