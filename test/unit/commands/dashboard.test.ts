import { expect, test } from 'vitest';
import { createTestProgram } from '../../support/test-program.ts';

interface Row {
  id: string;
}

async function program() {
  const made = createTestProgram();
  await made.run(['ls']);
  made.daemonAnswersAt('127.0.0.1:8080');
  return made;
}

test('the link is printed alone on stdout; ls tells who is signed in, and never the link', async () => {
  const { run } = await program();
  const printed = await run(['dashboard', '--print']);
  expect(printed).toMatchObject({ code: 0, err: '' });
  expect(printed.out).toMatch(/^http:\/\/127\.0\.0\.1:8080\/#ticket=[A-Za-z0-9_-]{22}\n$/);
  const list = await run(['dashboard', 'ls']);
  expect(list.out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([['ID', 'MODE', 'GIVEN', 'OPENED'], [expect.stringMatching(/^[0-9a-f]{10}$/), 'full', 'now', 'not yet'], ['']]);
});

test('one for a screen on the wall may only look', async () => {
  const { run } = await program();
  expect((await run(['dashboard', '--view-only', '--json'])).json()).toEqual({ id: expect.any(String), mode: 'view-only', createdAt: '2030-01-01T12:00:00.000Z', opened: false, url: expect.stringContaining('/#ticket=') });
  expect((await run(['dashboard', 'ls', '--json'])).json()).toMatchObject([{ mode: 'view-only' }]);
});

test('links to desktops are not listed here, and a dashboard is not listed among shares', async () => {
  const { run } = await program();
  await run(['up', '111.444.777-35']);
  await run(['share', '111.444.777-35']);
  await run(['dashboard', '--print']);
  const [shares, signIns] = [(await run(['share', 'ls', '-q'])).out, (await run(['dashboard', 'ls', '-q'])).out];
  expect([shares, signIns].map((text) => text.split('\n').length)).toEqual([2, 2]);
  expect(shares).not.toBe(signIns);
});

test('revoke takes one back; an unknown one is told', async () => {
  const { run } = await program();
  const { id } = (await run(['dashboard', '--json'])).json() as Row;
  expect(await run(['dashboard', 'revoke', id])).toMatchObject({ code: 0, out: `revoked ${id}\n`, err: '' });
  expect((await run(['dashboard', 'ls', '--json'])).json()).toEqual([]);
  expect(await run(['dashboard', 'revoke', id])).toMatchObject({ code: 3, out: '', err: `error: nobody is signed in by "${id}"\nhint: see who is: vncctl dashboard ls\n` });
});

test('without a daemon there is nothing to open, and no link is made', async () => {
  const { run } = createTestProgram();
  expect(await run(['dashboard'])).toMatchObject({ code: 4, out: '', err: expect.stringContaining('no daemon runs') });
  expect((await run(['dashboard', 'ls', '-q'])).out).toBe('');
});

test('a flag of the verb is none of its commands', async () => {
  const { run } = await program();
  expect(await run(['dashboard', '--view-only', 'ls'])).toMatchObject({ code: 2, err: expect.stringContaining("unknown option '--view-only'") });
});
