// Ctrl-C and SIGTERM: what is half-made is undone, and the exit code says which it was.
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { proxiedInstallation } from '../support/cli.ts';
import type { Catch } from '../support/engine-proxy.ts';

const installation = await proxiedInstallation();
const { startUp, start, up, proxy } = installation;

const CLIENT = '11122233344';

const MOMENTS: [string, Catch][] = [
  ['the look', { method: 'GET', path: /^\/containers\/vnc_[^/]+\/json/, stop: 'request' }],
  ['the choice of a port', { method: 'GET', path: /^\/containers\/json(?!.*io\.vncctl\.instance)/, stop: 'answer' }],
  ['the creation', { method: 'POST', path: /^\/containers\/create/, stop: 'answer' }],
  ['the start', { method: 'POST', path: /^\/containers\/[^/]+\/start/, stop: 'answer' }],
  ['the wait for the screen', { method: 'POST', path: /^\/containers\/[^/]+\/wait/, stop: 'request' }],
  ['the last look', { method: 'GET', path: /^\/containers\/[0-9a-f]{64}\/json/, stop: 'request', skip: 1 }],
];

test.each(MOMENTS)('Ctrl-C during %s of up ends it with 130 and leaves nothing', async (_, moment) => {
  await endsWith(130, 'SIGINT', moment);
});

test.each(MOMENTS.slice(2, 4))('SIGTERM during %s of up ends it with 143 and leaves nothing', async (_, moment) => {
  await endsWith(143, 'SIGTERM', moment);
});

test('a second Ctrl-C ends the program at once although the undoing is stuck', async () => {
  const started = proxy.hold({ method: 'POST', path: /^\/containers\/[^/]+\/start/, stop: 'answer' });
  const undoing = proxy.hold({ method: 'DELETE', path: /^\/containers\//, stop: 'request' });
  const running = startUp(CLIENT);
  await started.held;
  running.child.kill('SIGINT');
  await undoing.held;
  running.child.kill('SIGINT');
  expect((await running.finished).signal).toBe('SIGINT');
});

test('Ctrl-C during rm ends it with 130, and the desktop can be removed afterwards', async () => {
  await up(CLIENT);
  const removal = proxy.hold({ method: 'POST', path: /^\/containers\/[^/]+\/stop/, stop: 'request' });
  const running = start('rm', CLIENT);
  await removal.held;
  running.child.kill('SIGINT');
  expect((await running.finished).exitCode).toBe(130);
  proxy.reset();
  const again = await installation.vncctl('rm', CLIENT);
  expect(again.exitCode, again.stderr).toBe(0);
  expect(await installation.containers()).toEqual([]);
});

async function endsWith(exitCode: number, signal: NodeJS.Signals, moment: Catch): Promise<void> {
  const caught = proxy.hold(moment);
  const running = startUp(CLIENT);
  await caught.held;
  running.child.kill(signal);
  // Whether a container was made has to be known before it can be undone: that answer is waited for.
  if (moment.stop === 'answer') caught.release();
  const askedMs = performance.now();
  const { stdout, stderr, ...end } = await running.finished;
  expect(performance.now() - askedMs).toBeLessThan(10_000);
  expect(end, stderr).toMatchObject({ exitCode, signal: null });
  expect(stdout).toBe('');
  expect(stderr).toMatch(/error: .*\n$/);
  expect(stderr).not.toContain('    at ');
  expect(await installation.containers()).toEqual([]);
  expect(reservations()).toEqual([]);
}

function reservations(): unknown[] {
  return existsSync(installation.stateFile) ? installation.state().reservations : [];
}
