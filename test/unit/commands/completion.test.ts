import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VERBS } from '../../../src/commands/registry.ts';
import { SETTING_NAMES } from '../../../src/settings.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';

/** The values offered for the last word. */
async function offered(words: readonly string[], program: TestProgram = createTestProgram(), env: Record<string, string> = {}): Promise<string[]> {
  const run = await program.run(['completion', 'bash', '--', ...words], { env });
  expect(run).toMatchObject({ code: 0, err: '' });
  return run.out.split('\n').slice(0, -1);
}

async function twoDesktops(): Promise<TestProgram> {
  const program = createTestProgram();
  for (const client of ['111.444.777-35', '529.982.247-25']) await program.run(['up', client]);
  return program;
}

test('every verb is offered, and help', async () => {
  expect(await offered([''])).toEqual([...VERBS.map(({ name }) => name), 'help']);
  expect(await offered(['in'])).toEqual(['inspect']);
});

test.each([
  [['images', ''], ['ls', 'inspect', 'build', 'pull', 'test']],
  [['image', 'b'], ['build']],
  [['config', ''], ['list', 'get', 'set', 'import', 'unset', 'path']],
  [['help', 'im'], ['images']],
  [['help', 'images', 'b'], ['build']],
  [['up', '--wa'], ['--wait']],
  [['up', '--wait', ''], ['running', 'rfb', 'window', 'page']],
  [['up', '-w', 'r'], ['running', 'rfb']],
  [['up', '--wait=p'], ['--wait=page']],
  [['up', '--url', ''], []],
  [['-H', 'unix:///x', 'ls', '--no-h'], ['--no-headers']],
  [['ls', '--filter', 's'], ['status=']],
  [['ls', '--color', ''], ['auto', 'always', 'never']],
  [['up', '--image', ''], ['firefox-kiosk']],
  [['up', '--image=f'], ['--image=firefox-kiosk']],
  [['images', 'inspect', ''], ['firefox-kiosk']],
  [['images', 'build', 'firefox-kiosk', ''], []],
  [['config', 'get', ''], [...SETTING_NAMES]],
  [['config', 'unset', 'portMin', 'portM'], ['portMax']],
  [['config', 'set', 'wait', ''], ['running', 'rfb', 'window', 'page']],
  [['config', 'set', 'mask', ''], ['true', 'false']],
  [['config', 'set', 'image', ''], ['firefox-kiosk']],
  [['config', 'set', 'url', ''], []],
  [['completion', ''], ['bash', 'zsh', 'fish']],
  [['nosuch', ''], []],
  [['rm', '--', '--a'], []],
  [['--nosuch', 'u'], ['up']],
])('%j is completed with %j', async (words, expected) => {
  expect(await offered(words)).toEqual(expected);
});

test.each(['open', 'attach', 'touch', 'inspect', 'up', 'rm', 'events', 'viewers', 'kick', 'pause', 'wake', 'unpause', 'restart'])('%s is completed with the clients that have a desktop', async (verb) => {
  expect((await offered([verb, ''], await twoDesktops())).sort()).toEqual(['111.444.777-35', '529.982.247-25']);
});

test('share is completed with its own commands and the clients that have a desktop', async () => {
  expect((await offered(['share', ''], await twoDesktops())).sort()).toEqual(['111.444.777-35', '529.982.247-25', 'ls', 'revoke']);
  expect(await offered(['share', 'r'])).toEqual(['revoke']);
});

test('a client is completed in the spelling that was begun, and only once', async () => {
  const program = await twoDesktops();
  expect(await offered(['rm', '5299'], program)).toEqual(['52998224725']);
  expect(await offered(['rm', '529.9'], program)).toEqual(['529.982.247-25']);
  expect(await offered(['rm', '52998224725', ''], program)).toEqual(['111.444.777-35']);
  expect(await offered(['rm', '--', ''], program)).toHaveLength(2);
});

