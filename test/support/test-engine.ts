// The real engine that tests run on: its address comes from VNCCTL_TEST_ENGINE, which the test runner sets.
import type { Address } from '../../src/engine/docker/engine.ts';

/** Where the tests' engine is. Throws when nobody said: a test of the real engine is never skipped. */
export function testEndpoint(): Address {
  const address = process.env['VNCCTL_TEST_ENGINE'];
  if (!address) throw new Error('VNCCTL_TEST_ENGINE is not set: give the address of a container engine for tests (unix:///…), or run them all with: npm test');
  return endpointAt(address);
}

/** The endpoint at an address. */
export function endpointAt(address: string): Address {
  return { address, transport: address.startsWith('unix:') ? 'unix' : 'tcp' };
}
