// Twenty clients at the same moment, and a list of twenty.
import { expect, test } from 'vitest';
import { clientNumber, testInstallation } from '../support/cli.ts';

const installation = await testInstallation({ ports: 20 });
const { up, vncctl, vncctlWith, ports } = installation;

const CLIENTS = Array.from({ length: 20 }, (_, index) => clientNumber(index + 1));

test('twenty ups for twenty clients at once end with twenty desktops on twenty ports, and one rm takes all of them', async () => {
  const ups = await Promise.all(CLIENTS.map((client) => up(client, '--timeout', '90s')));
  for (const { exitCode, stderr } of ups) expect(exitCode, stderr).toBe(0);
  const links = ups.map(({ stdout }) => Number(new URL(stdout.trim()).port)).sort((a, b) => a - b);
  expect(links).toEqual(Array.from({ length: 20 }, (_, index) => ports.min + index));
  const containers = await installation.containers();
  expect(containers).toHaveLength(20);
  expect(containers.filter(({ State }) => State !== 'running')).toEqual([]);
  expect(installation.state().reservations).toEqual([]);
  expect(Object.keys(installation.state().allocations)).toHaveLength(20);

  const { stdout } = await vncctl('ls');
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(21);
  for (const client of CLIENTS) expect(stdout).toContain(client.replace(/^(...)(...)(...)(..)$/, '$1.$2.$3-$4'));

  const removed = await vncctlWith({ VNCCTL_PARALLEL: '20' }, 'rm', '--all', '--yes');
  expect(removed.exitCode, removed.stderr).toBe(0);
  expect(removed.stderr).not.toContain('Warning');
  expect(removed.stdout.trimEnd().split('\n')).toHaveLength(20);
  expect(await installation.containers()).toEqual([]);
  expect(installation.state()).toEqual({ allocations: {}, reservations: [], naming: 'labelled' });
});