test('where client ids are masked none is offered', async () => {
  expect(await offered(['rm', ''], await twoDesktops(), { VNCCTL_MASK: 'true' })).toEqual([]);
});

test('with the engine down, or with settings that are wrong, nothing is offered and nothing is said', async () => {
  const program = await twoDesktops();
  program.engine.calls.refuse();
  mkdirSync(join(program.home, 'config'), { recursive: true });
  writeFileSync(join(program.home, 'config/config.json'), '{"portMinn": 5001}');
  expect(await offered(['rm', ''], program)).toEqual([]);
  expect(await offered(['rm', ''], program, { VNCCTL_PORT_MIN: 'x' })).toEqual([]);
});

test('an engine that hangs is not waited for', async () => {
  const program = await twoDesktops();
  program.engine.calls.hang();
  const before = performance.now();
  expect(await offered(['rm', ''], program)).toEqual([]);
  // 300 ms are allowed for the engine; the rest is room for a machine that is busy.
  expect(performance.now() - before).toBeLessThan(2000);
});

test.each(['zsh', 'fish'] as const)('%s is told what a word means', async (shell) => {
  const { out } = await createTestProgram().run(['completion', shell, '--', 'tou']);
  expect(out).toBe('touch\tkeep a desktop: it counts as used now\n');
});

test('a shell that is not known is refused', async () => {
  expect(await createTestProgram().run(['completion', 'tcsh'])).toMatchObject({ code: 2, out: '' });
});

test.each(['bash', 'zsh', 'fish'])('the script of %s is printed without asking anything', async (shell) => {
  const program = createTestProgram();
  program.engine.calls.refuse();
  const run = await program.run(['completion', shell], { env: { VNCCTL_PORT_MIN: 'x' } });
  expect(run).toMatchObject({ code: 0, err: '' });
  expect(run.out).toContain(`completion ${shell} --`);
});

/** What bash would offer for a line, by the real script and a `vncctl` that prints what it was asked. */
async function inBash(line: string, answers: readonly string[]): Promise<{ asked: string[]; replies: string[] }> {
  const program = createTestProgram();
  const { out: script } = await program.run(['completion', 'bash']);
  writeFileSync(join(program.home, 'script'), script);
  writeFileSync(join(program.home, 'vncctl'), `#!/bin/sh\nprintf '%s\\n' "$@" >"${program.home}/asked"\nprintf '%s\\n' ${answers.map((answer) => `'${answer}'`).join(' ')}\necho noise >&2\n`, { mode: 0o755 });
  const driver = 'set -u; source "$1/script"; COMP_LINE=$2; COMP_POINT=${#2}; _vncctl vncctl; cat "$1/asked"; echo =; printf "%s\\n" "${COMPREPLY[@]}"';
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', driver, 'bash', program.home, line], { encoding: 'utf8', env: { PATH: `${program.home}:${process.env['PATH'] ?? ''}` } });
  expect(stderr).toBe('');
  const [asked = '', replies = ''] = stdout.split('=\n');
  return { asked: asked.split('\n').slice(0, -1), replies: replies.split('\n').slice(0, -1) };
}

test.each([
  ['vncctl u', ['up'], ['u'], ['up']],
  ['vncctl rm ', ['111.444.777-35', '529.982.247-25'], ['rm', ''], ['111.444.777-35', '529.982.247-25']],
  ['vncctl up --wait=p', ['--wait=page'], ['up', '--wait=p'], ['page']],
  ['vncctl up --url http://a', ['http://a.example'], ['up', '--url', 'http://a'], ['//a.example']],
  ['vncctl open $(exit 9) * ', ['x'], ['open', '$(exit', '9)', '*', ''], ['x']],
])('in bash %j asks for its words, evaluates none, and replies with what follows the last break', async (line, answers, words, replies) => {
  expect(await inBash(line, answers)).toEqual({ asked: ['completion', 'bash', '--', ...words], replies });
});
