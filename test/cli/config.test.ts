import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { main } from '../../src/main.ts';
import { SETTING_NAMES } from '../../src/settings.ts';
import { fakeStreams } from '../support/fake-streams.ts';
import { tempFolder } from '../support/temp-folder.ts';

const root = tempFolder();
let count = 0;

interface Home {
  userFile: string;
  cwd: string;
  run(argv: string[], env?: Record<string, string>): Promise<{ code: number; out: string; err: string }>;
}

/** A home of its own: nothing set, no project. */
function newHome(userFileText?: string): Home {
  const home = join(root, `${++count}`);
  const userFile = join(home, 'config', 'config.json');
  const cwd = join(home, 'project');
  mkdirSync(cwd, { recursive: true });
  if (userFileText !== undefined) {
    mkdirSync(dirname(userFile), { recursive: true });
    writeFileSync(userFile, userFileText);
  }
  return {
    userFile,
    cwd,
    run: async (argv, env = {}) => {
      const io = fakeStreams({ env: { VNCCTL_HOME: home, ...env } });
      const code = await main(['config', ...argv], { ...io, cwd, signal: new AbortController().signal });
      return { code, out: io.out(), err: io.err() };
    },
  };
}

test('list shows every setting with its value and its origin', async () => {
  const { run, userFile, cwd } = newHome('{"height": 600}');
  writeFileSync(join(cwd, '.env'), 'VNC_IMAGE=desktop\n');
  const { code, out, err } = await run(['list'], { VNC_WIDTH: '800' });
  const lines = out.trimEnd().split('\n').map((line) => line.split(/\s{2,}/));
  expect(lines[0]).toEqual(['NAME', 'VALUE', 'ORIGIN']);
  expect(lines.slice(1).map(([name]) => name)).toEqual([...SETTING_NAMES]);
  expect(lines).toContainEqual(['width', '800', 'VNC_WIDTH']);
  expect(lines).toContainEqual(['height', '600', userFile]);
  expect(lines).toContainEqual(['image', 'desktop', `VNC_IMAGE in ${join(cwd, '.env')}`]);
  expect(lines).toContainEqual(['engineDeadline', '15s', 'default']);
  expect(lines).toContainEqual(['url', '-', 'default']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
});

test('list --json is an array with values in their own types', async () => {
  const { run } = newHome();
  const { out } = await run(['list', '--json'], { VNC_WIDTH: '800' });
  const settings = JSON.parse(out) as { name: string }[];
  expect(settings).toHaveLength(SETTING_NAMES.length);
  expect(settings.find(({ name }) => name === 'width')).toEqual({ name: 'width', value: 800, kind: 'environment', origin: 'VNC_WIDTH', about: 'width of a new desktop in pixels' });
});

test('a flag of the program is an origin too', async () => {
  const { run } = newHome();
  expect(JSON.parse((await run(['get', 'instance', '--json', '--instance', 'two'])).out)).toMatchObject({ value: 'two', kind: 'flag' });
});

test('what was set is got, for its owner only, and unset is the default again', async () => {
  const { run, userFile } = newHome();
  expect(await run(['set', 'width', '900'])).toEqual({ code: 0, out: '', err: '' });
  expect((await run(['get', 'width'])).out).toBe('900\n');
  expect(JSON.parse(readFileSync(userFile, 'utf8'))).toEqual({ width: 900 });
  expect(statSync(userFile).mode & 0o777).toBe(0o600);
  expect((await run(['unset', 'width'])).code).toBe(0);
  expect((await run(['get', 'width'])).out).toBe('1280\n');
});

test('a wrong value is refused before anything is written', async () => {
  const { run, userFile } = newHome();
  const { code, err } = await run(['set', 'width', 'wide']);
  expect(code).toBe(2);
  expect(err).toContain('error: width: "wide" is not a whole number from 16 to 16384\nhint: ');
  expect(() => statSync(userFile)).toThrow('ENOENT');
  expect((await run(['set', 'portMin', '6000'])).err).toContain('set the other one first');
  expect((await run(['set', 'width', ''])).code).toBe(2);
});

test('a name that is none is SETTING_NOT_FOUND with the nearest', async () => {
  const { run } = newHome();
  for (const argv of [['get', 'widht'], ['set', 'widht', '1'], ['unset', 'widht']]) {
    const { code, err } = await run(argv);
    expect(code).toBe(3);
    expect(err).toContain('there is no setting "widht" (did you mean "width"?)');
  }
});

test('setting what the environment sets too says who goes first', async () => {
  const { run } = newHome();
  expect((await run(['set', 'width', '900'], { VNC_WIDTH: '800' })).err).toBe('note: VNC_WIDTH sets width too and goes first\n');
});

test('settings that are wrong are listed, fail the command, and can be mended by it', async () => {
  const { run } = newHome('{"width": "wide", "height": 3, "from.elsewhere": 1}');
  const listed = await run(['list']);
  expect(listed.code).toBe(2);
  expect(listed.out).toContain('wide');
  expect(listed.err).toContain('2 settings are wrong');
  expect(listed.err).toContain('warning: unknown setting "from.elsewhere"');
  expect((await run(['get', 'image'])).code).toBe(0);
  expect((await run(['get', 'width'])).code).toBe(2);
  expect((await run(['set', 'height', '600'])).code).toBe(0);
  expect((await run(['unset', 'width', 'from.elsewhere'])).code).toBe(0);
  expect(await run(['list'])).toMatchObject({ code: 0, err: '' });
});

test('a settings file that is no JSON is an error with its place and is left alone', async () => {
  const { run, userFile } = newHome('{"width": 900,,}');
  const { code, err } = await run(['set', 'height', '600']);
  expect(code).toBe(2);
  expect(err).toContain(`${userFile} can't be read: line 1, column 15`);
  expect(readFileSync(userFile, 'utf8')).toBe('{"width": 900,,}');
});

test('path prints the settings file alone, and all places as JSON', async () => {
  const { run, userFile } = newHome();
  expect((await run(['path'])).out).toBe(`${userFile}\n`);
  expect(JSON.parse((await run(['path', '--json'])).out)).toMatchObject({ settings: userFile, catalog: join(dirname(userFile), 'catalog') });
});

test('failures with --json are one JSON object on stderr', async () => {
  const { run } = newHome();
  const { out, err } = await run(['get', 'widht', '--json']);
  expect(out).toBe('');
  expect(JSON.parse(err).error.code).toBe('SETTING_NOT_FOUND');
});
