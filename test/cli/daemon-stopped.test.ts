// Ending the daemon: within five seconds whatever it is at, the desktops stay as they are, and nothing is left that keeps anybody
// from going on.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { proxiedInstallation } from '../support/cli.ts';
import { daemonDesktops, type MadeDesktop, succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf, type TestDaemon } from '../support/daemons.ts';
import { ensureStubbornImage, STUBBORN_ENTRY, STUBBORN_KEY } from '../support/tiny-image.ts';

const CLIENT = '11122233344';
const installation = await proxiedInstallation({ env: { VNCCTL_LISTEN: 'off', VNCCTL_SWEEP_INTERVAL: '1s', VNCCTL_WARN_BEFORE: '1s', VNCCTL_REMOVE_AFTER: 'never' } });
const { proxy, vncctl, up, home } = installation;
const { watching } = daemonsOf(installation, [CLIENT]);
const { make, engineState } = daemonDesktops(installation);

const STOP = { method: 'POST', path: /^\/containers\/[0-9a-f]+\/stop/, stop: 'request' } as const;
const LONGEST_MS = 5_000;

async function endsInTime(daemon: TestDaemon): Promise<void> {
  const askedMs = performance.now();
  expect(await daemon.stop()).toMatchObject({ exitCode: 0, signal: null });
  expect(performance.now() - askedMs).toBeLessThan(LONGEST_MS);
}

async function isAsBefore(desktop: MadeDesktop): Promise<void> {
  expect(await engineState(desktop)).toBe('running');
  expect(installation.state().allocations[desktop.id]).toBeDefined();
  expect(installation.state().allocations[desktop.id]).not.toHaveProperty('removing');
  expect(JSON.parse((await succeeds(up(CLIENT, '--json'))).stdout)).toMatchObject({ outcome: 'reused', id: desktop.id });
}

test('an idle daemon ends at once, and its desktops stay', async () => {
  const daemon = await watching();
  const desktop = await make(CLIENT);
  await endsInTime(daemon);
  await isAsBefore(desktop);
});

test('a daemon that waits for an engine which does not answer a removal takes it back', async () => {
  const daemon = await watching();
  const removal = proxy.hold(STOP);
  const desktop = await make(CLIENT, '--ttl', '2s');
  await removal.held;
  expect(installation.state().allocations[desktop.id]).toHaveProperty('removing.pid', daemon.pid);
  await endsInTime(daemon);
  proxy.reset();
  await isAsBefore(desktop);
});

test('a daemon that removes a desktop whose program will not end does not wait for it', async () => {
  await ensureStubbornImage();
  writeFileSync(join(home, 'config/catalog', `${STUBBORN_KEY}.yaml`), STUBBORN_ENTRY);
  const daemon = await watching();
  const asked = proxy.seen(/^POST \/containers\/[0-9a-f]+\/stop/, 1);
  const desktop = await make(CLIENT, '--image', STUBBORN_KEY, '--ttl', '2s');
  await asked;
  await endsInTime(daemon);
  expect(installation.state().allocations[desktop.id]).not.toHaveProperty('removing');
  // Docker goes on waiting for its end by itself.
  expect(await engineState(desktop)).toMatch(/running|exited/);
  await succeeds(vncctl('ls'));
});

test('a daemon whose engine has fallen silent ends all the same', async () => {
  const daemon = await watching();
  const desktop = await make(CLIENT);
  await daemon.line({ event: 'ready', desktop: desktop.id });
  const asks = proxy.seen(/^GET \/containers\/json/, 1);
  proxy.silence();
  await asks;
  await endsInTime(daemon);
  proxy.reset();
  await isAsBefore(desktop);
});

test('a second signal ends it at once, and the next daemon goes on where it was', async () => {
  const daemon = await watching();
  const removal = proxy.hold(STOP);
  const desktop = await make(CLIENT, '--ttl', '2s');
  await removal.held;
  daemon.child.kill('SIGTERM');
  await daemon.line({ message: /^stopping/ });
  const askedMs = performance.now();
  expect(await daemon.stop()).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
  expect(performance.now() - askedMs).toBeLessThan(1_000);
  proxy.reset();
  const next = await watching();
  await next.line({ event: 'removed', desktop: desktop.id });
});
