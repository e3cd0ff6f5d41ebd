import { expect, test } from 'vitest';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';

const lineOf = (out: string, name: string): string => out.split('\n').find((line) => line.slice(9).startsWith(name)) ?? `no line of ${name}`;

test('where all is well every line is ok and the exit code 0', async () => {
  const run = await createTestProgram().run(['doctor']);
  expect(run).toMatchObject({ code: 0, err: '' });
  for (const name of ['engine', 'api version', 'image', 'port range', 'network', 'disk', 'memory', 'shared memory', 'browser', 'store']) expect(lineOf(run.out, name)).toMatch(/^(ok|warning) /);
  for (const name of ['engine', 'restart', 'image', 'port range', 'network', 'store']) expect(lineOf(run.out, name)).toMatch(/^ok /);
});

test.each([
  ['the engine is down', (program: TestProgram) => program.engine.calls.refuse(), 'engine', /^failed +engine +no container engine answers/, 6],
  [
    'no port is free',
    (program: TestProgram) => {
      for (let port = 5000; port <= 5020; port++) program.engine.world.takenPorts.add(port);
    },
    'port range',
    /^failed +port range +5000 to 5020 on 127\.0\.0\.1: none of 21 is free/,
    6,
  ],
  [
    'members of the network reach each other',
    (program: TestProgram) => {
      program.engine.networkWorld.vanish('vncctl');
      program.engine.networkWorld.addForeign({ name: 'vncctl', isolates: 'nothing' });
    },
    'network',
    /^failed +network +vncctl lets its members reach each other/,
    6,
  ],
  [
    'desktops end with the engine',
    (program: TestProgram) => {
      const { describe } = program.engine;
      program.engine.describe = async (options) => ({ ...(await describe(options)), containersSurvive: false });
    },
    'restart',
    /^warning +restart +every desktop ends when the engine is restarted or dies \(live-restore is off\)/,
    0,
  ],
  ['the image is missing', (program: TestProgram) => program.engine.imageWorld.present.clear(), 'image', /^warning +image +firefox-kiosk is not there yet/, 0],
  ['the image is outdated', (program: TestProgram) => program.engine.imageWorld.add('vncctl/firefox-kiosk:latest', {}), 'image', /^warning +image +firefox-kiosk was built from an older template/, 0],
  ['memory is short', (program: TestProgram) => Object.assign(program.memory, { freeBytes: 300 * 1024 ** 2 }), 'memory', /^warning +memory +300m free of 8g: room for 0 more desktops of firefox-kiosk, 256m each$/, 0],
] as const)('where %s, the line of %s says so with a hint', async (_, spoil, name, line, code) => {
  const program = createTestProgram();
  spoil(program);
  const run = await program.run(['doctor']);
  expect(run).toMatchObject({ code, err: '' });
  const lines = run.out.split('\n');
  const index = lines.indexOf(lineOf(run.out, name));
  expect(lines[index]).toMatch(line);
  expect(lines[index + 1]).toMatch(/^ +hint: \S/);
});

test('with an engine on another machine it says what the machines that drive it share, and what not', async () => {
  const { out } = await createTestProgram({ local: false }).run(['doctor']);
  expect(lineOf(out, 'machines')).toMatch(/^warning +machines +the engine is elsewhere: .* share its desktops and the locks of up, rm .* but not what each remembers/);
  expect(lineOf((await createTestProgram().run(['doctor'])).out, 'machines')).toMatch(/^ok /);
});

test('with the engine down the checks that need none are made all the same', async () => {
  const program = createTestProgram();
  program.engine.calls.refuse();
  const { out } = await program.run(['doctor']);
  for (const name of ['port range', 'browser', 'store']) expect(lineOf(out, name)).toMatch(/^ok /);
  expect(lineOf(out, 'network')).toBe('no line of network');
});

test('doctor --json prints the checks alone, with the same exit code', async () => {
  const program = createTestProgram();
  expect((await program.run(['doctor', '--json'])).json()).toContainEqual({ name: 'api version', state: 'ok', message: '1.41' });
  program.engine.calls.refuse();
  const run = await program.run(['doctor', '--json']);
  expect(run).toMatchObject({ code: 6, err: '' });
  expect(run.json()).toContainEqual({ name: 'engine', state: 'failed', message: expect.any(String), hint: expect.any(String) });
});

