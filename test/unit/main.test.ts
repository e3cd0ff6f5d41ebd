import { writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERROR_CODES, ERROR_KINDS, type ErrorCode, VncctlError } from '../../src/errors.ts';
import { createTestProgram } from '../support/test-program.ts';

test('a bare call prints help on stdout and succeeds', async () => {
  const run = await createTestProgram().run([]);
  expect(run).toMatchObject({ code: 0, err: '' });
  expect(run.out).toMatch(/^Usage: vncctl \[options\] <command>/);
  expect(run.out.indexOf('Examples:')).toBeLessThan(run.out.indexOf('Desktops:'));
  expect(run.out.indexOf('Desktops:')).toBeLessThan(run.out.indexOf('Options:'));
});

test('help needs no engine, no catalog and no right settings', async () => {
  const program = createTestProgram();
  program.engine.calls.refuse();
  const run = await program.run(['up', '--help'], { env: { VNCCTL_PORT_MIN: 'x' } });
  expect(run).toMatchObject({ code: 0, err: '' });
  expect(program.engine.calls.log).toEqual([]);
});

test.each([
  [['help'], ['--help']],
  [['help', 'up'], ['up', '--help']],
  [['help', 'attach'], ['open', '-h']],
  [['help', 'images', 'build'], ['images', 'build', '--help']],
  [['images'], ['images', '--help']],
])('vncctl %j prints what %j prints', async (one, other) => {
  const program = createTestProgram();
  const [first, second] = [await program.run(one), await program.run(other)];
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(first.out).toBe(second.out);
  expect(first.out).toContain('Usage: vncctl');
});

test.each([['-V'], ['-v'], ['--version'], ['--version', '--json'], ['--debug', '-V'], ['--debug', '-v'], ['ls', '-v']])('vncctl %s %s prints the version alone', async (...argv) => {
  expect(await createTestProgram().run(argv)).toMatchObject({ code: 0, out: '0.0.0\n', err: '' });
});

test.each([
  [['lss'], 'there is no command "lss" (did you mean "ls"?)', 'vncctl --help'],
  [['help', 'upp'], 'there is no command "upp" (did you mean "up"?)', 'vncctl --help'],
  [['images', 'biuld'], 'there is no command "biuld" (did you mean "build"?)', 'vncctl images --help'],
  [['up', '1', '--imagee', 'x'], "unknown option '--imagee' (did you mean --image?)", 'vncctl up --help'],
  [['images', 'build', '--forse'], "unknown option '--forse' (did you mean --force?)", 'vncctl images build --help'],
  [['up'], "missing required argument 'client'", 'vncctl up --help'],
  [['ls', 'x'], "too many arguments for 'ls'. Expected 0 arguments but got 1", 'vncctl ls --help'],
])('vncctl %j is refused with the nearest word and the help to read', async (argv, message, help) => {
  expect(await createTestProgram().run(argv)).toMatchObject({ code: 2, out: '', err: `error: ${message}\nhint: see: ${help}\n` });
});

test('a verb is not guessed from its beginning', async () => {
  expect((await createTestProgram().run(['ins', '111.444.777-35'])).code).toBe(2);
});

test.each([
  [['up', 'nobody', '--json'], 2, 'BAD_CLIENT_ID'],
  [['inspect', '111.444.777-35', '--json'], 3, 'DESKTOP_NOT_FOUND'],
  [['ls', '--json', '--filter', 'x'], 2, 'USAGE'],
  [['lss', '--json'], 2, 'USAGE'],
  [['images', 'inspect', 'nope', '--json'], 3, 'IMAGE_NOT_FOUND'],
  [['config', 'get', 'nope', '--json'], 3, 'SETTING_NOT_FOUND'],
  [['rm', '--all', '--json'], 2, 'NEEDS_CONFIRMATION'],
])('with --json the failure of %j is one JSON object on stderr and nothing on stdout', async (argv, code, name) => {
  const program = createTestProgram();
  await program.run(['up', '529.982.247-25']);
  const run = await program.run(argv);
  expect(run).toMatchObject({ code, out: '' });
  expect(run.err.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(run.err)).toEqual({ error: { code: name, message: expect.any(String), hint: expect.any(String) } });
});

