import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DesktopId } from '../../../src/core/store.ts';
import { exchangeTicket, type Ticket } from '../../../src/core/tickets.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';
import { ticketsIn } from '../../support/tickets-in.ts';

const ANA = '111.444.777-35';

/** Ana has a desktop, and a daemon runs. */
async function prepared({ daemon = true, address = '127.0.0.1:8080', scheme }: { daemon?: boolean; address?: string; scheme?: string } = {}): Promise<TestProgram> {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  if (daemon) program.daemonAnswersAt(address, { scheme });
  return program;
}

const ticketsOf = ({ home }: TestProgram): Ticket[] => ticketsIn(join(home, 'state/default/tickets.json'));
const desktopIdOf = ({ store }: TestProgram): DesktopId => Object.values(store.state.allocations)[0]?.desktopId ?? expect.unreachable();

test('share prints a link that opens the desktop', async () => {
  const program = await prepared();
  const { code, out, err } = await program.run(['share', ANA]);
  const desktopId = desktopIdOf(program);
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:8080/d/${desktopId}/#ticket=[A-Za-z0-9_-]{22}\n$`));
  expect(err).toMatch(/^share [0-9a-f]{10} of 111\.444\.777-35, full, until \d\d:\d\d \(in 15m\)\n$/);
  const secret = /#ticket=(\S+)/.exec(out)?.[1] ?? '';
  expect(exchangeTicket(ticketsOf(program), { desktopId, secret }, program.clock.now())?.session).toMatchObject({ desktopId, mode: 'full' });
  expect(JSON.stringify(ticketsOf(program))).not.toContain(secret);
});

test('share --view-only --for --uses makes a ticket of that kind, and --json tells it', async () => {
  const program = await prepared();
  const run = await program.run(['share', ANA, '--view-only', '--for', '2h', '--uses', '3', '--json']);
  expect(run).toMatchObject({ code: 0, err: '' });
  expect(run.json()).toEqual({ id: ticketsOf(program)[0]?.id, desktop: desktopIdOf(program), client: '11144477735', url: expect.stringContaining('/#ticket='), mode: 'view-only', createdAt: '2030-01-01T12:00:00.000Z', expiresAt: '2030-01-01T14:00:00.000Z', usesLeft: 3 });
  expect(ticketsOf(program)).toMatchObject([{ kind: 'share', mode: 'view-only', usesLeft: 3, expiresAt: '2030-01-01T14:00:00.000Z' }]);
});

test.each([
  ['127.0.0.1:9000', 'http://127.0.0.1:9000/d/'],
  ['[::1]:9000', 'http://[::1]:9000/d/'],
  ['0.0.0.0:9000', 'http://screens.example.org:9000/d/'],
])('where the daemon answers at %s the link begins with %s', async (address, start) => {
  const { out } = await (await prepared({ address })).run(['share', ANA], { env: { VNCCTL_HOST: 'screens.example.org' } });
  expect(out.startsWith(start)).toBe(true);
});

test.each([
  [{ scheme: 'https' }, {}, 'https://127.0.0.1:8080/d/', ''],
  [{}, { VNCCTL_PUBLIC_URL: 'https://desktops.example.org/vnc' }, 'https://desktops.example.org/vnc/d/', ''],
  [{ address: 'a Unix socket' }, { VNCCTL_PUBLIC_URL: 'https://{id}.{host}/', VNCCTL_HOST: 'screens.example.org' }, 'https://', '.screens.example.org/'],
])('of a daemon that says %j, with %j, the link begins with %s', async (daemon, env, start, behind) => {
  const program = await prepared(daemon);
  const { out } = await program.run(['share', ANA], { env });
  expect(out).toContain(`${start}${desktopIdOf(program)}${behind === '' ? '/' : behind}#ticket=`);
});

test('a daemon that only a proxy can ask makes no links without a public address', async () => {
  const { code, err } = await (await prepared({ address: 'a Unix socket' })).run(['share', ANA]);
  expect(code).toBe(4);
  expect(err).toContain('vncctl config get publicUrl');
});

