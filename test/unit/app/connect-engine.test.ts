import { expect, test } from 'vitest';
import { closesHost } from '../../../src/app/connect-engine.ts';

test.each([
  ['auto', 'embedded', true],
  ['auto', 'socket', false],
  ['auto', 'environment', false],
  ['off', 'socket', true],
  ['off', 'embedded', true],
  ['on', 'embedded', false],
] as const)('with hostAccess %s on an engine found by %s, new networks are closed to the host: %s', (hostAccess, origin, closed) => {
  expect(closesHost({ hostAccess }, { origin })).toBe(closed);
});
