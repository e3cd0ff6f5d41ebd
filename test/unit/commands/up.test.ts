import { expect, test } from 'vitest';
import { milliseconds } from '../../../src/core/duration.ts';
import { eventually } from '../../support/eventually.ts';
import { exampleEntry } from '../../support/test-desktops.ts';
import { createTestProgram } from '../../support/test-program.ts';

const ANA = '111.444.777-35';
const LINK = /^http:\/\/localhost:5000\/vnc\.html#key=\w+\n$/;

test('up prints the link alone on stdout, and what a second up prints is the same', async () => {
  const program = createTestProgram();
  const first = await program.run(['up', ANA]);
  expect(first).toMatchObject({ code: 0, out: expect.stringMatching(LINK) });
  const second = await program.run(['up', '11144477735']);
  expect(second).toMatchObject({ code: 0, out: first.out });
  expect(program.engine.world.all).toHaveLength(1);
});

test('wrong check digits draw a warning on stderr and nothing else', async () => {
  const run = await createTestProgram().run(['up', '111.222.333-44']);
  expect(run.code).toBe(0);
  expect(run.out).toMatch(LINK);
  expect(run.err).toContain('warning: the check digits of 111.222.333-44 are wrong');
});

test('up --json holds the link, the outcome and the milliseconds of each phase, and stderr is silent', async () => {
  const program = createTestProgram({ prepared: false });
  const run = await program.run(['up', ANA, '--json']);
  expect(run).toMatchObject({ code: 0, err: '' });
  expect(run.json()).toMatchObject({
    outcome: 'created',
    client: '11144477735',
    url: expect.stringMatching(/#key=/),
    status: 'ready',
    hostPort: 5000,
    totalMs: expect.any(Number),
    phases: expect.arrayContaining([{ name: 'page', ms: expect.any(Number) }]),
    notes: [],
  });
  expect((await program.run(['up', ANA, '--json'])).json()).toMatchObject({ outcome: 'reused' });
});

test('flags of up reach the container', async () => {
  const program = createTestProgram();
  const flags = ['--url', 'https://example.org/a', '--size', '390x844', '-e', 'LANGUAGE=en', '-e', 'MOTTO=a=b', '--cpus', '1.5', '--memory', '512m'];
  expect((await program.run(['up', ANA, ...flags])).code).toBe(0);
  expect(program.engine.world.get('vnc_11144477735').spec).toMatchObject({
    env: { KIOSK_URL: 'https://example.org/a', WIDTH: '390', HEIGHT: '844', LANGUAGE: 'en', MOTTO: 'a=b' },
    limits: { cpus: 1.5, memoryBytes: 512 * 1024 ** 2 },
  });
});

test.each([['--cpus', '900'], ['--memory', '900t'], ['--memory', '1k'], ['--cpus', '1e-10']])('--recreate with %s %s is refused before the desktop that is there is touched', async (...flags) => {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  const [before] = program.engine.world.all;
  for (const more of [[], ['--dry-run']]) expect((await program.run(['up', ANA, '--recreate', ...flags, ...more])).code).toBe(2);
  expect(program.engine.world.all).toEqual([before]);
  expect(before?.state).toBe('running');
});

test.each([
  [['--size', '12'], '--size: "12" is not a size like 1280x720'],
  [['--memory', 'lots'], '--memory: "lots" is not a size like 512m or 1g'],
  [['--cpus', '0'], '--cpus: "0" is not a number of processors like 1.5'],
  [['--cpus', '1e-10'], '--cpus: "1e-10" is not a number of processors like 1.5, at least 0.01'],
  [['--cpus', '900'], 'cpus: 900 are more than this host has, which is '],
  [['--memory', '1k'], '--memory: "1k" is not a size like 512m or 1g, at least 6m'],
  [['--memory', '900t'], 'memory: 900t are more than this host has, which is '],
  [['--cpus', 'two'], '--cpus: "two" is not a number of processors like 1.5'],
  [['--timeout', '5'], '--timeout: "5" is not a duration like 30s or 2m'],
  [['--idle', '20'], '--idle: "20" is not a duration like 500ms, 15s, 30m or 1h30m, or never'],
  [['--remove-after', 'soon'], '--remove-after: "soon" is not'],
  [['--input-idle', '-1m'], '--input-idle: "-1m" is not'],
  [['--ttl', ''], '--ttl: "" is not'],
  [['--max-age', '1w'], '--max-age: "1w" is not'],
  [['--queue', '30'], '--queue: "30" is not a duration'],
  [['--queue', 'never'], '--queue: "never" is not a duration'],
  [['--env', 'FOO'], '--env takes KEY=value, not "FOO"'],
  [['--env', '=x'], '--env takes KEY=value, not "=x"'],
  [['--env', 'FOO=1'], 'has no setting FOO'],
  [['--env', 'constructor=1'], 'has no setting constructor'],
  [['--env', '__proto__=1'], 'has no setting __proto__'],
  [['--env', 'LANGUAGE=Portuguese'], '"Portuguese" is no value for LANGUAGE'],
  [['--url', 'example.org'], '"example.org" is no page address'],
  [['--url', 'file:///etc/passwd'], '"file:///etc/passwd" is no page address'],
  [['--wait', 'nothing'], 'Allowed choices are running, rfb, window, page'],
])('up %j is refused in clear words with a hint, before anything is made', async (flags, words) => {
  const program = createTestProgram();
  const run = await program.run(['up', ANA, ...flags]);
  expect(run).toMatchObject({ code: 2, out: '' });
  expect(run.err).toContain(words);
  expect(run.err).toMatch(/^hint: \S/m);
  expect(program.engine.world.all).toEqual([]);
});

test('an unknown image names the nearest', async () => {
  const run = await createTestProgram().run(['up', ANA, '--image', 'firefox-kiosc']);
  expect(run).toMatchObject({ code: 3, out: '' });
  expect(run.err).toContain('the catalog has no image firefox-kiosc (did you mean "firefox-kiosk"?)');
});

test('up --dry-run prints the plan and makes nothing', async () => {
  const program = createTestProgram();
  const run = await program.run(['up', ANA, '--dry-run']);
  expect(run).toMatchObject({ code: 0, err: '' });
  expect(run.out).toMatch(/^create vnc_11144477735: 111\.444\.777-35 has no desktop\nstart it: .*\nwait for page: .*\n$/);
  const json = await program.run(['up', ANA, '--dry-run', '--json']);
  expect(json.json()).toMatchObject({ outcome: 'created', steps: [{ do: 'create', name: 'vnc_11144477735' }, { do: 'start' }, { do: 'wait', stage: 'page' }], notes: [], lack: null });
  expect(program.engine.world.all).toEqual([]);
  expect(program.store.state).toEqual({ allocations: {}, reservations: [] });
});

test('up --dry-run tells that there is no room, and what would come of it', async () => {
  const program = createTestProgram();
  program.memory.freeBytes = 0;
  expect(await program.run(['up', ANA, '--dry-run'])).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^be refused with NO_MEMORY, .*\ncreate vnc_11144477735: /) as string });
  expect((await program.run(['up', ANA, '--dry-run', '--queue', '30s', '--json'])).json()).toMatchObject({ outcome: 'created', lack: { next: 'wait', code: 'NO_MEMORY', ahead: 0, queueMs: 30_000 } });
});

