import { expect, test } from 'vitest';
import { createTestProgram } from '../../support/test-program.ts';

const ANA = '111.444.777-35';

test('touch makes a desktop count as used now', async () => {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  program.clock.advance(3_600_000);
  expect(await program.run(['touch', ANA])).toMatchObject({ code: 0, out: '', err: `${ANA} counts as used now\n` });
  expect((await program.run(['ls', '--format', '{{.LastUsed}}'])).out).toBe('2030-01-01T13:00:00.000Z\n');
});

test('touch --json prints when it was used', async () => {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  const run = await program.run(['touch', ANA, '--json']);
  expect(run).toMatchObject({ code: 0, err: '' });
  expect(run.json()).toEqual({ id: expect.any(String), client: '11144477735', lastUsedAt: '2030-01-01T12:00:00.000Z', touchedAt: '2030-01-01T12:00:00.000Z', keptUntil: null });
});

test('touch --for and --until keep it and say until when', async () => {
  const program = createTestProgram();
  const { desktop } = await program.up();
  const run = await program.run(['touch', ANA, '--for', '2h']);
  expect(run).toMatchObject({ code: 0, out: '' });
  expect(run.err).toMatch(/^111\.444\.777-35 counts as used now, kept until \d\d:\d\d \(in 2h\)\n$/);
  expect(program.store.state.allocations[desktop.id]?.keptUntil).toBe('2030-01-01T14:00:00.000Z');
  const json = await program.run(['touch', ANA, '--until', '2030-01-01T15:30:00Z', '--json']);
  expect(json).toMatchObject({ code: 0, err: '' });
  expect(json.json()).toMatchObject({ keptUntil: '2030-01-01T15:30:00.000Z' });
  expect((await program.run(['touch', ANA])).err).toMatch(/kept until \d\d:\d\d \(in 3h30m\)\n$/);
  expect((await program.run(['touch', ANA, '--until', '23:59'])).err).toContain(', kept until 23:59 (in ');
});

test.each([
  [['--for', '2'], '--for: "2" is not a duration like'],
  [['--for', '0s'], '--for: "0s" is not a duration like'],
  [['--for', 'never'], '--for: "never" is not a duration like'],
  [['--until', 'six'], '--until: "six" is not a time like 18:00'],
  [['--until', '2029-12-31T18:00:00Z'], '2029-12-31T18:00:00.000Z is past'],
  [['--for', '1h', '--until', '18:00'], '--for and --until exclude each other'],
  [['--for', '25h'], 'ends by itself after 1d without a viewer'],
])('touch %j is refused in clear words with a hint and changes nothing', async (flags, words) => {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  const before = program.store.state;
  program.clock.advance(1000);
  const run = await program.run(['touch', ANA, ...flags]);
  expect(run).toMatchObject({ code: 2, out: '' });
  expect(run.err).toContain(words);
  expect(run.err).toMatch(/^hint: \S/m);
  expect(program.store.state).toBe(before);
});

test('a touch whose screen does not answer says that the desktop still ends by itself', async () => {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  await program.engine.containers.pause(program.engine.world.get('vnc_11144477735').id);
  expect((await program.run(['touch', ANA])).err).toContain('note: its screen did not answer, so it still ends by itself 1d after its last viewer left\n');
});

test('touching what is not there is NotFound and remembers nothing', async () => {
  const program = createTestProgram();
  expect(await program.run(['touch', ANA])).toMatchObject({ code: 3, out: '' });
  expect(program.store.state.allocations).toEqual({});
});
