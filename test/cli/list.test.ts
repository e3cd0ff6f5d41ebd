// `ls` in its forms, and `rm` of several.
import { expect, test } from 'vitest';
import { type Finished, shell, testInstallation } from '../support/cli.ts';

const installation = await testInstallation();
const { up, vncctl, api } = installation;

test('ls prints what is asked: table, names, template, JSON, filtered, masked', async () => {
  await succeeds(up('11122233344'));
  await succeeds(up('22233344455'));
  const stopped = (await installation.containers()).find(({ Names }) => Names[0]?.endsWith('22233344455'));
  await api.call('POST', `/containers/${stopped?.Id}/stop?t=1`);
  const first = `http://localhost:${installation.ports.min}/`;

  // The engine tells the time of creation in whole seconds: of two made in one, either may come first.
  expect((await succeeds(vncctl('ls', '-q'))).stdout.trimEnd().split('\n').sort()).toEqual(['111.222.333-44', '222.333.444-55']);
  expect((await succeeds(vncctl('ls', '--format', '{{.Client}} {{.Status}} {{.Url}}', '--filter', 'client=111.222.333-44'))).stdout).toBe(`11122233344 ready ${first}\n`);
  expect((await succeeds(vncctl('ls', '-q', '--filter', 'status=stopped'))).stdout).toBe('222.333.444-55\n');
  expect((await succeeds(vncctl('ls', '-q', '--filter', 'status=stopped', '--filter', 'client=11122233344'))).stdout).toBe('');
  expect((await succeeds(vncctl('ls', '--no-headers'))).stdout).toMatch(/^(111\.222\.333-44|222\.333\.444-55) /);

  const masked = (await succeeds(vncctl('ls', '--mask'))).stdout;
  expect(masked).not.toMatch(/111\.222\.333-44|222\.333\.444-55/);
  expect(masked.split('\n')).toHaveLength(4);

  const rows = JSON.parse((await succeeds(vncctl('ls', '--json'))).stdout) as Record<string, string>[];
  expect(rows.sort((a, b) => (a['client'] ?? '').localeCompare(b['client'] ?? ''))).toMatchObject([
    { client: '11122233344', status: 'ready', image: 'tiny', url: first },
    { client: '22233344455', status: 'stopped', image: 'tiny' },
  ]);
  for (const row of rows) expect(row['createdAt']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

  const wrong = await vncctl('ls', '--filter', 'stauts=ready');
  expect(wrong).toMatchObject({ exitCode: 2, stdout: '' });
  expect(wrong.stderr).toContain('did you mean status?');

  // The reader is gone before the first row is written.
  const piped = await shell('node "$VNCCTL" ls | true; echo "${PIPESTATUS[0]}"', installation);
  expect(piped).toMatchObject({ stdout: '0\n', stderr: '' });
  expect((await shell('node "$VNCCTL" ls | head -1', installation)).stdout).toMatch(/^CLIENT /);

  const xargs = await shell('node "$VNCCTL" ls -q --filter status=stopped | xargs node "$VNCCTL" rm', installation);
  expect(xargs.stdout).toBe('222.333.444-55\n');
  expect(await installation.containers()).toHaveLength(1);
});

test('rm of several tries all, reports each and fails when one is missing', async () => {
  await succeeds(up('11122233344'));
  await succeeds(up('22233344455'));
  const removed = await vncctl('rm', '111.222.333-44', '333.444.555-66', '22233344455');
  expect(removed.exitCode).toBe(3);
  expect(removed.stdout).toBe('111.222.333-44\n222.333.444-55\n');
  expect(removed.stderr).toContain('333.444.555-66 has no desktop');
  expect(await installation.containers()).toEqual([]);
});

test('rm --ignore-missing succeeds where there is nothing', async () => {
  await succeeds(up('11122233344'));
  const removed = await succeeds(vncctl('rm', '--ignore-missing', '33344455566', '11122233344'));
  expect(removed.stdout).toBe('111.222.333-44\n');
  expect(await installation.containers()).toEqual([]);
});

test('rm --all off a terminal needs --yes, and --dry-run removes nothing', async () => {
  await succeeds(up('11122233344'));
  const refused = await vncctl('rm', '--all');
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
  expect(refused.stderr).toContain('hint: vncctl rm --all --yes');
  expect((await succeeds(vncctl('rm', '--all', '--dry-run'))).stdout).toContain('111.222.333-44');
  await installation.onlyContainer();
  await succeeds(vncctl('rm', '--all', '--yes'));
  expect(await installation.containers()).toEqual([]);
});

test('up --dry-run makes nothing', async () => {
  const planned = await succeeds(up('11122233344', '--dry-run'));
  expect(planned.stdout).toMatch(/create network .*\ncreate vnc_.*\nstart it/);
  expect(await installation.containers()).toEqual([]);
});

test('asking again with other wishes keeps the desktop and says so; --recreate replaces it', async () => {
  const { stdout: link } = await succeeds(up('11122233344'));
  const { Id } = await installation.onlyContainer();
  const kept = await succeeds(up('11122233344', '--memory', '96m'));
  expect(kept.stdout).toBe(link);
  expect(kept.stderr).toMatch(/note: .*memory.*--recreate/);
  expect((await installation.onlyContainer()).Id).toBe(Id);
  await succeeds(up('11122233344', '--memory', '96m', '--recreate'));
  expect((await installation.onlyContainer()).Id).not.toBe(Id);
});

async function succeeds(command: Promise<Finished>): Promise<Finished> {
  const finished = await command;
  expect(finished.exitCode, finished.stderr).toBe(0);
  return finished;
}
