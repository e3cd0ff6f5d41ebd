// What one desktop learns of the others by asking the engine's DNS: a neighbour's address leads to a name, and a guessed name to an
// answer. Of a new installation neither tells whose desktop it is, or whether a person has one.
import { expect, test } from 'vitest';
import { testInstallation } from '../support/cli.ts';
import { TINY_KEY } from '../support/tiny-image.ts';

const SPY = '11144477735';
const NEIGHBOUR = '52998224725';
// Empty is not set: what a new installation does by itself.
const installation = await testInstallation({ env: { VNCCTL_NAMING: '', VNCCTL_IMAGE: TINY_KEY } });
const { vncctl, api } = installation;

interface Row {
  client: string | null;
  container: string;
}

/** Asks the engine's DNS from inside a container. */
const ask = async (container: string, name: string): Promise<string> => (await api.exec(container, ['getent', 'hosts', name])).output;

test('the names of the neighbours tell no CPF, nor whether a guessed one has a desktop', async () => {
  for (const client of [SPY, NEIGHBOUR]) expect((await vncctl('up', client, '--json')).exitCode).toBe(0);
  const rows = JSON.parse((await vncctl('ls', '--json')).stdout) as Row[];
  const [spy, neighbour] = [SPY, NEIGHBOUR].map((client) => rows.find((row) => row.client === client));
  expect(spy?.container).toMatch(/^vnc_test-[0-9a-f]{8}\.[0-9a-f]{20}$/);
  const address = (await installation.containers()).find(({ Names }) => Names.includes(`/${neighbour?.container}`))?.NetworkSettings.Networks[installation.network]?.IPAddress ?? '';
  expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);

  const byAddress = await ask(spy?.container ?? '', address);
  expect(byAddress).toContain(neighbour?.container);
  expect(byAddress).not.toContain(NEIGHBOUR);
  const before = spy?.container.slice(0, -20) ?? '';
  for (const guess of [NEIGHBOUR, `vnc_${NEIGHBOUR}`, `${before}${NEIGHBOUR}`]) expect(await ask(spy?.container ?? '', guess), guess).toBe('');
  // The spy does see what it asks for where there is something: the test's own eyes are open.
  expect(await ask(spy?.container ?? '', neighbour?.container ?? '')).toContain(address);
});

test('the desktops of an installation that began with plain names are found and get other names', async () => {
  const plain = { VNCCTL_NAMING: 'plain' };
  const made = await installation.vncctlWith(plain, 'up', NEIGHBOUR, '--json');
  const before = JSON.parse(made.stdout) as { id: string; container: string };
  expect(before.container).toContain(NEIGHBOUR);
  for (const verb of [['inspect', NEIGHBOUR, '--json'], ['why', NEIGHBOUR], ['touch', NEIGHBOUR]]) expect((await vncctl(...verb)).exitCode, verb[0]).toBe(0);
  const again = JSON.parse((await vncctl('up', NEIGHBOUR, '--json')).stdout) as { id: string; container: string; outcome: string };
  expect(again).toMatchObject({ id: before.id, outcome: 'reused' });
  expect(again.container).not.toContain(NEIGHBOUR);
  expect((JSON.parse((await vncctl('ls', '--json')).stdout) as Row[]).map(({ client }) => client)).toEqual([NEIGHBOUR]);
});
