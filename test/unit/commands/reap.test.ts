import { expect, test } from 'vitest';
import type { DesktopId } from '../../../src/core/store.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';

const CLIENT = '111.444.777-35';
const MINUTE = 60_000;
// With cron every ten minutes.
const env = { CLEANUP_INTERVAL_MINUTES: '10', IDLE_TIMEOUT_HOURS: '1' };

/** Runs `reap` every ten minutes and gives what it printed at each. */
async function cron(program: TestProgram, runs: number, ...flags: string[]): Promise<string[]> {
  const printed: string[] = [];
  for (let run = 0; run < runs; run++) {
    printed.push((await program.run(['reap', ...flags], { env })).out);
    program.clock.advance(10 * MINUTE);
  }
  return printed;
}

test('run by cron it announces the removal of an idle desktop, and removes it after that', async () => {
  const program = createTestProgram();
  await program.run(['up', CLIENT], { env });
  const printed = await cron(program, 8);
  expect(printed.slice(0, 6)).toEqual(['', '', '', '', '', '']);
  expect(printed[6]).toMatch(new RegExp(`^warn ${CLIENT}: no viewer for 1h, to be removed at 2030-01-01T13:05:`));
  expect(printed[7]).toBe(`remove ${CLIENT}: no viewer for 1h\n`);
  expect(program.engine.world.all).toEqual([]);
  expect(program.store.state.allocations).toEqual({});
});

test('a desktop that somebody looks at outlives them all', async () => {
  const program = createTestProgram();
  await program.run(['up', CLIENT], { env });
  const [row] = (await program.run(['ls', '--json'])).json() as { id: DesktopId }[];
  if (row) program.activity.set(row.id, 1);
  expect((await cron(program, 30)).join('')).toBe('');
  expect(program.engine.world.all).toHaveLength(1);
});

test('a first look removes nobody for being idle, and says why', async () => {
  const program = createTestProgram();
  await program.run(['up', CLIENT], { env });
  program.clock.advance(24 * 60 * MINUTE);
  const run = await program.run(['reap'], { env });
  expect(run).toMatchObject({ code: 0, out: '' });
  expect(run.err).toBe('note: nothing is due for the one desktop\nnote: nobody has looked before, so idle time counts from now; to watch all the time: vncctl daemon\n');
});

test('--dry-run prints the plan with its causes and changes nothing', async () => {
  const program = createTestProgram();
  await program.run(['up', CLIENT], { env });
  await cron(program, 6);
  const before = structuredClone(program.store.state);
  const { out } = await program.run(['reap', '--dry-run'], { env });
  expect(out).toMatch(new RegExp(`^warn ${CLIENT}: no viewer for 1h, to be removed at `));
  expect(program.store.state).toEqual(before);
  expect((await program.run(['events', '--json'])).json()).toEqual([]);
});

test('--json has each step, and what became of it', async () => {
  const program = createTestProgram();
  await program.run(['up', CLIENT], { env });
  await cron(program, 7);
  program.engine.calls.failNext('containers.stop', new Error('so it is'));
  const { json } = await program.run(['reap', '--json'], { env });
  expect(json()).toMatchObject([{ do: 'remove', client: CLIENT, clock: 'no-client', cause: 'no viewer for 1h', removeAt: null, result: 'done', reason: null }]);
});

test('what it did is kept in the journal, with the causes', async () => {
  const program = createTestProgram();
  await program.run(['up', CLIENT], { env });
  await cron(program, 8);
  expect((await program.run(['events', '--json'])).json()).toMatchObject([
    { event: 'warned', cause: 'no viewer for 1h' },
    { event: 'removed', cause: 'no viewer for 1h' },
  ]);
});

test('a step that fails is reported, and the exit code is that of its failure', async () => {
  const program = createTestProgram();
  await program.run(['up', CLIENT], { env });
  await cron(program, 7);
  for (let attempt = 0; attempt < 3; attempt++) program.engine.calls.failNext('containers.remove', new Error('so it is'));
  const run = await program.run(['reap'], { env });
  expect(run.code).toBe(1);
  expect(run.out).toBe(`remove ${CLIENT}: no viewer for 1h (failed: so it is)\n`);
  expect(program.engine.world.all).toHaveLength(1);
});
