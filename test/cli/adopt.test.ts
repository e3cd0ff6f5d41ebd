// Moving over on a real engine: containers as an older system has left them running, one of them paused, become desktops of ours; what
// is none of them is left as it is.
import { expect, onTestFinished, test } from 'vitest';
import { clientNumber, testInstallation } from '../support/cli.ts';
import { askSocket, socketOf } from '../support/daemon-api.ts';
import { succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf } from '../support/daemons.ts';
import type { RawContainer } from '../support/engine-api.ts';
import { lookThroughGateway } from '../support/rfb-viewer.ts';
import { TINY_KEY, TINY_REFERENCE } from '../support/tiny-image.ts';

const [ANA, RUI, EVA] = [clientNumber(1), clientNumber(2), clientNumber(3)];
const installation = await testInstallation({ env: { VNCCTL_LISTEN: '127.0.0.1:0', VNCCTL_IMAGE: TINY_KEY } });
const { api, vncctl, vncctlWith, up, instance } = installation;
const { watching } = daemonsOf(installation, [ANA, RUI, EVA]);

/** The name that a desktop of ours has, too: as it is where both systems call theirs by the same prefix. */
const named = (client: string): string => `vnc_${instance}.${client}`;
const PATTERN = named('*');

/** Leaves a running one without a mark, as an older system does; it is gone after the test, unless it went before. */
async function leave(name: string, env: readonly string[] = []): Promise<string> {
  const { Id } = await api.call<{ Id: string }>('POST', `/containers/create?name=${name}`, { Image: TINY_REFERENCE, Env: env, HostConfig: { Tmpfs: { '/tmp': 'rw,mode=1777' } } });
  onTestFinished(() => api.call('DELETE', `/containers/${Id}?force=1&v=1`).then(() => {}, (error: { status?: number }) => expect(error.status).toBe(404)));
  await api.call('POST', `/containers/${Id}/start`);
  return Id;
}

/** What the engine says of a container: its name and state; undefined when it is gone. */
async function seen(id: string): Promise<string | undefined> {
  const found = (await api.call<RawContainer[]>('GET', '/containers/json?all=1')).find(({ Id }) => Id === id);
  return found && `${found.Names[0]?.slice(1)} ${found.State}`;
}

const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await succeeds(vncctl(...args, '--json'))).stdout) as T;

test('containers that an older system left are shown, replaced when that is confirmed, and desktops like all others from then on', async () => {
  const daemon = await watching();
  const olds = [await leave(named(ANA)), await leave(named(RUI)), await leave(named('proxy'))];
  await api.call('POST', `/containers/${olds[1]}/pause`);
  const before = [`${named(ANA)} running`, `${named(RUI)} paused`, `${named('proxy')} running`];

  // The size is the image's own.
  const row = { image: TINY_REFERENCE, url: null, size: '1280x720', kept: null };
  const shown = await json<object[]>('adopt', PATTERN, '--dry-run');
  expect(shown).toHaveLength(3);
  expect(shown).toEqual(expect.arrayContaining([{ ...row, client: ANA, container: named(ANA) }, { ...row, client: RUI, container: named(RUI) }, { ...row, client: null, container: named('proxy'), kept: 'its name tells no client' }]));
  expect(await vncctl('adopt', PATTERN)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('vncctl adopt --yes') as string });
  expect(await Promise.all(olds.map(seen))).toEqual(before);

  const { stderr } = await succeeds(vncctl('adopt', PATTERN, '--yes'));
  for (const client of [ANA, RUI]) expect(stderr).toContain(`replaced ${named(client)}\n`);
  expect(await Promise.all(olds.map(seen))).toEqual([undefined, undefined, before[2]]);

  const listed = await json<{ id: string; client: string }[]>('ls');
  expect(listed.toSorted((one, other) => Number(one.client) - Number(other.client))).toMatchObject([ANA, RUI].map((client) => ({ client, status: 'ready', container: named(client) })));
  const id = listed.find(({ client }) => client === ANA)?.id ?? '';
  await daemon.line({ event: 'ready', desktop: id });
  expect(await json('touch', ANA, '--for', '2h')).toMatchObject({ client: ANA });
  await (await lookThroughGateway((await succeeds(vncctl('open', '--print', ANA))).stdout.trim())).picture();
  expect((await askSocket(socketOf(installation), 'POST', '/api/v1/desktops', { client: ANA })).json).toMatchObject({ outcome: 'reused', id });
  expect((await askSocket(socketOf(installation), 'DELETE', `/api/v1/desktops/${RUI}`)).status).toBe(200);
  await succeeds(vncctl('rm', ANA));
  expect(await installation.containers()).toEqual([]);
  expect(await json('adopt', PATTERN, '--dry-run')).toEqual([expect.objectContaining({ container: named('proxy') })]);
});

test('page and size are taken along, and whoever has a desktop of ours already keeps it', async () => {
  const old = await leave(`${instance}-vm-${ANA}`, ['VNC_APPNAME=firefox-kiosk https://example.org/desk', 'VNC_WIDTH=390', 'VNC_HEIGHT=900']);
  const kept = await leave(`${instance}-vm-${EVA}`);
  await succeeds(up(EVA));
  const own = await installation.onlyContainer();
  const run = await succeeds(vncctlWith({ VNCCTL_WAIT: 'running' }, 'adopt', `${instance}-vm-*`, '--image', 'firefox-kiosk', '--yes'));
  expect(run.stdout).toContain('left alone: its client has a desktop already');
  expect(await Promise.all([old, kept].map(seen))).toEqual([undefined, `${instance}-vm-${EVA} running`]);
  const made = (await installation.containers()).find(({ Id }) => Id !== own.Id);
  const { Config } = await api.call<{ Config: { Env: string[] } }>('GET', `/containers/${made?.Id}/json`);
  expect(Config.Env).toEqual(expect.arrayContaining(['VNC_URL=https://example.org/desk', 'VNC_WIDTH=390', 'VNC_HEIGHT=900']));
});

test('one whose successor can not be made is as it was', async () => {
  const old = await leave(named(ANA));
  const { exitCode, stderr } = await vncctlWith({ VNCCTL_RESERVE_MEMORY: '1t' }, 'adopt', PATTERN, '--yes');
  expect(exitCode, stderr).toBe(5);
  expect(stderr).toContain(`error: ${named(ANA)}: too little memory`);
  expect(await seen(old)).toBe(`${named(ANA)} running`);
  expect(await installation.containers()).toEqual([]);
});
