// The network of the desktops: they can't reach each other on it.
import { expect, test } from 'vitest';
import { testInstallation } from '../support/cli.ts';

const installation = await testInstallation();
const { up, api } = installation;

test('a desktop can not reach another one on their network', async () => {
  expect((await up('11122233344')).exitCode).toBe(0);
  expect((await up('22233344455')).exitCode).toBe(0);
  const [one, two] = await installation.containers();
  if (!one || !two) throw new Error('two containers were expected');
  const dial = (from: string, to: string) => api.exec(from, ['python3', '-c', `import socket; socket.create_connection((${JSON.stringify(to)}, 5900), 2); print("connected")`]);
  // What shows that the dialling itself is right.
  expect(await dial(one.Id, '127.0.0.1')).toMatchObject({ exitCode: 0, output: expect.stringContaining('connected') });
  for (const [from, to] of [[one, two], [two, one]] as const) {
    const dialled = await dial(from.Id, await addressOf(to.Id));
    expect(dialled.exitCode, dialled.output).toBe(1);
    expect(dialled.output).toMatch(/timed out|unreachable|refused/);
  }
});

test('an overlapping subnet is a clear error, and nothing is left', async () => {
  const taken = await api.call<{ IPAM: { Config: { Subnet: string }[] } }>('GET', '/networks/bridge');
  const subnet = taken.IPAM.Config[0]?.Subnet ?? '';
  const refused = await installation.vncctlWith({ VNCCTL_SUBNET: subnet }, 'up', '11122233344', '--image', 'tiny');
  expect(refused).toMatchObject({ exitCode: 4, stdout: '' });
  expect(refused.stderr).toContain(subnet);
  expect(refused.stderr).toContain('hint: ');
  expect(await installation.containers()).toEqual([]);
});

async function addressOf(id: string): Promise<string> {
  const { NetworkSettings: settings } = await api.call<{ NetworkSettings: { Networks: Record<string, { IPAddress: string }> } }>('GET', `/containers/${id}/json`);
  const address = settings.Networks[installation.network]?.IPAddress;
  if (!address) throw new Error('the container is not on the network');
  return address;
}
