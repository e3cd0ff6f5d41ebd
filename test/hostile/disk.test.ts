// A program in a desktop that fills the disk of the host: the daemon says so in time, and ends the desktop when it goes on.
import Docker from 'dockerode';
import { expect, test } from 'vitest';
import { testInstallation } from '../support/cli.ts';
import { daemonDesktops, succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf } from '../support/daemons.ts';
import { runInContainer } from '../support/own-installation.ts';
import { testEndpoint } from '../support/test-engine.ts';

const FULL = '11122233344';
const NEARLY = '22233344455';
const LITTLE = '33344455566';

const installation = await testInstallation({ env: { VNCCTL_LISTEN: 'off', VNCCTL_SWEEP_INTERVAL: '1s', VNCCTL_DISK_MAX: '20m' } });
const { vncctl } = installation;
const { watching } = daemonsOf(installation, [FULL, NEARLY, LITTLE]);
const { make, engineState, isGone } = daemonDesktops(installation);
const docker = new Docker({ socketPath: new URL(testEndpoint().address).pathname });

test('a desktop that writes more to the disk than it may is removed with that cause, one that nears it is told of, one below stays', async () => {
  const desktops = [
    { desktop: await make(FULL), mebibytes: 30 },
    { desktop: await make(NEARLY), mebibytes: 18 },
    { desktop: await make(LITTLE), mebibytes: 5 },
  ] as const;
  const [full, nearly, little] = desktops.map(({ desktop }) => desktop);
  if (!full || !nearly || !little) throw new Error('three were made');
  for (const { desktop, mebibytes } of desktops) {
    const said = await runInContainer(docker.getContainer(desktop.container), 'dd', 'if=/dev/zero', 'of=/var/tmp/fills', 'bs=1M', `count=${mebibytes}`);
    expect(said).toContain(`${mebibytes}+0 records out`);
  }
  const daemon = await watching();
  const removed = await daemon.line({ event: 'removed', desktop: full.id });
  expect(removed.cause).toBe('its disk use passed 20m');
  const warned = await daemon.line({ event: 'warned', desktop: nearly.id });
  expect(warned.cause).toMatch(/^it uses 9\d % of the 20m of disk that it may$/);
  expect(warned.removeAt ?? null).toBeNull();
  await isGone(full);
  expect((await vncctl('why', FULL)).stderr).toMatch(/the last one was removed .*: its disk use passed 20m/);
  expect((await succeeds(vncctl('events', FULL))).stdout).toContain('its disk use passed 20m');
  expect(await engineState(nearly)).toBe('running');
  expect(await engineState(little)).toBe('running');
  expect(daemon.eventsOf(little.id)).toEqual([]);
});
