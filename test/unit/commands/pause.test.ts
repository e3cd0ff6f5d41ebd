// `vncctl pause` and `vncctl wake`.
import { expect, test } from 'vitest';
import { VncctlError } from '../../../src/errors.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';

const ANA = '111.444.777-35';
const BOB = '529.982.247-25';
const NOBODY = '123.456.789-09';
const NO_DAEMON = 'note: no daemon runs that would wake it when somebody looks: vncctl wake does\n';

async function twoDesktops(): Promise<TestProgram> {
  const program = createTestProgram();
  for (const client of [ANA, BOB]) await program.run(['up', client]);
  return program;
}

const statesOf = ({ engine }: TestProgram): string[] => ['vnc_11144477735', 'vnc_52998224725'].map((name) => engine.world.get(name).state);

test('pause freezes those that are named and no other, wake has them run on; both print who', async () => {
  const program = await twoDesktops();
  expect(await program.run(['pause', ANA])).toEqual(expect.objectContaining({ code: 0, out: `${ANA}\n`, err: NO_DAEMON }));
  expect(statesOf(program)).toEqual(['paused', 'running']);
  expect(await program.run(['pause', ANA, '52998224725'])).toMatchObject({ code: 0, out: `${ANA}\n${BOB}\n` });
  expect(statesOf(program)).toEqual(['paused', 'paused']);
  expect(await program.run(['wake', ANA, BOB])).toMatchObject({ code: 0, out: `${ANA}\n${BOB}\n`, err: '' });
  expect(statesOf(program)).toEqual(['running', 'running']);
});

test('unpause is wake, and what runs is left as it is', async () => {
  const program = await twoDesktops();
  await program.run(['pause', ANA]);
  expect(await program.run(['unpause', ANA, BOB])).toMatchObject({ code: 0, out: `${ANA}\n${BOB}\n` });
  expect(statesOf(program)).toEqual(['running', 'running']);
});

test('a desktop is named by its id too, and paused once however often it is named', async () => {
  const program = await twoDesktops();
  const id = (await program.run(['ls', '--filter', `client=${ANA}`, '--format', '{{.Id}}'])).out.trim();
  expect(await program.run(['pause', id, ANA])).toMatchObject({ code: 0, out: `${ANA}\n` });
  expect(program.engine.calls.log.filter((call) => call.startsWith('containers.pause'))).toHaveLength(1);
});

test('while a daemon runs nothing more is said: it wakes whoever is looked at', async () => {
  const program = await twoDesktops();
  program.daemonAnswersAt('127.0.0.1:8080');
  expect(await program.run(['pause', ANA])).toMatchObject({ code: 0, err: '' });
});

test('why it is paused is written down for the daemon before it happens, and forgotten when it wakes', async () => {
  const program = await twoDesktops();
  const causes = (): unknown[] => Object.values(program.store.state.allocations).map(({ pauseCause }) => pauseCause);
  program.engine.calls.before('containers.pause', () => expect(causes()).toContain('somebody asked for it'));
  expect(await program.run(['pause', ANA])).toMatchObject({ code: 0 });
  await program.run(['wake', ANA]);
  expect(causes()).toEqual([undefined, undefined]);
});

test('nothing stays written down of a pause that the engine refuses', async () => {
  const program = await twoDesktops();
  program.engine.calls.failNext('containers.pause', new VncctlError('ENGINE_FAILED', 'it can not'));
  expect((await program.run(['pause', ANA])).code).not.toBe(0);
  expect(Object.values(program.store.state.allocations).map(({ pauseCause }) => pauseCause)).toEqual([undefined, undefined]);
});

test('waking counts as use, so that a clock that is due does not freeze it again', async () => {
  const program = await twoDesktops();
  await program.run(['pause', ANA]);
  program.clock.advance(3_600_000);
  await program.run(['wake', ANA]);
  expect((await program.run(['ls', '--filter', `client=${ANA}`, '--format', '{{.LastUsed}}'])).out).toBe('2030-01-01T13:00:00.000Z\n');
});

test('--json prints what each is now, as ls does, and a failure by its client', async () => {
  const program = await twoDesktops();
  const paused = await program.run(['pause', ANA, NOBODY, '--json']);
  expect(paused).toMatchObject({ code: 3, err: '' });
  const [row] = (await program.run(['ls', '--json', '--filter', `client=${ANA}`])).json() as unknown[];
  expect(paused.json()).toEqual([row, { client: '12345678909', id: null, error: expect.objectContaining({ code: 'DESKTOP_NOT_FOUND' }) }]);
  expect(row).toMatchObject({ status: 'paused' });
  expect((await program.run(['wake', ANA, '--json'])).json()).toMatchObject([{ client: '11144477735', status: 'ready' }]);
});

test('where client ids are masked, so are those of --json', async () => {
  const program = await twoDesktops();
  expect((await program.run(['pause', ANA, '--json'], { env: { VNCCTL_MASK: 'true' } })).out).not.toContain('11144477735');
});

test('all are tried, each failure is told with what to type, and the first makes the exit code', async () => {
  const program = await twoDesktops();
  program.engine.calls.before('containers.pause', (id) => {
    if (program.engine.world.get(id).name === 'vnc_11144477735') throw new VncctlError('ENGINE_FAILED', 'the disk is on fire', { hint: 'put it out' });
  });
  const { code, out, err } = await program.run(['pause', NOBODY, ANA, BOB]);
  expect({ code, out }).toEqual({ code: 3, out: `${BOB}\n` });
  expect(err).toBe(`error: ${NOBODY} has no desktop\nhint: make one: vncctl up ${NOBODY}\nerror: the disk is on fire\nhint: put it out\n${NO_DAEMON}`);
});

test.each(['pause', 'wake'])('%s of what was stopped says so, and what starts it', async (verb) => {
  const program = await twoDesktops();
  program.engine.world.end('vnc_11144477735', 0);
  expect(await program.run([verb, ANA])).toMatchObject({ code: 4, out: '', err: `error: the desktop of ${ANA} is stopped\nhint: bring it up: vncctl up ${ANA}\n` });
});

test('an engine that can not pause is told as that', async () => {
  const program = await twoDesktops();
  Object.assign(program.engine.capabilities, { canPause: false });
  const { code, err } = await program.run(['pause', ANA]);
  expect({ code, err }).toEqual({ code: 4, err: expect.stringMatching(/^error: this engine can not pause\nhint: /) });
  expect(statesOf(program)).toEqual(['running', 'running']);
});

test.each(['pause', 'wake'])('%s refuses what is no client before it does anything, and asks for one where none is named', async (verb) => {
  const program = await twoDesktops();
  expect(await program.run([verb, ANA, '12'])).toMatchObject({ code: 2, out: '' });
  expect(statesOf(program)).toEqual(['running', 'running']);
  expect((await program.run([verb])).err).toMatch(/missing required argument 'client'/);
});