test.each([
  [['--for', '15'], 2, '--for: "15" is not a duration like'],
  [['--for', '0s'], 2, '--for: "0s" is not a duration like'],
  [['--for', 'never'], 2, '--for: "never" is not a duration like'],
  [['--uses', '0'], 2, '--uses: "0" is not a whole number from 1'],
  [['--uses', 'x'], 2, '--uses: "x" is not a whole number from 1'],
  [['extra'], 2, 'too many arguments'],
  [['--uses', '1.5'], 2, '--uses: "1.5" is not a whole number from 1'],
])('share %j is refused in clear words with a hint and makes no ticket', async (flags, code, words) => {
  const program = await prepared();
  const run = await program.run(['share', ANA, ...flags]);
  expect(run).toMatchObject({ code, out: '' });
  expect(run.err).toContain(words);
  expect(run.err).toMatch(/^hint: \S/m);
  expect(() => ticketsOf(program)).toThrow('ENOENT');
});

test('without a daemon nobody would answer the link, so none is given', async () => {
  const without = await (await prepared({ daemon: false })).run(['share', ANA]);
  expect(without).toMatchObject({ code: 4, out: '' });
  expect(without.err).toMatch(/no daemon runs.*\n(.*\n)*hint: .*vncctl daemon/);
  const off = await (await prepared({ address: '' })).run(['share', ANA, '--json']);
  expect(off.code).toBe(4);
  expect(off.err + off.out).toContain('DAEMON_NOT_RUNNING');
});

test('who has no desktop, or one that is lost, gets no link', async () => {
  const program = await prepared();
  expect(await program.run(['share', '529.982.247-25'])).toMatchObject({ code: 3, out: '' });
  await program.engine.containers.remove(program.engine.world.get('vnc_11144477735').id);
  const lost = await program.run(['share', ANA]);
  expect(lost).toMatchObject({ code: 3, out: '' });
  expect(lost.err).toContain('is lost');
});

test('share ls lists what counts, with no secret, until it ends', async () => {
  const program = await prepared();
  await program.run(['share', ANA, '--for', '30m']);
  program.clock.advance(60_000);
  await program.run(['share', ANA, '--view-only', '--uses', '2']);
  const [first, second] = ticketsOf(program);
  const { out } = await program.run(['share', 'ls']);
  expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['ID', 'CLIENT', 'MODE', 'GIVEN', 'EXPIRES', 'USES LEFT'],
    [first?.id, ANA, 'full', '1m ago', 'in 29m', '-'],
    [second?.id, ANA, 'view-only', 'now', 'in 15m', '2'],
    [''],
  ]);
  const json = await program.run(['share', 'ls', '--json']);
  expect(json.json()).toMatchObject([{ id: first?.id, desktop: desktopIdOf(program), client: '11144477735', mode: 'full', usesLeft: null }, { id: second?.id, usesLeft: 2 }]);
  expect(json.out).not.toContain(first?.hash);
  expect((await program.run(['share', 'ls', '--mask'])).out).not.toContain('444');
  program.clock.advance(20 * 60_000);
  expect((await program.run(['share', 'ls', '-q'])).out).toBe(`${first?.id}\n`);
});

test('share ls needs no daemon and no engine', async () => {
  const program = createTestProgram();
  program.engine.calls.refuse();
  expect(await program.run(['share', 'ls', '--json'])).toMatchObject({ code: 0, out: '[]\n', err: '' });
});

test.each([
  ['ls', '--uses', '3'],
  ['revoke', 'x', '--view-only'],
])('share %j knows no flag of share itself', async (...argv) => {
  const run = await (await prepared()).run(['share', ...argv]);
  expect(run).toMatchObject({ code: 2, out: '' });
  expect(run.err).toContain('unknown option');
});

test('share revoke takes a link back', async () => {
  const program = await prepared();
  const { out } = await program.run(['share', ANA]);
  const id = ticketsOf(program)[0]?.id ?? '';
  expect(await program.run(['share', 'revoke', id])).toMatchObject({ code: 0, out: `revoked ${id}\n` });
  expect((await program.run(['share', 'ls', '-q'])).out).toBe('');
  expect(exchangeTicket(ticketsOf(program), { desktopId: desktopIdOf(program), secret: /#ticket=(\S+)/.exec(out)?.[1] ?? '' }, program.clock.now())).toBeUndefined();
  await program.run(['share', ANA]);
  const other = ticketsOf(program).at(-1)?.id ?? '';
  expect((await program.run(['share', 'revoke', other, '--json'])).json()).toEqual({ id: other, desktop: desktopIdOf(program), revokedAt: '2030-01-01T12:00:00.000Z' });
  const again = await program.run(['share', 'revoke', id]);
  expect(again).toMatchObject({ code: 3, out: '' });
  expect(again.err).toMatch(/^hint: .*vncctl share ls/m);
});
