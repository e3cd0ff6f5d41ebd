// What somebody does to a desktop's container with the engine's own tools: the status tells the truth, and `up` mends it.
import { expect, test } from 'vitest';
import { type Finished, testInstallation } from '../support/cli.ts';

const installation = await testInstallation();
const { up, vncctl, api } = installation;

const CLIENT = '11122233344';

interface Row {
  client: string;
  status: string;
  id: string;
  lastUsedAt: string | null;
  url: string | null;
}

test('a desktop whose container was removed is lost, and up makes a new one', async () => {
  const { id } = await made();
  await api.call('DELETE', `/containers/${id}?force=1`);
  expect(await onlyRow()).toMatchObject({ client: CLIENT, status: 'lost' });
  const opened = await vncctl('open', '--print', CLIENT);
  expect(opened).toMatchObject({ exitCode: 3, stdout: '' });
  expect(opened.stderr).toContain('hint: ');
  await succeeds(up(CLIENT));
  expect(await onlyRow()).toMatchObject({ client: CLIENT, status: 'ready' });
  expect((await installation.onlyContainer()).Id).not.toBe(id);
});

test('a lost desktop can be removed', async () => {
  const { id } = await made();
  await api.call('DELETE', `/containers/${id}?force=1`);
  await succeeds(vncctl('rm', CLIENT));
  expect(await rows()).toEqual([]);
});

test('a desktop whose container was renamed is still the one its client has', async () => {
  const { id, link } = await made();
  await api.call('POST', `/containers/${id}/rename?name=renamed-${installation.instance}`);
  expect(await onlyRow()).toMatchObject({ client: CLIENT, status: 'ready' });
  expect((await succeeds(up(CLIENT))).stdout).toBe(link);
  const container = await installation.onlyContainer();
  expect(container.Id).toBe(id);
  expect(container.Names).toEqual([`/vnc_${installation.instance}.${CLIENT}`]);
});

test('a renamed desktop can be removed', async () => {
  const { id } = await made();
  await api.call('POST', `/containers/${id}/rename?name=renamed-${installation.instance}`);
  await succeeds(vncctl('rm', CLIENT));
  expect(await installation.containers()).toEqual([]);
});

test.each([
  ['stopped', 'stop?t=2'],
  ['killed', 'kill'],
])('a desktop whose container was %s is stopped, and up starts it at the same link', async (_, action) => {
  const { id, link } = await made();
  await api.call('POST', `/containers/${id}/${action}`);
  await api.call('POST', `/containers/${id}/wait`);
  expect(await onlyRow()).toMatchObject({ status: 'stopped' });
  expect((await succeeds(up(CLIENT))).stdout).toBe(link);
  expect(await onlyRow()).toMatchObject({ status: 'ready' });
  expect((await installation.onlyContainer()).Id).toBe(id);
});

test('a desktop whose container was restarted is ready at the same link', async () => {
  const { id, link } = await made();
  await api.call('POST', `/containers/${id}/restart?t=2`);
  expect(await onlyRow()).toMatchObject({ status: 'ready' });
  expect((await succeeds(up(CLIENT))).stdout).toBe(link);
  expect((await installation.onlyContainer()).Id).toBe(id);
});

test('a desktop whose container was paused is paused, and up wakes it', async () => {
  const { id, link } = await made();
  await api.call('POST', `/containers/${id}/pause`);
  expect(await onlyRow()).toMatchObject({ status: 'paused' });
  expect((await succeeds(up(CLIENT))).stdout).toBe(link);
  expect(await onlyRow()).toMatchObject({ status: 'ready' });
});

test('pause freezes the container, wake has it run on, restart starts it again: at the same link, without a daemon', async () => {
  const { id, link } = await made();
  expect((await succeeds(vncctl('pause', CLIENT))).stdout).toBe('111.222.333-44\n');
  expect(await onlyRow()).toMatchObject({ status: 'paused' });
  expect((await installation.onlyContainer()).State).toBe('paused');
  expect(JSON.parse((await succeeds(vncctl('unpause', CLIENT, '--json'))).stdout)).toMatchObject([{ client: CLIENT, status: 'ready' }]);
  expect((await installation.onlyContainer()).State).toBe('running');
  await succeeds(vncctl('pause', CLIENT));
  const startedAt = async (): Promise<string> => (await api.call<{ State: { StartedAt: string } }>('GET', `/containers/${id}/json`)).State.StartedAt;
  const before = await startedAt();
  expect((await succeeds(vncctl('restart', CLIENT))).stdout).toBe(link);
  expect(await startedAt()).not.toBe(before);
  expect(await onlyRow()).toMatchObject({ status: 'ready' });
});

test('a paused desktop can be removed', async () => {
  const { id } = await made();
  await api.call('POST', `/containers/${id}/pause`);
  await succeeds(vncctl('rm', CLIENT));
  expect(await installation.containers()).toEqual([]);
});

test('a stopped desktop whose network was removed is made anew', async () => {
  const { id } = await made();
  await api.call('POST', `/containers/${id}/stop?t=2`);
  await api.call('DELETE', `/networks/${installation.network}`);
  await succeeds(up(CLIENT));
  expect(await onlyRow()).toMatchObject({ status: 'ready' });
  await installation.onlyContainer();
});

async function made(): Promise<{ id: string; link: string }> {
  const { stdout } = await succeeds(up(CLIENT));
  return { id: (await installation.onlyContainer()).Id, link: stdout };
}

async function rows(): Promise<Row[]> {
  return JSON.parse((await succeeds(vncctl('ls', '--json'))).stdout) as Row[];
}

async function onlyRow(): Promise<Row | undefined> {
  const all = await rows();
  expect(all).toHaveLength(1);
  return all[0];
}

async function succeeds(command: Promise<Finished>): Promise<Finished> {
  const finished = await command;
  expect(finished.exitCode, finished.stderr).toBe(0);
  return finished;
}
