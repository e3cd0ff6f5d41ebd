import { expect, test } from 'vitest';
import { createTestProgram } from '../../support/test-program.ts';

interface Row {
  id: string;
  token: string;
}

test('create prints the token alone on stdout, this once; ls shows what it is for and never the token', async () => {
  const { run } = createTestProgram();
  const made = await run(['token', 'create', '--scope', 'operate', '--name', 'front desk', '--for', '1h']);
  expect(made.code).toBe(0);
  expect(made.out).toMatch(/^vnc_[A-Za-z0-9_-]{43}\n$/);
  expect(made.err).toMatch(/^token [0-9a-f]{10}, operate, until \d\d:\d\d \(in 1h\)\n$/);
  const list = await run(['token', 'ls']);
  expect(list.out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([['ID', 'NAME', 'SCOPE', 'CREATED', 'EXPIRES'], [expect.stringMatching(/^[0-9a-f]{10}$/), 'front desk', 'operate', 'now', 'in 1h'], ['']]);
  expect(list.out).not.toContain(made.out.trim().slice(4));
});

test('without flags it only looks, for 90 days; --for never has no end', async () => {
  const { run } = createTestProgram();
  expect((await run(['token', 'create', '--json'])).json()).toEqual({ id: expect.any(String), name: '', scope: 'read', createdAt: '2030-01-01T12:00:00.000Z', expiresAt: '2030-04-01T12:00:00.000Z', token: expect.stringMatching(/^vnc_/) });
  expect((await run(['token', 'create', '--for', 'never', '--json'])).json()).toMatchObject({ expiresAt: null });
  expect((await run(['token', 'ls', '--json'])).json()).toMatchObject([{ scope: 'read' }, { expiresAt: null }]);
  expect((await run(['token', 'ls', '-q'])).out.split('\n')).toHaveLength(3);
});

test('revoke takes one back; an unknown one is told', async () => {
  const { run } = createTestProgram();
  const { id } = (await run(['token', 'create', '--json'])).json() as Row;
  expect(await run(['token', 'revoke', id])).toMatchObject({ code: 0, out: `revoked ${id}\n`, err: '' });
  expect((await run(['token', 'ls', '--json'])).json()).toEqual([]);
  expect(await run(['token', 'revoke', id])).toMatchObject({ code: 3, out: '', err: `error: there is no live token "${id}"\nhint: see them: vncctl token ls\n` });
});

test.each([
  [['--for', 'soon'], '--for: "soon" is not a duration'],
  [['--scope', 'root'], "option '--scope <scope>' argument 'root' is invalid"],
  [['--name', 'x'.repeat(101)], '--name is longer than 100 characters'],
])('token create %j is refused, and nothing is made', async (flags, words) => {
  const { run } = createTestProgram();
  const made = await run(['token', 'create', ...flags]);
  expect(made).toMatchObject({ code: 2, out: '' });
  expect(made.err).toContain(words);
  expect((await run(['token', 'ls', '-q'])).out).toBe('');
});