const OWN_EXIT_CODES: Readonly<Record<string, number>> = { TERMINATED: 143, BAD_CONFIGURATION: 78 };

test.each(Object.entries(ERROR_CODES))('a failure with the code %s ends with the exit code of its kind, or its own', async (code, kind) => {
  const program = createTestProgram();
  program.engine.calls.failNext('containers.list', new VncctlError(code as ErrorCode, 'so it is', { hint: 'do that' }));
  const run = await program.run(['ls']);
  expect(run).toMatchObject({ code: OWN_EXIT_CODES[code] ?? ERROR_KINDS[kind].exit, out: '' });
  expect(run.err).toMatch(/^error: so it is\n/);
  expect(run.err).toContain('hint: do that\n');
});

test('what nobody expected is a bug: exit code 1, the stack, and where to report', async () => {
  const program = createTestProgram();
  program.engine.calls.failNext('containers.list', new TypeError('x is undefined'));
  const run = await program.run(['ls']);
  expect(run).toMatchObject({ code: 1, out: '' });
  expect(run.err).toContain('TypeError: x is undefined\n    at ');
  expect(run.err).toContain('please report');
});

test("a user's mistake shows a stack only with --debug", async () => {
  const program = createTestProgram();
  expect((await program.run(['up', 'nobody'])).err).not.toContain('    at ');
  expect((await program.run(['up', 'nobody', '--debug'])).err).toContain('    at ');
});

test('an interrupted run ends with 130', async () => {
  const program = createTestProgram();
  program.engine.calls.hang();
  const controller = new AbortController();
  const run = await program.run(['ls'], {
    signal: controller.signal,
    meanwhile: async () => controller.abort(new VncctlError('INTERRUPTED', 'stopped; what was half-made was undone')),
  });
  expect(run).toMatchObject({ code: 130, out: '', err: 'error: stopped; what was half-made was undone\n' });
});

test('all faults of the settings are reported together, each with its origin', async () => {
  const program = createTestProgram();
  mkdirSync(join(program.home, 'config'), { recursive: true });
  writeFileSync(join(program.home, 'config/config.json'), '{"width": "wide"}');
  writeFileSync(join(program.home, '.env'), 'VNC_HEIGHT=tall\n');
  const run = await program.run(['ls'], { env: { VNCCTL_PORT_MIN: 'x' } });
  expect(run).toMatchObject({ code: 2, out: '' });
  expect(run.err).toContain('3 settings are wrong');
  for (const words of ['width: "wide"', 'config.json', 'height: "tall"', 'VNC_HEIGHT in', 'portMin: "x"', 'VNCCTL_PORT_MIN']) expect(run.err).toContain(words);
});

test('an unknown setting of the file draws one warning on stderr, and the run goes on', async () => {
  const program = createTestProgram();
  mkdirSync(join(program.home, 'config'), { recursive: true });
  writeFileSync(join(program.home, 'config/config.json'), '{"portMinn": 5001}');
  const run = await program.run(['ls', '--json']);
  expect(run).toMatchObject({ code: 0, out: '[]\n' });
  expect(run.err).toMatch(/^warning: unknown setting "portMinn" in .* \(did you mean "portMin"\?\); ignored\n$/);
});

test('colour is said by flag, and none goes into a pipe', async () => {
  const program = createTestProgram();
  expect((await program.run(['lss'])).err).not.toContain('\x1b[');
  expect((await program.run(['lss'], { terminals: ['stderr'] })).err).toContain('\x1b[');
  const plain = await program.run(['ls', '--color', 'never'], { terminals: ['stdout', 'stderr'] });
  expect(plain.out).not.toContain('\x1b[');
  expect((await program.run(['ls', '--color', 'always'], { terminals: ['stdout'] })).out).toContain('\x1b[');
});
