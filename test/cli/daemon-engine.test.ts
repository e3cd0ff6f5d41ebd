// The daemon while the engine or its own memory is in trouble: it says so, takes nobody's desktop for it, and goes on by itself.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { proxiedInstallation } from '../support/cli.ts';
import { daemonDesktops, succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf, type LogLine } from '../support/daemons.ts';
import { lookDirectly } from '../support/rfb-viewer.ts';

const ONE = '11122233344';
const TWO = '22233344455';

const installation = await proxiedInstallation({
  env: { VNCCTL_LISTEN: 'off', VNCCTL_SWEEP_INTERVAL: '1s', VNCCTL_WARN_BEFORE: '2s', VNCCTL_IDLE: 'never', VNCCTL_REMOVE_AFTER: '1h' },
});
const { proxy, api, stateFile, vncctl } = installation;
const { start, watching } = daemonsOf(installation, [ONE, TWO]);
const { make, why, engineState, isGone } = daemonDesktops(installation);

const TROUBLE = { level: 'error', message: /^can not watch the desktops/ } as const;

test('started while the engine is down, it says that it can not watch, and watches by itself once the engine is there', async () => {
  const desktop = await make(ONE);
  proxy.cut();
  const daemon = start({}, '--listen', '127.0.0.1:0');
  const door = (await daemon.line({ message: /^answering at/ })).message.replace(/^answering at /, 'http://');
  const trouble = await daemon.line(TROUBLE);
  expect(trouble).toMatchObject({ reason: expect.stringContaining('engine.sock') });
  expect((await fetch(`${door}/healthz`)).status).toBe(200);
  expect((await fetch(`${door}/readyz`)).status).toBe(503);
  await proxy.mend();
  await daemon.line({ message: /^watching again 1 desktop/ });
  expect((await fetch(`${door}/readyz`)).status).toBe(200);
  expect(await why(desktop)).toMatchObject({ watched: true, status: 'ready' });
  expect(daemon.lines().filter(({ level }) => level === 'error')).toHaveLength(1);
});

test('an engine that goes away under it and comes back is noticed: it looks again, tells what has changed meanwhile, and hears events again', async () => {
  const daemon = await watching();
  const [used, ended] = await Promise.all([make(ONE), make(TWO)]);
  const viewer = await lookDirectly(used.address);
  for (const { id } of [used, ended]) await daemon.line({ event: 'ready', desktop: id });
  proxy.cut();
  await daemon.line({ level: 'warning', message: /^the engine's events were lost/ });
  await daemon.line(TROUBLE);
  await api.call('POST', `/containers/${ended.container}/stop`);
  await proxy.mend();
  const again = await daemon.line({ message: /^watching again 2 desktops: .*; 1 in use/ });
  await daemon.line({ event: 'stopped', desktop: ended.id });
  await viewer.picture();
  // Paused with somebody there, it would be woken.
  viewer.leave();
  await api.call('POST', `/containers/${used.container}/pause`);
  await daemon.line({ event: 'paused', desktop: used.id }, { after: again });
  expect(daemon.eventsOf(used.id)).toEqual(['created', 'ready', 'paused']);
  expect(daemon.eventsOf(ended.id)).toEqual(['created', 'ready', 'stopped']);
});

test('idle time that nobody watched does not count: after a gap it begins anew', async () => {
  const before = await watching();
  const desktop = await make(ONE);
  await before.line({ event: 'ready', desktop: desktop.id });
  await before.stop();
  // As if the daemon had been away, and the desktop unused, for two hours.
  const agoMs = 2 * 3_600_000;
  const state = JSON.parse(readFileSync(stateFile, 'utf8')) as { watch: { at: string; bootMs: number }; allocations: Record<string, object> };
  const earlier = (key: string, value: unknown): unknown => {
    if (key === 'bootMs') return Number(value) - agoMs;
    return typeof value === 'string' && /^\d{4}-.*Z$/.test(value) ? new Date(Date.parse(value) - agoMs).toISOString() : value;
  };
  writeFileSync(stateFile, JSON.stringify(state, earlier));
  const startedMs = Date.now();
  await watching();
  const clock = (await why(desktop)).clocks.find(({ clock: name, action }) => name === 'no-client' && action === 'remove');
  expect(clock).toMatchObject({ state: 'runs', movedBy: 'begin of watching' });
  expect(Date.parse(clock?.dueAt ?? '')).toBeGreaterThanOrEqual(startedMs + 3_600_000);
  expect(await engineState(desktop)).toBe('running');
});

test.each([
  ['deleted', () => rmSync(stateFile)],
  ['damaged', () => writeFileSync(stateFile, '{"allocations": {"x')],
])('a state file that is %s under it costs nobody a desktop at once: whoever was warned is warned anew, and it goes on', async (_, harm) => {
  const daemon = await watching();
  const [used, unused] = await Promise.all([make(ONE, '--remove-after', '6s'), make(TWO, '--remove-after', '6s')]);
  const viewer = await lookDirectly(used.address);
  const warned = await daemon.line({ event: 'warned', desktop: unused.id });
  harm();
  const anew: LogLine = await daemon.line({ event: 'warned', desktop: unused.id }, { after: warned });
  const removed = await daemon.line({ event: 'removed', desktop: unused.id });
  expect(Date.parse(removed.time) - Date.parse(anew.time)).toBeGreaterThanOrEqual(1_900);
  await isGone(unused);
  await viewer.picture();
  expect(await why(used)).toMatchObject({ viewers: 1, watched: true });
  await succeeds(vncctl('rm', ONE));
  await isGone(used);
});
