// The two doors of a desktop on a real engine: with a daemon that answers it needs no port, is paused when idle, and wakes for
// whoever opens its link; without one it is reached by its port.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { type Finished, testInstallation } from '../support/cli.ts';
import { daemonDesktops, succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf } from '../support/daemons.ts';
import { dialOptions } from '../support/engine-api.ts';
import { comesTrue } from '../support/eventually.ts';
import { lookInBrowser, lookThroughGateway } from '../support/rfb-viewer.ts';
import { testEndpoint } from '../support/test-engine.ts';

const ONE = '11122233344';
const installation = await testInstallation({ env: { VNCCTL_LISTEN: '127.0.0.1:0', VNCCTL_SWEEP_INTERVAL: '1s', VNCCTL_IDLE: 'never', VNCCTL_REMOVE_AFTER: '1h' } });
const { vncctl, vncctlWith, up, api } = installation;
const { watching } = daemonsOf(installation, [ONE]);
const { make, engineState } = daemonDesktops(installation);

/** What the engine was asked to publish of the only container. */
async function publishedPorts(): Promise<string[]> {
  const { Id } = await installation.onlyContainer();
  const { HostConfig } = await api.call<{ HostConfig: { PortBindings: Record<string, unknown> | null; PublishAllPorts: boolean } }>('GET', `/containers/${Id}/json`);
  expect(HostConfig.PublishAllPorts).toBe(false);
  return Object.keys(HostConfig.PortBindings ?? {});
}

const linkIn = ({ stdout }: Finished): string => stdout.trim();

test.each([1, 2])('two ups at the same moment end with one desktop without a port, and a link each (round %i)', async () => {
  await watching();
  const [one, two] = await Promise.all([succeeds(up('111.222.333-44')), succeeds(up(ONE))]);
  expect(await publishedPorts()).toEqual([]);
  expect(new URL(linkIn(one)).pathname).toBe(new URL(linkIn(two)).pathname);
  expect(linkIn(one)).not.toBe(linkIn(two));
  for (const each of [one, two]) await (await lookThroughGateway(linkIn(each))).picture();
  await expect(lookThroughGateway(linkIn(one))).rejects.toThrow('the link was not opened');
  expect(installation.state().reservations).toEqual([]);
});

test('up --direct publishes a port and prints the link that goes there; without the flag the same desktop is shown through the daemon', async () => {
  await watching();
  const { url, hostPort, door } = JSON.parse((await succeeds(vncctl('up', ONE, '--image', 'firefox-kiosk', '--wait', 'window', '--direct', '--json'))).stdout) as { url: string; hostPort: number; door: string };
  expect([door, await publishedPorts()]).toEqual(['direct', ['6080/tcp']]);
  await (await lookInBrowser(hostPort, new URLSearchParams(new URL(url).hash.slice(1)).get('key') ?? undefined)).picture();
  const gateway = linkIn(await succeeds(vncctl('open', ONE)));
  expect(gateway).toContain('/d/');
  await (await lookThroughGateway(gateway)).picture();
  expect(linkIn(await succeeds(vncctl('open', ONE, '--direct')))).toBe(url);
});

test('without the daemon nobody can see a desktop that has no port, which is said; the next daemon shows it', async () => {
  const daemon = await watching();
  await succeeds(up(ONE));
  await daemon.stop();
  for (const command of [up(ONE), vncctl('open', ONE)]) {
    const { exitCode, stdout, stderr } = await command;
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/no port of its own, and no daemon runs.*\nhint: start it: vncctl daemon .*--direct --recreate/);
  }
  expect(JSON.parse((await up(ONE, '--json')).stdout)).toMatchObject({ outcome: 'reused', url: null, door: null });
  expect(JSON.parse((await succeeds(vncctl('ls', '--json'))).stdout)).toMatchObject([{ status: 'ready', url: null }]);
  await watching();
  await (await lookThroughGateway(linkIn(await succeeds(vncctl('open', ONE))))).picture();
});

test('an idle desktop without a port is paused, and wakes for whoever opens its link, under the daemon that paused it and under the next', async () => {
  const first = await watching();
  const desktop = await make(ONE, '--idle', '2s');
  const isPaused = (): Promise<void> => comesTrue('it is paused', async () => (await engineState(desktop)) === 'paused');
  const look = async (): Promise<void> => {
    const viewer = await lookThroughGateway(linkIn(await succeeds(vncctl('open', ONE))));
    await viewer.picture();
    viewer.leave();
  };
  await isPaused();
  await look();
  const woken = await first.line({ event: 'woken', desktop: desktop.id });
  await first.line({ event: 'paused', desktop: desktop.id }, { after: woken });
  await isPaused();
  await first.stop();
  const next = await watching();
  expect(await engineState(desktop)).toBe('paused');
  await look();
  await next.line({ event: 'woken', desktop: desktop.id });
});

test('under cron nothing without a port is paused, since nobody would wake it', async () => {
  const daemon = await watching();
  const desktop = await make(ONE, '--idle', '1s');
  await daemon.line({ event: 'paused', desktop: desktop.id });
  await daemon.stop();
  await up(ONE);
  for (let sweep = 0; sweep < 4; sweep++) expect((await succeeds(vncctl('daemon', '--once'))).stdout).toBe('');
  expect(await engineState(desktop)).toBe('running');
});

test('a stopped desktop is started by opening its link', async () => {
  await watching();
  const desktop = await make(ONE);
  await api.call('POST', `/containers/${desktop.container}/stop?t=2`);
  const viewer = await lookThroughGateway(linkIn(await succeeds(vncctl('open', ONE))));
  await viewer.picture();
  expect(await engineState(desktop)).toBe('running');
});

test('where the address of a container can not be dialled it has a port on loopback, and the gateway goes through that', async () => {
  const place = dialOptions(testEndpoint().address);
  // By TCP an engine may be on any machine.
  const engine = createServer((socket) => {
    const back = connect('socketPath' in place ? { path: place.socketPath } : place);
    pipeline(socket, back, socket, () => undefined);
  }).listen(0, '127.0.0.1');
  await once(engine, 'listening');
  onTestFinished(() => void engine.close());
  const env = { DOCKER_HOST: `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}` };
  await watching(env);
  const told = await succeeds(vncctlWith(env, 'up', ONE, '--image', 'firefox-kiosk', '--wait', 'rfb', '--json'));
  const { url, door, hostPort } = JSON.parse(told.stdout) as { url: string; door: string; hostPort: number };
  expect(door).toBe('gateway');
  expect((await installation.onlyContainer()).Ports).toContainEqual(expect.objectContaining({ IP: '127.0.0.1', PublicPort: hostPort }));
  const viewer = await lookThroughGateway(url);
  for (let count = 0; count < 20; count++) await viewer.picture();
});