test('settings that are wrong are said before anything is checked', async () => {
  expect(await createTestProgram().run(['doctor'], { env: { VNCCTL_PORT_MIN: 'x' } })).toMatchObject({ code: 2, out: '' });
});

test('whether anybody watches is told: nobody, somebody now and then, a daemon and where it answers', async () => {
  const program = createTestProgram();
  expect(lineOf((await program.run(['doctor'])).out, 'daemon')).toMatch(/^warning +daemon +none runs: nobody watches/);
  await program.run(['reap']);
  expect(lineOf((await program.run(['doctor'])).out, 'daemon')).toMatch(/^ok +daemon +none runs, but somebody looks now and then/);
  program.daemonAnswersAt('127.0.0.1:8080');
  expect(lineOf((await program.run(['doctor'])).out, 'daemon')).toMatch(/^ok +daemon +process \d+ since .*; it answers at 127\.0\.0\.1:8080$/);
  program.daemonAnswersAt('');
  expect(lineOf((await program.run(['doctor'])).out, 'daemon')).toMatch(/; it answers nowhere, so new desktops get ports$/);
});

test('names that tell neighbours of clients are warned of, with the setting that ends it', async () => {
  const program = createTestProgram();
  const names = async (env: Record<string, string>): Promise<string> => lineOf((await program.run(['doctor'], { env })).out, 'names');
  expect(await names({ VNCCTL_NAMING: 'plain' })).toMatch(/^warning +names +container names hold client ids/);
  expect(await names({ VNCCTL_NAMING: 'labelled' })).toMatch(/^ok +names +container names tell no client/);
  await program.run(['up', '111.444.777-35', '--no-open'], { env: { VNCCTL_NAMING: 'plain' } });
  expect(await names({ VNCCTL_NAMING: 'labelled' })).toMatch(/^warning +names +1 of the desktops still have the client id/);
});

test('how full the pool is, and why it can not be, is told', async () => {
  const program = createTestProgram();
  const pool = async (env: Record<string, string> = {}): Promise<string> => lineOf((await program.run(['doctor'], { env })).out, 'pool');
  expect(await pool()).toMatch(/^ok +pool +no warm desktops are wanted/);
  expect(await pool({ VNCCTL_POOL: '2' })).toMatch(/^warning +pool +0 of 2 warm desktops are ready/);
  await program.run(['pool', 'fill'], { env: { VNCCTL_POOL: '2' } });
  expect(await pool({ VNCCTL_POOL: '2' })).toMatch(/^ok +pool +2 of 2 warm desktops are ready/);
  expect(await pool({ VNCCTL_POOL: 'desk=1' })).toMatch(/^warning +pool +0 of 1 warm desktops are ready: the catalog has no such image/);
});

test.each([
  [undefined, undefined, 'memory         8g in all; what is free is unknown from here, so every desktop is started'],
  [600, undefined, 'memory         600m free of 8g: room for one more desktop of firefox-kiosk, 256m each'],
  [1024, undefined, 'memory         1g free of 8g: room for 3 more desktops of firefox-kiosk, 256m each'],
  [300, 'off', 'memory         300m free of 8g; it is not looked at before a start (reserveMemory is off)'],
])('with %s MiB free and reserveMemory %s it says how many desktops fit', async (mebibytes, reserve, line) => {
  const program = createTestProgram();
  program.memory.freeBytes = mebibytes === undefined ? undefined : mebibytes * 1024 ** 2;
  const { out } = await program.run(['doctor'], { env: reserve === undefined ? {} : { VNCCTL_RESERVE_MEMORY: reserve } });
  expect(lineOf(out, 'memory')).toBe(`ok       ${line}`);
});

test('it says how much of the disk a desktop may take, and whether anything watches that', async () => {
  const program = createTestProgram();
  const bound = async (env: Record<string, string> = {}): Promise<string> => lineOf((await program.run(['doctor'], { env })).out, 'disk bound');
  expect(await bound()).toMatch(/^warning +disk bound +2g for each desktop of firefox-kiosk, which only a daemon watches, and none runs$/);
  program.daemonAnswersAt('');
  expect(await bound()).toMatch(/^ok +disk bound +watched by the daemon, 2g for each desktop of firefox-kiosk$/);
  expect(await bound({ VNCCTL_DISK_MAX: 'off' })).toMatch(/^warning +disk bound +a desktop of firefox-kiosk may fill the disk/);
});
