import { expect, test } from 'vitest';
import { createTestProgram } from '../../support/test-program.ts';

test('bench prints a table that fits 80 columns, and its progress on stderr alone', async () => {
  const program = createTestProgram();
  const { code, out, err } = await program.run(['bench', '-n', '2']);
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^WHAT +N +P50 MS +P90 MS +MIN MS$/);
  expect(lines.slice(1).map((line) => line.slice(0, 30).trim())).toEqual(['up, a new one: screen answers', 'up, a new one: page painted', 'up, again', 'rm', 'pool: a warm one made', 'up, a warm one']);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  expect(err).toContain('round 2 of 2: a warm desktop\n');
  expect(program.engine.world.all).toEqual([]);
});

test('bench --json tells every single time', async () => {
  const program = createTestProgram();
  const { code, json } = await program.run(['bench', '-n', '3', '--json']);
  expect(code).toBe(0);
  expect(json()).toMatchObject({ image: 'firefox-kiosk', rounds: 3, unit: 'ms', notes: [] });
  const { figures } = json() as { figures: { samples: number[] }[] };
  for (const { samples } of figures) expect(samples).toHaveLength(3);
});

test.each(['0', '101', 'x', '1.5', '-1'])('bench --rounds=%s is refused before anything is made', async (rounds) => {
  const program = createTestProgram();
  expect(await program.run(['bench', `--rounds=${rounds}`])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('is not a whole number from 1 to 100') as string });
  expect(program.engine.calls.log).toEqual([]);
});

test('where no desktop can be started bench fails as up does', async () => {
  const program = createTestProgram();
  program.memory.freeBytes = 1;
  expect(await program.run(['bench'])).toMatchObject({ code: 5, out: '', err: expect.stringContaining('too little memory') as string });
});
