// What the program says to somebody who types something else than a working command; no engine is asked.
import { expect, test } from 'vitest';
import { shell, testInstallation } from '../support/cli.ts';

const installation = await testInstallation();
// Nothing answers here: whatever needs an engine would fail with 6.
const vncctl = (...args: string[]) => installation.vncctlWith({ DOCKER_HOST: `unix://${installation.home}/nothing.sock` }, ...args);

test('a bare call is help on stdout and exit 0', async () => {
  const bare = await vncctl();
  expect(bare).toMatchObject({ exitCode: 0, stderr: '' });
  expect(bare.stdout).toMatch(/^Usage: vncctl /m);
  for (const verb of ['up', 'ls', 'open', 'touch', 'pause', 'wake', 'restart', 'inspect', 'rm', 'images', 'config', 'doctor', 'version', 'completion']) expect(bare.stdout).toMatch(new RegExp(`^ +${verb}\\b`, 'm'));
});

test.each([[['help']], [['--help']], [['-h']]])('%j is the same help', async (args) => {
  expect(await vncctl(...args)).toMatchObject({ exitCode: 0, stderr: '', stdout: (await vncctl()).stdout });
});

test.each(['up', 'rm', 'images'])('help %s is the help of that verb, as with --help', async (verb) => {
  const help = await vncctl('help', verb);
  expect(help).toMatchObject({ exitCode: 0, stderr: '' });
  expect(help.stdout).toContain(`vncctl ${verb}`);
  expect((await vncctl(verb, '--help')).stdout).toBe(help.stdout);
});

test.each(['--version', '-V', '-v'])('%s prints the version', async (flag) => {
  const version = await vncctl(flag);
  expect(version).toMatchObject({ exitCode: 0, stderr: '' });
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each([
  [['upp', '11122233344'], /no command "upp" \(did you mean "up"\?\)/],
  [['inspct'], /no command "inspct" \(did you mean "inspect"\?\)/],
  [['ls', '--jsno'], /unknown option '--jsno' \(did you mean --json\?\)/],
  [['rm'], /whose desktop/],
  [['flash-kiosk-and-more'], /no command "flash-kiosk-and-more"\n/],
  [['up'], /missing required argument 'client'/],
  [['up', 'nobody'], /nobody/],
  [['up', '11122233344', '--size', 'big'], /--size: "big" is not a size/],
  [['up', '11122233344', '--env', 'NOPE=1'], /no setting NOPE/],
  [['up', '11122233344', '--wait', 'forever'], /forever/],
  [['rm', '--all', '11122233344'], /contradict/],
])('%j is a usage error with a hint, exit 2', async (args, message) => {
  const refused = await vncctl(...args);
  expect({ exitCode: refused.exitCode, stdout: refused.stdout }, refused.stderr).toEqual({ exitCode: 2, stdout: '' });
  expect(refused.stderr).toMatch(message);
  expect(refused.stderr).toMatch(/^hint: /m);
  expect(refused.stderr).not.toContain('    at ');
});

test('an image that the catalog does not have is not found, exit 3', async () => {
  const refused = await vncctl('up', '11122233344', '--image', 'firefox-kisok');
  expect(refused).toMatchObject({ exitCode: 3, stdout: '' });
  expect(refused.stderr).toContain('firefox-kiosk');
});

test('with --json an error is one JSON object on stderr', async () => {
  const refused = await vncctl('rm', '--json');
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
  expect(JSON.parse(refused.stderr)).toEqual({ error: { code: 'USAGE', message: expect.any(String), hint: expect.any(String) } });
});

test('a reader that goes away is no failure and draws no word', async () => {
  const piped = await shell('node "$VNCCTL" --help | true; echo "${PIPESTATUS[0]}"', installation);
  expect(piped).toMatchObject({ stdout: '0\n', stderr: '' });
});

test('nothing is coloured in a pipe', async () => {
  const { stdout } = await vncctl('--help');
  const { stderr } = await vncctl('upp');
  expect(stdout + stderr).not.toContain('\u001b');
});
