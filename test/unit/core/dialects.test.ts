// Which addresses are a dialect's.
import { expect, test } from 'vitest';
import { type Dialect, DIALECTS, isOfDialects } from '../../../src/core/dialects.ts';

test('each dialect has its own addresses, and none where it is off', () => {
  const paths = ['/access', '/status', '/remove', '/remove-all', '/health', '/workers', '/sessions', '/sessions/a', '/sessions/a/b/touch', '/vnc/a', '/', '/d/x/', '/accessories', '/sessionsx', '/api/vm/any/x'];
  const of = (...dialects: Dialect[]): string[] => paths.filter((path) => isOfDialects(path, dialects));
  expect(of()).toEqual([]);
  expect(of('kiosk-orchestrator')).toEqual(['/access', '/status', '/remove', '/remove-all', '/health']);
  expect(of('browser-fleet')).toEqual(['/health', '/workers', '/sessions', '/sessions/a', '/sessions/a/b/touch', '/vnc/a']);
  expect(of('curated-desktops')).toEqual([]);
  expect(of(...DIALECTS)).toHaveLength(10);
});