test('other settings for a running desktop are a note on stderr, not a change', async () => {
  const program = createTestProgram();
  const { out } = await program.run(['up', ANA]);
  const again = await program.run(['up', ANA, '--size', '800x600']);
  expect(again).toMatchObject({ code: 0, out });
  expect(again.err).toMatch(/^note: .*--recreate/m);
});

test('an image that is not there is built first, with its progress on stderr', async () => {
  const program = createTestProgram({ prepared: false });
  const run = await program.run(['up', ANA]);
  expect(run).toMatchObject({ code: 0, out: expect.stringMatching(LINK) });
  expect(run.err).toContain('building vncctl/firefox-kiosk:latest');
  expect(program.engine.imageWorld.builds).toHaveLength(1);
});

test('a desktop that is not ready in time is a Timeout', async () => {
  const program = createTestProgram();
  program.probe.reaches = 'running';
  const run = await program.run(['up', ANA, '--timeout', '30s'], {
    meanwhile: async () => {
      await program.clock.sleeping(30_000);
      program.clock.advance(30_000);
    },
  });
  expect(run).toMatchObject({ code: 7, out: '' });
});

test('a container that dies shows its last words', async () => {
  const program = createTestProgram({ programOf: () => ({ lines: ['cannot open display'], exits: 3 }) });
  program.probe.reaches = 'running';
  const run = await program.run(['up', ANA]);
  expect(run).toMatchObject({ code: 6, out: '' });
  expect(run.err).toContain('cannot open display');
});

