import { expect, test } from 'vitest';
import { takePassedSocket } from '../../../src/daemon/passed-socket.ts';

test('a passed socket is the third descriptor, and no child hears of it', () => {
  const env = { LISTEN_PID: '100', LISTEN_FDS: '1', LISTEN_FDNAMES: 'http', PATH: '/bin' };
  expect(takePassedSocket(env, 100)).toEqual({ fd: 3 });
  expect(env).toEqual({ PATH: '/bin' });
});

test.each([{ LISTEN_PID: '99', LISTEN_FDS: '1' }, { LISTEN_PID: '100', LISTEN_FDS: '0' }, { LISTEN_FDS: '1' }, { LISTEN_PID: '100' }, {}])('%j passes none', (variables) => {
  const env: Record<string, string> = { ...variables };
  expect(takePassedSocket(env, 100)).toBeUndefined();
  expect(env).toEqual({});
});
