// kill -9 of the daemon at several moments of its work, and a new one: nothing lost, nothing removed that should not be, nothing
// left over.
import { expect, test } from 'vitest';
import { proxiedInstallation } from '../support/cli.ts';
import { daemonDesktops, succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf } from '../support/daemons.ts';
import { comesTrue } from '../support/eventually.ts';
import { lookDirectly } from '../support/rfb-viewer.ts';

const ONE = '11122233344';
const TWO = '22233344455';
const WARNED_BEFORE_MS = 2_000;

const installation = await proxiedInstallation({
  env: { VNCCTL_LISTEN: 'off', VNCCTL_SWEEP_INTERVAL: '1s', VNCCTL_WARN_BEFORE: '2s', VNCCTL_IDLE: 'never', VNCCTL_REMOVE_AFTER: '4s', VNCCTL_PAUSE_DIRECT: 'true' },
});
const { proxy, up } = installation;
const { start, watching } = daemonsOf(installation, [ONE, TWO]);
const { make, why, engineState, isGone } = daemonDesktops(installation);

test('killed before its first look, it has done nothing, and the next one watches', async () => {
  const desktop = await make(ONE);
  const look = proxy.hold({ method: 'GET', path: /^\/containers\/json/, stop: 'request' });
  const killed = start();
  await look.held;
  await killed.kill();
  proxy.reset();
  const next = await watching();
  expect(await engineState(desktop)).toBe('running');
  expect(await why(desktop)).toMatchObject({ watched: true, viewers: 0 });
  const warned = await next.line({ event: 'warned', desktop: desktop.id });
  const removed = await next.line({ event: 'removed', desktop: desktop.id });
  expect(Date.parse(removed.time) - Date.parse(warned.time)).toBeGreaterThanOrEqual(WARNED_BEFORE_MS - 100);
  await isGone(desktop);
});

test('killed while a desktop is warned, the next one removes it no sooner than was told, and spares one that somebody has come to meanwhile', async () => {
  const killed = await watching();
  const [warned, used] = await Promise.all([make(ONE), make(TWO)]);
  await killed.line({ event: 'warned', desktop: warned.id });
  await killed.line({ event: 'warned', desktop: used.id });
  await killed.kill();
  const viewer = await lookDirectly(used.address);
  const next = await watching();
  const removed = await next.line({ event: 'removed', desktop: warned.id });
  // The old warning stands, or a new one was given.
  const told = [...killed.lines(), ...next.lines()].findLast(({ event, desktop }) => event === 'warned' && desktop === warned.id);
  expect(Date.parse(removed.time)).toBeGreaterThanOrEqual(Date.parse(told?.removeAt ?? ''));
  await isGone(warned);
  await viewer.picture();
  expect(await why(used)).toMatchObject({ viewers: 1, removal: null });
  expect(installation.state().allocations[used.id]).not.toHaveProperty('warned');
});

test('killed during a removal that the engine has not done, the next one ends it, and nothing is left', async () => {
  const killed = await watching();
  const removal = proxy.hold({ method: 'DELETE', path: /^\/containers\//, stop: 'request' });
  const desktop = await make(ONE);
  await removal.held;
  await killed.kill();
  proxy.reset();
  expect(await engineState(desktop)).toBe('exited');
  const next = await watching();
  await next.line({ event: 'removed', desktop: desktop.id });
  await isGone(desktop);
  expect(await installation.containers()).toEqual([]);
  expect(installation.state()).toMatchObject({ allocations: {}, reservations: [] });
});

test('killed at the beginning of a removal, the desktop is kept for whoever comes meanwhile, and up hands it out', async () => {
  const killed = await watching();
  const removal = proxy.hold({ method: 'POST', path: /^\/containers\/[0-9a-f]+\/stop/, stop: 'request' });
  const desktop = await make(ONE);
  await removal.held;
  await killed.kill();
  proxy.reset();
  const viewer = await lookDirectly(desktop.address);
  const next = await watching();
  const unused = await make(TWO);
  expect(JSON.parse((await succeeds(up(ONE, '--json'))).stdout)).toMatchObject({ outcome: 'reused', id: desktop.id });
  await next.line({ event: 'removed', desktop: unused.id });
  await viewer.picture();
  expect(await why(desktop)).toMatchObject({ status: 'ready', viewers: 1, removal: null });
});

test('killed while a desktop is paused, the next one wakes it for whoever has come meanwhile', async () => {
  const killed = await watching();
  const desktop = await make(ONE, '--idle', '1s', '--remove-after', '1h');
  await killed.line({ event: 'paused', desktop: desktop.id });
  await comesTrue('it is paused', async () => (await why(desktop)).status === 'paused');
  await killed.kill();
  const coming = lookDirectly(desktop.address);
  const next = await watching();
  await (await coming).picture();
  expect((await next.line({ event: 'woken', desktop: desktop.id })).cause).toBe('somebody looks at it');
});
