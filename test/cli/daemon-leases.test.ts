// What leases do to real desktops under the daemon: whoever is looked at stays, whoever isn't goes after a warning, and `why` and
// `events` say the same as the daemon does.
import { expect, test } from 'vitest';
import { testInstallation } from '../support/cli.ts';
import { daemonDesktops, succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf } from '../support/daemons.ts';
import { comesTrue } from '../support/eventually.ts';
import { lookDirectly, lookInBrowser } from '../support/rfb-viewer.ts';

const ONE = '11122233344';
const TWO = '22233344455';
const THREE = '33344455566';

const installation = await testInstallation({
  env: { VNCCTL_LISTEN: 'off', VNCCTL_SWEEP_INTERVAL: '1s', VNCCTL_WARN_BEFORE: '3s', VNCCTL_IDLE: 'never', VNCCTL_REMOVE_AFTER: '6s' },
});
const { vncctl, vncctlWith } = installation;
const { watching } = daemonsOf(installation, [ONE, TWO, THREE]);
const { make, why, idleClock, engineState, isGone } = daemonDesktops(installation);

interface ToldEvent {
  event: string;
  cause: string;
  client: string | null;
  removeAt: string | null;
}
const eventsOf = async (client: string): Promise<ToldEvent[]> => JSON.parse((await succeeds(vncctl('events', client, '--json'))).stdout) as ToldEvent[];

test('a desktop that somebody looks at outlives its clock, which starts when the viewer goes and stops when one is back', async () => {
  const daemon = await watching();
  const used = await make(ONE);
  const viewer = await lookDirectly(used.address);
  const unused = await make(TWO);
  await daemon.line({ event: 'removed', desktop: unused.id });
  await isGone(unused);
  await viewer.picture();
  expect(await idleClock(used)).toMatchObject({ state: 'held', reason: 'somebody looks at it', dueAt: null });
  expect(await why(used)).toMatchObject({ viewers: 1, watched: true, next: null, removal: null });
  expect(daemon.eventsOf(used.id)).toEqual(['created', 'ready']);

  const leftMs = Date.now();
  viewer.leave();
  const warned = await daemon.line({ event: 'warned', desktop: used.id });
  expect(warned.cause).toBe('no viewer for 6s');
  expect(Date.parse(warned.removeAt ?? '')).toBeGreaterThanOrEqual(leftMs + 6_000);
  expect(await why(used)).toMatchObject({ viewers: 0, next: { do: 'remove', at: warned.removeAt, cause: 'no viewer for 6s' }, removal: { at: warned.removeAt, clock: 'no-client' } });

  const back = await lookDirectly(used.address);
  const kept = await daemon.line({ event: 'kept', desktop: used.id });
  expect(kept.cause).toBe('somebody looks at it');
  expect(await why(used)).toMatchObject({ viewers: 1, next: null, removal: null });

  const leftAgainMs = Date.now();
  back.leave();
  const removed = await daemon.line({ event: 'removed', desktop: used.id });
  expect(Date.parse(removed.time)).toBeGreaterThanOrEqual(leftAgainMs + 6_000);
  await isGone(used);
  expect(await installation.containers()).toEqual([]);
  expect(installation.state()).toMatchObject({ allocations: {}, reservations: [] });
  expect(daemon.eventsOf(used.id)).toEqual(['created', 'ready', 'warned', 'kept', 'warned', 'removed']);

  expect((await eventsOf(TWO)).map(({ event, cause }) => [event, cause])).toEqual([
    ['created', 'somebody asked for it'],
    ['ready', 'it has come up'],
    ['warned', 'no viewer for 6s'],
    ['removed', 'no viewer for 6s'],
  ]);
  expect((await eventsOf(ONE)).map(({ event }) => event)).toEqual(daemon.eventsOf(used.id));
  const gone = await vncctl('why', ONE);
  expect(gone.exitCode).toBe(3);
  expect(gone.stderr).toMatch(/the last one was removed .*: no viewer for 6s/);
});

test('a browser that shows a desktop through its published port keeps it', async () => {
  const daemon = await watching();
  const used = await make(ONE, '--image', 'firefox-kiosk', '--wait', 'window', '--remove-after', '4s');
  const viewer = await lookInBrowser(used.hostPort, used.secret);
  const unused = await make(TWO);
  await daemon.line({ event: 'removed', desktop: unused.id });
  await viewer.picture();
  expect(await why(used)).toMatchObject({ viewers: 1, removal: null });
  viewer.leave();
  await daemon.line({ event: 'warned', desktop: used.id });
  expect(await why(used)).toMatchObject({ viewers: 0, removal: { clock: 'no-client' } });
});

