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
  expect(run.json()).toEqual({ id: expect.any(String), client: '11144477735', lastUsedAt: '2030-01-01T12:00:00.000Z' });
});

test('touching what is not there is NotFound and remembers nothing', async () => {
  const program = createTestProgram();
  expect(await program.run(['touch', ANA])).toMatchObject({ code: 3, out: '' });
  expect(program.store.state.allocations).toEqual({});
});
