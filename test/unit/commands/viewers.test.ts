import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Viewer, viewerNotFound } from '../../../src/core/control.ts';
import { VncctlError } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeControl, exampleViewer, type FakeControl } from '../../support/fake-control.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';

const ANA = '111.444.777-35';
const BOB = '529.982.247-25';

interface Prepared extends TestProgram {
  control: FakeControl;
  ana: Viewer;
  watcher: Viewer;
  bob: Viewer;
}

/** Two look at Ana's desktop, one of them view-only, and one at Bob's. It is five past twelve. */
async function prepared(): Promise<Prepared> {
  const control = createFakeControl();
  const program = createTestProgram({ control });
  for (const client of [ANA, BOB]) await program.run(['up', client]);
  const [one, two] = Object.values(program.store.state.allocations).map(({ desktopId }) => desktopId);
  if (!one || !two) return expect.unreachable();
  const ana = exampleViewer({ id: 'aaaaaaaa', desktop: one, lastInputAt: '2030-01-01T12:04:00.000Z' });
  const watcher = exampleViewer({ id: 'bbbbbbbb', desktop: one, mode: 'view-only', address: '2001:db8::7', ticket: '0123456789' });
  const bob = exampleViewer({ id: 'cccccccc', desktop: two, ticket: '9876543210' });
  control.present = [ana, watcher, bob];
  program.clock.advance(Date.parse('2030-01-01T12:05:00.000Z') - program.clock.now().getTime());
  return { ...program, control, ana, watcher, bob };
}

test('viewers lists who looks at one desktop: since when, from where, what they may and when they last did', async () => {
  const { run } = await prepared();
  const { code, out, err } = await run(['viewers', ANA]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['ID', 'CLIENT', 'MODE', 'FROM', 'SINCE', 'LAST INPUT', 'LINK'],
    ['aaaaaaaa', ANA, 'full', '192.0.2.7', '4m ago', '1m ago', '5f0c9a1d22'],
    ['bbbbbbbb', ANA, 'view-only', '2001:db8::7', '4m ago', '-', '0123456789'],
    [''],
  ]);
});

test('without a client it lists all, without the engine; a desktop whose client nobody remembers by its id', async () => {
  const { run, control, engine, bob } = await prepared();
  control.present = [...control.present, exampleViewer({ id: 'dddddddd' })];
  const calls = engine.calls.log.length;
  const { out } = await run(['viewers']);
  expect(out).toContain(BOB);
  expect(out).toContain('(bcdfghjkmnpq)');
  expect(engine.calls.log).toHaveLength(calls);
  expect((await run(['viewers', '-q'])).out).toBe('aaaaaaaa\nbbbbbbbb\ncccccccc\ndddddddd\n');
  expect((await run(['viewers', '--json'])).json()).toContainEqual({ ...bob, client: '52998224725' });
  expect((await run(['viewers', '--json'])).json()).toContainEqual({ ...exampleViewer({ id: 'dddddddd' }), client: null });
});

test('viewers --json --mask hides the middle of the client', async () => {
  const { run } = await prepared();
  const masked = await run(['viewers', ANA, '--json', '--mask']);
  expect(masked.json()).toHaveLength(2);
  expect(masked.out).not.toContain('444777');
  expect((await run(['viewers', '--mask'])).out).not.toContain('444.777');
});

test('kick ends the one who looks, or those who are named, and prints their ids', async () => {
  const { run, control } = await prepared();
  expect(await run(['kick', BOB])).toMatchObject({ code: 0, out: 'cccccccc\n', err: '' });
  expect(await run(['kick', ANA, 'bbbbbbbb', 'aaaaaaaa', 'bbbbbbbb', '--revoke'])).toMatchObject({ code: 0, out: 'bbbbbbbb\naaaaaaaa\n', err: '' });
  expect(control.ended).toEqual(['cccccccc', 'bbbbbbbb and its link', 'aaaaaaaa and its link']);
});

test('of several, one has to be named, or all: nobody is kicked by accident', async () => {
  const { run, control } = await prepared();
  const { code, err } = await run(['kick', ANA]);
  expect(code).toBe(2);
  expect(err).toBe(`error: 2 look at the desktop of ${ANA}: which of them?\nhint: see them: vncctl viewers ${ANA}   (all of them: vncctl kick ${ANA} --all)\n`);
  expect((await run(['kick', ANA, 'aaaaaaaa', '--all'])).code).toBe(2);
  expect(control.ended).toEqual([]);
});

test('a viewer of another desktop is not kicked by a slip, and the others that were named are', async () => {
  const { run, control } = await prepared();
  expect(await run(['kick', ANA, 'cccccccc', 'aaaaaaaa'])).toMatchObject({ code: 3, out: 'aaaaaaaa\n', err: 'error: there is no viewer "cccccccc"\n' });
  control.failing.set('bbbbbbbb', new VncctlError('STORE_LOCKED', 'the state is locked'));
  const failed = await run(['kick', ANA, '--json']);
  expect(failed.code).toBe(4);
  expect(failed.json()).toMatchObject([{ id: 'bbbbbbbb', client: '11144477735', kicked: false, error: { code: 'STORE_LOCKED' } }]);
  expect(control.ended).toEqual(['aaaaaaaa']);
});

