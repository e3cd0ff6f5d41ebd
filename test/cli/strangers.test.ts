// Containers that are not this instance's desktops: left alone, never listed, never tripped over.
import { expect, test } from 'vitest';
import { type Finished, testInstallation } from '../support/cli.ts';

const installation = await testInstallation();
const other = await testInstallation();
const { up, vncctl, api } = installation;

const CLIENT = '11122233344';

test('a foreign container with the name of a client is a conflict and stays untouched', async () => {
  const name = `vnc_${installation.instance}.${CLIENT}`;
  const { Id } = await api.call<{ Id: string }>('POST', `/containers/create?name=${name}`, { Image: 'vncctl/test-screen:latest' });
  try {
    const before = await api.call('GET', `/containers/${Id}/json`);
    const refused = await up(CLIENT);
    expect(refused).toMatchObject({ exitCode: 4, stdout: '' });
    expect(refused.stderr).toContain(name);
    expect(refused.stderr).toContain('hint: ');
    expect((await up(CLIENT, '--recreate')).exitCode).toBe(4);
    expect((await vncctl('rm', CLIENT)).exitCode).toBe(3);
    expect((await vncctl('rm', '--all', '--yes')).exitCode).toBe(0);
    expect(await api.call('GET', `/containers/${Id}/json`)).toEqual(before);
    expect((await succeeds(vncctl('ls', '-q'))).stdout).toBe('');
  } finally {
    await api.call('DELETE', `/containers/${Id}?force=1`);
  }
});

test("another instance's desktops are not seen, not found and not removed", async () => {
  await succeeds(up(CLIENT));
  await succeeds(other.up('22233344455'));
  expect((await succeeds(vncctl('ls', '-q'))).stdout).toBe('111.222.333-44\n');
  expect((await vncctl('inspect', '22233344455')).exitCode).toBe(3);
  expect((await vncctl('rm', '22233344455')).exitCode).toBe(3);
  await succeeds(vncctl('rm', '--all', '--yes'));
  expect(await installation.containers()).toEqual([]);
  expect((await other.onlyContainer()).State).toBe('running');
});

test('two instances give one client a desktop each', async () => {
  await succeeds(up(CLIENT));
  await succeeds(other.up(CLIENT));
  expect((await installation.onlyContainer()).Id).not.toBe((await other.onlyContainer()).Id);
});

async function succeeds(command: Promise<Finished>): Promise<Finished> {
  const finished = await command;
  expect(finished.exitCode, finished.stderr).toBe(0);
  return finished;
}