test('a full range is a Capacity error that names the range and the longest-idle desktop', async () => {
  const program = createTestProgram();
  for (let port = 5000; port <= 5019; port++) program.engine.world.takenPorts.add(port);
  await program.run(['up', '529.982.247-25']);
  const run = await program.run(['up', ANA]);
  expect(run).toMatchObject({ code: 5, out: '' });
  expect(run.err).toContain('5000');
  expect(run.err).toContain('5020');
  expect(run.err).toContain('529.982.247-25');
});

test('an engine that does not answer is an Engine error with a hint', async () => {
  const program = createTestProgram();
  program.engine.calls.refuse();
  const run = await program.run(['up', ANA]);
  expect(run).toMatchObject({ code: 6, out: '' });
  expect(run.err).toMatch(/^error: no container engine answers at .*\nhint: /);
});

test('an image without a key is linked to without one', async () => {
  const program = createTestProgram({ entries: [exampleEntry({ key: 'firefox-kiosk', variables: {} })] });
  expect((await program.run(['up', ANA])).out).toBe('http://localhost:5000/vnc.html\n');
});

const SOME_LEASE = ['--idle', '20m', '--remove-after', '2h', '--input-idle', '1h', '--ttl', '0', '--max-age', 'Never'];

test('the lease that up asks for is in the labels of a new desktop, and its own end follows it', async () => {
  const program = createTestProgram();
  const { specHash } = ((await program.run(['up', '529.982.247-25'])), await program.run(['inspect', '529.982.247-25', '--json'])).json() as { specHash: string };
  const run = await program.run(['up', ANA, ...SOME_LEASE, '--json']);
  expect(run).toMatchObject({ code: 0, err: '' });
  expect(run.json()).toMatchObject({
    lease: {
      idle: { length: '20m', from: 'up' },
      removeAfter: { length: '2h', from: 'up' },
      inputIdle: { length: '1h', from: 'up' },
      ttl: { length: 'never', from: 'up' },
      maxAge: { length: 'never', from: 'up' },
    },
    notes: [],
  });
  const { labels, env } = program.engine.world.get('vnc_11144477735').spec;
  expect(labels['io.vncctl.lease']).toBe('idle=20m,removeAfter=2h,inputIdle=1h,ttl=never,maxAge=never');
  expect(labels['io.vncctl.spec']).toBe(specHash);
  expect(env['IDLE_EXIT']).toBe('86400');
  expect(Object.values(program.store.state.allocations).find(({ client }) => client === '11144477735')).not.toHaveProperty('lease');
});

test('a lease asked for later is changed without a new desktop, told once, and kept over a lost record only as it was created', async () => {
  const program = createTestProgram();
  await program.run(['up', ANA, '--idle', '20m']);
  const { id } = program.engine.world.get('vnc_11144477735');
  const changed = await program.run(['up', ANA, '--idle', '40m', '--ttl', '1d']);
  expect(changed).toMatchObject({ code: 0, err: 'note: its lease is now idle 40m, ttl 1d\n' });
  expect(program.engine.world.get('vnc_11144477735').id).toBe(id);
  const before = program.store.state;
  expect(await program.run(['up', ANA, '--idle', '40m', '--ttl', '1d'])).toMatchObject({ code: 0, err: '' });
  expect(program.store.state).toBe(before);
  expect((await program.run(['up', ANA, '--idle', 'never', '--json'])).json()).toMatchObject({
    lease: { idle: { length: 'never' }, ttl: { length: '1d' }, removeAfter: { length: '8h', from: 'default' } },
    notes: ['its lease is now idle never'],
  });
  program.store.lose();
  expect((await program.run(['up', ANA, '--json'])).json()).toMatchObject({ lease: { idle: { length: '20m', from: 'up' }, ttl: { length: 'never', from: 'default' } } });
});

