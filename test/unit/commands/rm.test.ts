import { expect, test } from 'vitest';
import { VncctlError } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';

const ANA = '111.444.777-35';
const BOB = '529.982.247-25';
const terminals = ['stdin', 'stdout', 'stderr'] as const;

async function twoDesktops(): Promise<TestProgram> {
  const program = createTestProgram();
  for (const client of [ANA, BOB]) await program.run(['up', client]);
  return program;
}

test('rm prints who is gone, and leaves nothing behind', async () => {
  const program = await twoDesktops();
  const run = await program.run(['rm', '11144477735', BOB]);
  expect(run).toMatchObject({ code: 0, out: `${ANA}\n${BOB}\n` });
  expect(program.engine.world.all).toEqual([]);
  expect(program.store.state).toEqual({ allocations: {}, reservations: [] });
});

test('a client named twice is removed once', async () => {
  expect(await (await twoDesktops()).run(['rm', ANA, '11144477735'])).toMatchObject({ code: 0, out: `${ANA}\n` });
});

test('rm takes the opaque id too', async () => {
  const program = await twoDesktops();
  const { out: id } = await program.run(['ls', '--filter', `client=${ANA}`, '--format', '{{.Id}}']);
  expect(await program.run(['rm', id.trim()])).toMatchObject({ code: 0, out: `${ANA}\n` });
});

test('all are tried, each is reported, and one failure makes the exit code', async () => {
  const program = await twoDesktops();
  program.engine.calls.before('containers.remove', (id) => {
    if (program.engine.world.get(id).name === 'vnc_11144477735') throw new VncctlError('ENGINE_FAILED', 'the disk is on fire');
  });
  const run = await program.run(['rm', ANA, BOB, '123.456.789-09']);
  expect(run).toMatchObject({ code: 6, out: `${BOB}\n` });
  expect(run.err).toContain(`error: ${ANA} is still there: the disk is on fire\n`);
  expect(run.err).toContain('error: 123.456.789-09 has no desktop\n');
});

test('rm --json tells what became of each, missing ones by their client', async () => {
  const program = await twoDesktops();
  const run = await program.run(['rm', ANA, '123.456.789-09', '--json']);
  expect(run).toMatchObject({ code: 3, err: '' });
  expect(run.json()).toEqual([
    { client: '11144477735', id: expect.any(String), removed: true },
    { client: '12345678909', id: null, removed: false, error: expect.objectContaining({ code: 'DESKTOP_NOT_FOUND' }) },
  ]);
});

test('with --ignore-missing a client without a desktop is a note', async () => {
  expect(await createTestProgram().run(['rm', ANA, '--ignore-missing'])).toMatchObject({ code: 0, out: '', err: `note: ${ANA} has no desktop\n` });
});

test('rm alone asks whose, and --all with a name is refused', async () => {
  const program = createTestProgram();
  const alone = await program.run(['rm']);
  expect(alone).toMatchObject({ code: 2, out: '' });
  expect(alone.err).toContain('vncctl rm --all');
  expect(await program.run(['rm', '--all', ANA])).toMatchObject({ code: 2, out: '' });
});

test.each([[[]], [['stdin']], [['stdout', 'stderr']]] as const)('rm --all asks nothing where only %j are terminals: it names the flag and keeps everything', async (named) => {
  const program = await twoDesktops();
  const run = await program.run(['rm', '--all'], { terminals: named, env: { NO_COLOR: '1' } });
  expect(run).toMatchObject({ code: 2, out: '', err: 'error: all 2 desktops would be removed: this needs a yes\nhint: vncctl rm --all --yes\n' });
  expect(program.engine.world.all).toHaveLength(2);
});

test('--no-input asks nothing on a terminal either', async () => {
  expect(await (await twoDesktops()).run(['rm', '--all', '--no-input'], { terminals })).toMatchObject({ code: 2, out: '' });
});

test.each([
  ['y\r', 0, 0],
  ['n\r', 130, 2],
  ['\r', 130, 2],
] as const)('on a terminal rm --all shows the count and asks; %j ends with %i and leaves %i', async (keys, code, left) => {
  const program = await twoDesktops();
  const run = await program.run(['rm', '--all'], {
    terminals,
    meanwhile: async (io) => {
      await eventually(() => io.err().includes('Remove all 2 desktops?'));
      io.type(keys);
    },
  });
  expect(run.code).toBe(code);
  expect(program.engine.world.all).toHaveLength(left);
  expect(run.out).not.toContain('Remove');
});

test('rm --all --yes takes all away and the network with them', async () => {
  const program = createTestProgram({ prepared: false });
  await program.run(['up', ANA]);
  expect(program.engine.networkWorld.all.map(({ name }) => name)).toEqual(['vncctl']);
  expect(await program.run(['rm', '--all', '--yes'])).toMatchObject({ code: 0, out: `${ANA}\n` });
  expect(program.engine.networkWorld.all).toEqual([]);
});

test('rm --all where there is nothing says so, asks nothing and succeeds', async () => {
  expect(await createTestProgram().run(['rm', '--all'])).toMatchObject({ code: 0, out: '', err: 'note: there is no desktop to remove\n' });
});

test('rm --dry-run prints what would go and removes nothing', async () => {
  const program = await twoDesktops();
  const run = await program.run(['rm', '--all', '--dry-run']);
  expect(run).toMatchObject({ code: 0, err: '' });
  expect(run.out.split('\n').sort()).toEqual(['', `remove ${ANA} (vnc_11144477735)`, `remove ${BOB} (vnc_52998224725)`]);
  expect((await program.run(['rm', ANA, '--dry-run', '--json'])).json()).toEqual([{ client: '11144477735', id: expect.any(String), container: 'vnc_11144477735' }]);
  expect(program.engine.world.all).toHaveLength(2);
});

test('rm --dry-run of somebody without a desktop fails as rm would', async () => {
  expect(await createTestProgram().run(['rm', ANA, '--dry-run'])).toMatchObject({ code: 3, out: '', err: `error: ${ANA} has no desktop\n` });
});
