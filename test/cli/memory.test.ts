// What vncctl remembers may be lost or broken: the engine's labels are the truth about which desktops exist.
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { expect, test } from 'vitest';
import { type Finished, testInstallation } from '../support/cli.ts';

const installation = await testInstallation();
const { up, vncctl, stateFile } = installation;

const CLIENT = '11122233344';
const OTHER = '22233344455';

test('without the state all desktops are listed and kept, and when they were used is unknown', async () => {
  const link = (await succeeds(up(CLIENT))).stdout;
  await succeeds(up(OTHER));
  rmSync(stateFile);
  const table = (await succeeds(vncctl('ls'))).stdout;
  expect(table).toMatch(/111\.222\.333-44 +ready .* unknown +- +not watched\n/);
  expect(table).toMatch(/222\.333\.444-55 +ready .* unknown +- +not watched\n/);
  expect((await succeeds(up(CLIENT))).stdout).toBe(link);
  expect(await installation.containers()).toHaveLength(2);
  expect((await succeeds(vncctl('ls', '--filter', `client=${CLIENT}`))).stdout).not.toContain('unknown');
});

test.each([
  ['no JSON', '{"allocations": {'],
  ['empty', ''],
  ['a list', '[]'],
])('a state file that is %s is set aside with a message, and rebuilt', async (_, content) => {
  const link = (await succeeds(up(CLIENT))).stdout;
  writeFileSync(stateFile, content);
  const listed = await succeeds(vncctl('ls'));
  expect(listed.stdout).toMatch(/111\.222\.333-44 +ready .* unknown +- +not watched\n/);
  expect(listed.stderr).toMatch(/^warning: .*state\.json.*set aside as /);
  const aside = readdirSync(dirname(stateFile)).filter((name) => name.startsWith(`${basename(stateFile)}.corrupt-`));
  expect(aside).toHaveLength(1);
  const again = await succeeds(up(CLIENT));
  expect(again.stdout).toBe(link);
  expect(again.stderr).not.toContain('set aside');
  expect(Object.keys(installation.state().allocations)).toHaveLength(1);
  await succeeds(vncctl('rm', CLIENT));
});

test('the state can be read by its owner only', async () => {
  await succeeds(up(CLIENT));
  expect((statSync(stateFile).mode & 0o777).toString(8)).toBe('600');
  expect((statSync(dirname(stateFile)).mode & 0o777).toString(8)).toBe('700');
});

async function succeeds(command: Promise<Finished>): Promise<Finished> {
  const finished = await command;
  expect(finished.exitCode, finished.stderr).toBe(0);
  return finished;
}