test("a longer lease than the desktop's own end allows is told with the command that gives it", async () => {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  expect((await program.run(['up', ANA, '--remove-after', '23h'])).err).toBe('note: its lease is now remove-after 23h\n');
  const longer = await program.run(['up', ANA, '--remove-after', 'never']);
  expect(longer.err).toContain('note: it still ends by itself after 1d without a viewer, as it was created; to change that: vncctl up 111.444.777-35 … --recreate\n');
  expect(await program.run(['up', ANA, '--remove-after', 'never', '--recreate'])).toMatchObject({ code: 0, err: '' });
  expect(program.engine.world.get('vnc_11144477735').spec).toMatchObject({ env: { IDLE_EXIT: '0' }, labels: { 'io.vncctl.lease': 'removeAfter=never' } });
});

test('up --dry-run tells the lease and changes nothing', async () => {
  const program = createTestProgram();
  expect((await program.run(['up', ANA, '--dry-run', '--ttl', '2h'])).out).toMatch(/\ngive it the lease ttl 2h: it was asked for\n$/);
  await program.run(['up', ANA]);
  const before = program.store.state;
  expect((await program.run(['up', ANA, '--dry-run', '--ttl', '2h'])).out).toBe('reuse the running desktop\ngive it the lease ttl 2h: it was asked for\n');
  expect((await program.run(['up', ANA, '--dry-run', '--ttl', '2h', '--json'])).json()).toMatchObject({ lease: { ttl: '2h' } });
  expect(program.store.state).toBe(before);
});

test("an image's own lease comes before that of the settings", async () => {
  const program = createTestProgram({ entries: [exampleEntry({ key: 'firefox-kiosk', lease: { idle: milliseconds(1_800_000) } })] });
  expect((await program.run(['up', ANA, '--json'], { env: { VNCCTL_IDLE: '5m', IDLE_TIMEOUT_HOURS: '12' } })).json()).toMatchObject({
    lease: { idle: { length: '30m', from: 'image firefox-kiosk' }, removeAfter: { length: '12h', from: 'IDLE_TIMEOUT_HOURS' } },
  });
  expect(program.engine.world.get('vnc_11144477735').spec.env['IDLE_EXIT']).toBe(String(36 * 3600));
});

test('where there is no memory up fails at once, or waits as the flag or the setting says, and tells its place on stderr', async () => {
  const program = createTestProgram();
  program.memory.freeBytes = 256 * 1024 ** 2;
  const refused = await program.run(['up', ANA]);
  expect(refused).toMatchObject({ code: 5, out: '' });
  expect(refused.err).toMatch(/^error: too little memory for another desktop: it needs 256m; 256m are free, and 256m stay free\nhint: wait for some: vncctl up … --queue 30s\n$/);
  expect((await program.run(['up', ANA, '--queue', 'off'], { env: { VNCCTL_QUEUE: '30s' } })).err).toBe(refused.err);

  for (const [argv, env] of [[['--queue', '2s'], {}], [[], { VNCCTL_QUEUE: '2s' }]] as const) {
    const run = await program.run(['up', ANA, ...argv], { env });
    expect(run.code).toBe(5);
    expect(run.err).toContain('waiting for memory for 2s at most, at place 1 of 1\nerror: ');
  }
  const served = await program.run(['up', ANA, '--queue', '1m'], {
    meanwhile: async () => {
      await eventually(() => program.store.state.queue?.length === 1);
      program.memory.freeBytes = 1024 ** 3;
    },
  });
  expect(served).toMatchObject({ code: 0, out: expect.stringMatching(LINK) as string });
});
