import { expect, test } from 'vitest';
import { bootstrapBase, debianMirrors } from '../../../src/engine/bootstrap-base.ts';

const deb822 = `Types: deb
# a comment within
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: https://elsewhere.example
Suites: nodistro
Components: main
`;

test('the mirrors of the suite are read from deb822 sources', () => {
  expect(debianMirrors([deb822])).toEqual([
    'deb http://mirror.example/debian bookworm main',
    'deb http://mirror.example/debian bookworm-updates main',
    'deb http://security.example/debian-security bookworm-security main',
  ]);
});
test('and from one-line sources, with options and comments', () => {
  expect(debianMirrors(['# deb http://no/debian bookworm main\ndeb [arch=amd64 signed-by=/k] http://m.example/debian bookworm main contrib\ndeb-src http://m.example/debian bookworm main\n'])).toEqual([
    'deb http://m.example/debian bookworm main',
  ]);
});
test.each([
  ['another suite', 'deb http://m.example/debian trixie main'],
  ['updates without the suite itself', 'deb http://m.example/debian bookworm-updates main'],
  ['a disabled paragraph', `Enabled: no\n${deb822.split('\n\n')[0]}`],
  ['a CD-ROM', 'deb cdrom:[Debian]/ bookworm main'],
  ['nothing', ''],
])('%s gives none', (_, text) => {
  expect(debianMirrors([text])).toEqual([]);
});
test('a failing bootstrap shows its last words and leaves no folder', async () => {
  let file = '';
  const system = {
    uid: 0,
    osRelease: 'ID=debian',
    findProgram: (name: string) => `/usr/bin/${name}`,
    run: async (_: string, args: readonly string[], options: { onLine?: (line: string) => void } = {}) => {
      file = args.find((arg) => arg.endsWith('base.tar')) ?? '';
      options.onLine?.('E: archive unreachable');
      return { exitCode: 25, stdout: '', stderr: '' };
    },
  };
  await expect(bootstrapBase(system, () => undefined)).rejects.toMatchObject({ code: 'PULL_FAILED', message: expect.stringContaining('archive unreachable') });
  const { existsSync } = await import('node:fs');
  expect(file).not.toBe('');
  expect(existsSync(file.replace('/base.tar', ''))).toBe(false);
});
test('without mmdebstrap and root it is refused with the command to type', async () => {
  const system = { uid: 1000, osRelease: 'ID=debian', findProgram: () => undefined, run: async () => ({ exitCode: 0, stdout: '', stderr: '' }) };
  await expect(bootstrapBase(system, () => undefined)).rejects.toMatchObject({ code: 'PULL_FAILED', hint: expect.stringContaining('apt-get install -y mmdebstrap') });
});
