// What happens to desktops behind the daemon's back: told within a second by the engine's events, long before the next sweep, with
// the cause where vncctl knows it.
import { expect, test } from 'vitest';
import type { LifeEvent, LifeEventKind } from '../../src/core/journal.ts';
import { clientNumber, testInstallation } from '../support/cli.ts';
import { daemonDesktops, type MadeDesktop, succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf, type LogLine, type TestDaemon } from '../support/daemons.ts';
import { comesTrue } from '../support/eventually.ts';

const CLIENTS = Array.from({ length: 8 }, (_, n) => clientNumber(n));

const installation = await testInstallation({ ports: 12, env: { VNCCTL_LISTEN: 'off', VNCCTL_SWEEP_INTERVAL: '10m' } });
const { vncctl, api } = installation;
const { watching, journal } = daemonsOf(installation, CLIENTS);
const { make, isGone } = daemonDesktops(installation);

test('what is done to desktops by hand is told within a second, and what vncctl does with its own cause', async () => {
  const daemon = await watching();
  const [stopped, broken, removed, renamed, paused, byCommand, byCommandPaused] = await Promise.all(CLIENTS.slice(0, 7).map((client) => make(client)));
  if (!stopped || !broken || !removed || !renamed || !paused || !byCommand || !byCommandPaused) throw new Error('seven desktops were expected');
  for (const { id } of [stopped, broken, removed, renamed, paused, byCommand, byCommandPaused]) await daemon.line({ event: 'ready', desktop: id });
  const act = (desktop: MadeDesktop, method: string, path = ''): Promise<unknown> => api.call(method, `/containers/${desktop.container}${path}`);

  await Promise.all([
    act(stopped, 'POST', '/stop'),
    api.exec(broken.container, ['sh', '-c', 'kill -SEGV $(cat /tmp/.X0-lock)']),
    act(removed, 'DELETE', '?force=1'),
    act(renamed, 'POST', `/rename?name=${installation.instance}-other`),
    act(paused, 'POST', '/pause'),
    succeeds(vncctl('pause', byCommandPaused.client)),
  ]);
  await told(daemon, stopped, 'stopped', /^it ended with exit code (0|143)$/);
  await told(daemon, broken, 'died', /^it ended with exit code 13[49]$/);
  await told(daemon, removed, 'removed', /^its container was removed by other means than vncctl$/);
  await told(daemon, renamed, 'renamed', /^its container was renamed by other means than vncctl$/);
  await told(daemon, paused, 'paused', /^by other means than vncctl$/);
  await told(daemon, byCommandPaused, 'paused', /^somebody asked for it$/);
  expect(await daemon.line({ event: 'died', desktop: broken.id })).toMatchObject({ level: 'warning' });

  await act(paused, 'POST', '/unpause');
  await told(daemon, paused, 'woken', /^somebody asked for it$/);
  expect(JSON.parse((await succeeds(vncctl('up', stopped.client, '--image', 'tiny', '--json'))).stdout)).toMatchObject({ outcome: 'started' });
  const started = await told(daemon, stopped, 'started', /^it had ended$/);
  await daemon.line({ event: 'ready', desktop: stopped.id }, { after: started });
  await succeeds(vncctl('rm', byCommand.client, byCommandPaused.client));
  for (const desktop of [byCommand, byCommandPaused]) {
    await told(daemon, desktop, 'removed', /^vncctl rm$/);
    await isGone(desktop);
  }
  expect(daemon.eventsOf(byCommand.id)).toEqual(['created', 'ready', 'removed']);
  expect(daemon.eventsOf(byCommandPaused.id)).toEqual(['created', 'ready', 'paused', 'removed']);
  expect(daemon.eventsOf(removed.id)).toEqual(['created', 'ready', 'stopped', 'removed']);
  expect(daemon.eventsOf(stopped.id)).toEqual(['created', 'ready', 'stopped', 'started', 'ready']);
});

test('a desktop that is made anew is told as the end of one and the beginning of another', async () => {
  const daemon = await watching();
  const old = await make(clientNumber(7));
  await daemon.line({ event: 'ready', desktop: old.id });
  const fresh = await make(clientNumber(7), '--recreate');
  expect(fresh.id).not.toBe(old.id);
  await daemon.line({ event: 'ready', desktop: fresh.id });
  await told(daemon, old, 'removed', /^vncctl up: --recreate$/);
  expect(daemon.eventsOf(old.id)).toEqual(['created', 'ready', 'removed']);
  expect(daemon.eventsOf(fresh.id)).toEqual(['created', 'ready']);
});

/** The event is there with its cause, and was logged within a second of the moment that the engine names. */
async function told(daemon: TestDaemon, { id }: MadeDesktop, event: LifeEventKind, cause: RegExp): Promise<LogLine> {
  const line = await daemon.line({ event, desktop: id });
  expect(line.cause).toMatch(cause);
  const kept = (): LifeEvent | undefined => journal().find((entry) => entry.desktop === id && entry.event === event);
  await comesTrue('it is in the journal', () => kept() !== undefined);
  expect(Date.parse(line.time) - Date.parse(kept()?.at ?? '')).toBeLessThan(1_000);
  return line;
}