test('max-age removes even a desktop that somebody looks at, after the warning and not before its time', async () => {
  const daemon = await watching();
  const old = await make(ONE, '--max-age', '5s');
  const viewer = await lookDirectly(old.address);
  const createdMs = Date.parse((await daemon.line({ event: 'created', desktop: old.id })).time);
  const warned = await daemon.line({ event: 'warned', desktop: old.id });
  await viewer.picture();
  expect(await why(old)).toMatchObject({ viewers: 1, removal: { clock: 'max-age', cause: 'older than 5s', at: warned.removeAt } });
  const removed = await daemon.line({ event: 'removed', desktop: old.id });
  expect(removed.cause).toBe('older than 5s');
  // The engine may tell the second it was created in only.
  expect(Date.parse(removed.time)).toBeGreaterThanOrEqual(createdMs + 4_000);
  expect(Date.parse(removed.time)).toBeGreaterThanOrEqual(Date.parse(warned.time) + 2_000);
  await isGone(old);
  await expect(viewer.picture()).rejects.toThrow();
});

test('ttl is moved by touch and by nothing else, and touch --for holds a desktop whatever its ttl', async () => {
  const daemon = await watching({ VNCCTL_WARN_BEFORE: '4s' });
  const lease = ['--ttl', '8s', '--remove-after', 'never'];
  const looked = await make(ONE, ...lease);
  const touched = await make(TWO, ...lease);
  const held = await make(THREE, ...lease);
  await lookDirectly(looked.address);
  await succeeds(vncctl('touch', THREE, '--for', '1h'));
  await daemon.line({ event: 'warned', desktop: touched.id });
  const touchedMs = Date.now();
  await succeeds(vncctl('touch', TWO));
  await make(ONE);
  const removed = await daemon.line({ event: 'removed', desktop: looked.id });
  expect(removed.cause).toBe('its time to live of 8s is over');
  expect(await engineState(touched)).toBe('running');
  expect((await daemon.line({ event: 'kept', desktop: touched.id })).cause).toBe('a touch moved its ttl clock');
  const later = await daemon.line({ event: 'removed', desktop: touched.id });
  expect(Date.parse(later.time)).toBeGreaterThanOrEqual(touchedMs + 8_000);
  const told = await why(held);
  const ttl = told.clocks.find(({ clock }) => clock === 'ttl');
  expect(ttl).toMatchObject({ state: 'runs', movedBy: 'touch --for', dueAt: told.keptUntil });
  expect(Date.parse(told.keptUntil ?? '')).toBeGreaterThan(Date.now() + 3_000_000);
  expect(daemon.eventsOf(held.id)).toEqual(['created', 'ready']);
});

test('with pauseDirect an idle desktop is paused; a viewer or an up wakes it and is served', async () => {
  const daemon = await watching({ VNCCTL_PAUSE_DIRECT: 'true' });
  const desktop = await make(ONE, '--idle', '2s', '--remove-after', '1h');
  const paused = await daemon.line({ event: 'paused', desktop: desktop.id });
  expect(paused.cause).toBe('no viewer for 2s');
  await comesTrue('it is paused', async () => (await why(desktop)).status === 'paused');
  expect(await engineState(desktop)).toBe('paused');

  const comesMs = performance.now();
  const viewer = await lookDirectly(desktop.address);
  await viewer.picture();
  expect(performance.now() - comesMs).toBeLessThan(3_000);
  const woken = await daemon.line({ event: 'woken', desktop: desktop.id });
  expect(woken.cause).toBe('somebody looks at it');
  await comesTrue('it runs', async () => (await engineState(desktop)) === 'running');

  viewer.leave();
  const again = await daemon.line({ event: 'paused', desktop: desktop.id }, { after: woken });
  expect(again.cause).toBe('no viewer for 2s');
  await comesTrue('it is paused again', async () => (await why(desktop)).status === 'paused');
  expect(JSON.parse((await succeeds(vncctlWith({ VNCCTL_PAUSE_DIRECT: 'true' }, 'up', ONE, '--image', 'tiny', '--json'))).stdout)).toMatchObject({ outcome: 'woken' });
  await daemon.line({ event: 'woken', desktop: desktop.id }, { after: woken });
  await comesTrue('it runs', async () => (await engineState(desktop)) === 'running');
});