test('several who came by one link are kicked with it, and who left meanwhile is gone too; but a link that was not taken back is told', async () => {
  const { run, control, ana, bob } = await prepared();
  control.present = [...control.present, exampleViewer({ id: 'dddddddd', desktop: ana.desktop })];
  expect(await run(['kick', ANA, '--all', '--revoke', '--yes'])).toMatchObject({ code: 0, out: 'aaaaaaaa\nbbbbbbbb\ndddddddd\n', err: '' });
  expect(control.ended).toEqual(['aaaaaaaa and its link', 'bbbbbbbb and its link']);
  control.present = [bob];
  control.failing.set(bob.id, viewerNotFound(bob.id));
  expect(await run(['kick', BOB])).toMatchObject({ code: 0, out: 'cccccccc\n', err: '' });
  expect(await run(['kick', BOB, '--revoke'])).toMatchObject({ code: 3, out: '' });
});

test('kick --json tells what became of each', async () => {
  const { run, bob } = await prepared();
  expect((await run(['kick', BOB, '--revoke', '--json'])).json()).toEqual([{ id: 'cccccccc', desktop: bob.desktop, client: '52998224725', kicked: true, revoked: true }]);
});

test.each([
  [['--all', '--yes'], 'aaaaaaaa\nbbbbbbbb\n', 0],
  [['--all'], '', 2],
] as const)('kick %j of two asks first unless it has the yes', async (flags, out, code) => {
  const { run, control } = await prepared();
  const ended = await run(['kick', ANA, ...flags]);
  expect(ended).toMatchObject({ code, out });
  expect(control.ended).toHaveLength(code === 0 ? 2 : 0);
  if (code !== 0) expect(ended.err).toContain(`hint: vncctl kick ${ANA} --all --yes`);
});

test.each([
  ['y\r', 0, 2],
  ['n\r', 130, 0],
] as const)('on a terminal kick --all shows the count and asks; %j ends with %i', async (keys, code, kicked) => {
  const { run, control } = await prepared();
  const ended = await run(['kick', ANA, '--all'], {
    terminals: ['stdin', 'stdout', 'stderr'],
    meanwhile: async (io) => {
      await eventually(() => io.err().includes(`Kick all 2 who look at the desktop of ${ANA}?`));
      io.type(keys);
    },
  });
  expect(ended.code).toBe(code);
  expect(control.ended).toHaveLength(kicked);
});

test('--all of one asks nothing, of none is no failure; kick of none is', async () => {
  const { run } = await prepared();
  expect(await run(['kick', BOB, '--all'])).toMatchObject({ code: 0, out: 'cccccccc\n' });
  expect(await run(['kick', BOB, '--all'])).toMatchObject({ code: 0, out: '', err: 'note: nobody looks at it through the daemon\n' });
  expect((await run(['kick', BOB, '--all', '--json'])).json()).toEqual([]);
  const none = await run(['kick', BOB]);
  expect(none).toMatchObject({ code: 3, out: '' });
  expect(none.err).toContain(`nobody looks at the desktop of ${BOB}`);
});

test.each(['viewers', 'kick'])('%s of a client without a desktop says so', async (verb) => {
  expect(await (await prepared()).run([verb, '390.533.447-05', '--json'])).toMatchObject({ code: 3, err: expect.stringContaining('DESKTOP_NOT_FOUND') });
});

test.each([['viewers'], ['viewers', ANA], ['kick', ANA]])('without a daemon %s names the command that starts one', async (...argv) => {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  expect(await program.run(argv)).toMatchObject({ code: 4, out: '', err: 'error: no daemon runs that could be asked\nhint: start it: vncctl daemon\n' });
});

test('a daemon without a socket, and one whose socket is dead, are told apart from none', async () => {
  const program = createTestProgram();
  const folder = join(program.home, 'state/default');
  mkdirSync(folder, { recursive: true });
  const daemon = (more: object): void => writeFileSync(join(folder, 'daemon.json'), JSON.stringify({ pid: process.pid, startedAt: '2030-01-01T12:00:00.000Z', ...more }));
  daemon({});
  expect((await program.run(['viewers'])).err).toContain('is of an older version');
  daemon({ socket: join(folder, 'daemon.sock') });
  const dead = await program.run(['viewers', '--json']);
  expect(dead).toMatchObject({ code: 4, out: '' });
  expect(JSON.parse(dead.err)).toMatchObject({ error: { code: 'DAEMON_NOT_RUNNING', message: expect.stringContaining("nobody answers at the daemon's socket") } });
});
