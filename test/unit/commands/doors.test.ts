// What up, open, ls and inspect print while a daemon answers, and while none does.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DesktopId } from '../../../src/core/store.ts';
import { exchangeTicket, type Ticket } from '../../../src/core/tickets.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';
import { ticketsIn } from '../../support/tickets-in.ts';

const ANA = '111.444.777-35';
const NAME = 'vnc_11144477735';
const ORIGIN = 'http://127.0.0.1:8080';
const DIRECT = /^http:\/\/localhost:5000\/vnc\.html#key=\S{8}\n$/;

function behindDaemon(): TestProgram {
  const program = createTestProgram();
  program.daemonAnswersAt('127.0.0.1:8080');
  return program;
}

const ticketsOf = ({ home }: TestProgram): Ticket[] => ticketsIn(join(home, 'state/default/tickets.json'));
const idOf = ({ store }: TestProgram): DesktopId => Object.values(store.state.allocations)[0]?.desktopId ?? expect.unreachable();
const linkOf = (program: TestProgram): RegExp => new RegExp(`^${ORIGIN}/d/${idOf(program)}/#ticket=(\\S{22})\n$`);

test('while a daemon answers, up publishes no port and prints a link that opens once, within 15 minutes, with a stay that lasts', async () => {
  const program = behindDaemon();
  const { code, out, err } = await program.run(['up', ANA]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(program.engine.world.get(NAME).spec).not.toHaveProperty('publish');
  const desktopId = idOf(program);
  const [, secret = ''] = linkOf(program).exec(out) ?? expect.unreachable();
  const tickets = ticketsOf(program);
  expect(tickets).toMatchObject([{ kind: 'link', mode: 'full', usesLeft: 1, expiresAt: '2030-01-01T12:15:00.000Z' }]);
  const opened = exchangeTicket(tickets, { desktopId, secret }, program.clock.now());
  expect(opened?.session.expiresAt).toBe('2030-01-08T12:00:00.000Z');
  expect(exchangeTicket(opened?.tickets ?? [], { desktopId, secret }, program.clock.now())).toBeUndefined();
  expect(exchangeTicket(tickets, { desktopId, secret }, new Date('2030-01-01T12:15:00.000Z'))).toBeUndefined();
});

test('each up and open gives another link; share ls lists none of them', async () => {
  const program = behindDaemon();
  const links = [await program.run(['up', ANA]), await program.run(['up', ANA]), await program.run(['open', ANA])].map(({ out }) => out);
  for (const link of links) expect(link).toMatch(linkOf(program));
  expect(new Set(links).size).toBe(3);
  expect((await program.run(['share', 'ls', '-q'])).out).toBe('');
});

test('up and open --json tell the door', async () => {
  const program = behindDaemon();
  const url = expect.stringContaining(`${ORIGIN}/d/`) as string;
  expect((await program.run(['up', ANA, '--json'])).json()).toMatchObject({ url, door: 'gateway', hostPort: null });
  expect((await program.run(['open', ANA, '--json'])).json()).toEqual({ id: idOf(program), client: '11144477735', url, door: 'gateway' });
  const direct = expect.stringContaining(':5000/vnc.html#key=') as string;
  expect((await program.run(['up', ANA, '--json', '--direct', '--recreate'])).json()).toMatchObject({ url: direct, door: 'direct', hostPort: 5000 });
  expect((await program.run(['open', ANA, '--json', '--direct'])).json()).toMatchObject({ url: direct, door: 'direct' });
});

test('a desktop with a port keeps it, and is handed out through the daemon unless its port is asked for', async () => {
  const program = createTestProgram();
  expect((await program.run(['up', ANA])).out).toMatch(DIRECT);
  program.daemonAnswersAt('127.0.0.1:8080');
  for (const verb of ['up', 'open']) {
    expect((await program.run([verb, ANA])).out).toMatch(linkOf(program));
    expect((await program.run([verb, ANA, '--direct'])).out).toMatch(DIRECT);
  }
  expect((await program.run(['ls', '--format', '{{.Url}}'])).out).toBe(`${ORIGIN}/d/${idOf(program)}/\n`);
  expect((await program.run(['ls', '--direct', '--format', '{{.Url}}'])).out).toBe('http://localhost:5000/vnc.html\n');
});

test('ls and inspect show the address without a ticket, and none where no door leads', async () => {
  const program = behindDaemon();
  await program.run(['up', ANA]);
  const address = `${ORIGIN}/d/${idOf(program)}/`;
  expect((await program.run(['ls'])).out).toContain(` ${address} `);
  expect((await program.run(['ls', '--json'])).json()).toMatchObject([{ url: address, hostPort: null }]);
  expect((await program.run(['ls', '--direct', '--json'])).json()).toMatchObject([{ url: null }]);
  expect((await program.run(['inspect', ANA, '--json'])).json()).toMatchObject({ url: address });
  expect((await program.run(['inspect', ANA, '--secret', '--json'])).json()).toMatchObject({ link: null, secret: expect.stringMatching(/^\S{8}$/) as string });
  expect(ticketsOf(program)).toHaveLength(1);
  program.daemonAnswersAt(undefined);
  expect((await program.run(['ls', '--json'])).json()).toMatchObject([{ url: null }]);
  expect((await program.run(['ls'])).out).toMatch(/ firefox-kiosk +- /);
  expect((await program.run(['inspect', ANA])).out).toMatch(/^url +none$/m);
});

test('on a narrow terminal ls leaves the long address out before it lets lines wrap', async () => {
  const program = behindDaemon();
  await program.run(['up', ANA]);
  await program.run(['reap']);
  const narrow = (await program.run(['ls'], { terminals: ['stdout'], env: { NO_COLOR: '1' } })).out;
  for (const line of narrow.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  expect(narrow).toMatch(/^CLIENT +STATUS +IMAGE +EXPIRES +WHY\n111\.444\.777-35 .* in 8h /);
  expect((await program.run(['ls'], { terminals: ['stdout'], columns: 140, env: { NO_COLOR: '1' } })).out).toContain(ORIGIN);
});

test.each([
  ['no daemon runs', undefined, /has no port of its own, and no daemon runs/, 'start it: vncctl daemon '],
  ['the daemon answers nowhere', '', /has no port of its own, and the daemon that runs answers nowhere/, 'vncctl config get listen'],
] as const)('where %s nobody can see a desktop without a port: up does its work, tells it, and fails with the ways out', async (_, address, words, hint) => {
  const program = behindDaemon();
  await program.run(['up', ANA]);
  await program.engine.containers.pause(program.engine.world.get(NAME).id);
  program.daemonAnswersAt(address);
  const opened = await program.run(['open', ANA]);
  const upped = await program.run(['up', ANA]);
  for (const { code, out, err } of [opened, upped]) {
    expect({ code, out }).toEqual({ code: 4, out: '' });
    expect(err).toMatch(words);
    expect(err).toContain(hint);
    expect(err).toContain(`vncctl up ${ANA} --direct --recreate`);
  }
  expect(program.engine.world.get(NAME).state).toBe('running');
  const json = await program.run(['up', ANA, '--json']);
  expect(json.code).toBe(4);
  expect(json.json()).toMatchObject({ outcome: 'reused', status: 'ready', url: null, door: null });
  expect(JSON.parse(json.err)).toMatchObject({ error: { code: 'DAEMON_NOT_RUNNING' } });
  expect(await program.run(['up', ANA, '--direct', '--recreate'])).toMatchObject({ code: 0, out: expect.stringMatching(DIRECT) as string });
});

test('a port that a kept desktop does not have is told as one more unmet wish; open --direct fails', async () => {
  const program = behindDaemon();
  await program.run(['up', ANA]);
  const up = await program.run(['up', ANA, '--direct']);
  expect(up).toMatchObject({ code: 0, out: expect.stringMatching(linkOf(program)) as string });
  expect(up.err).toContain('note: the running desktop is kept with no port of its own (asked: --direct)');
  const open = await program.run(['open', ANA, '--direct']);
  expect(open).toMatchObject({ code: 4, out: '' });
  expect(open.err).toMatch(/has no port of its own\nhint: .*--direct --recreate/);
});

test.each([
  ['paused', (program: TestProgram) => program.engine.containers.pause(program.engine.world.get(NAME).id)],
  ['stopped', async (program: TestProgram) => program.engine.world.end(NAME, 0)],
  ['failed', async (program: TestProgram) => program.engine.world.end(NAME, 1)],
] as const)('open gives the link to a %s desktop: whoever opens it has the gateway bring it up', async (status, happen) => {
  const program = behindDaemon();
  await program.run(['up', ANA]);
  await happen(program);
  expect(await program.run(['open', ANA])).toMatchObject({ code: 0, out: expect.stringMatching(linkOf(program)) as string });
  expect((await program.run(['ls', '--json'])).json()).toMatchObject([{ status, url: `${ORIGIN}/d/${idOf(program)}/` }]);
});

test('open of a desktop that is lost fails while a daemon answers too', async () => {
  const program = behindDaemon();
  await program.run(['up', ANA]);
  program.engine.world.vanish(NAME);
  expect(await program.run(['open', ANA])).toMatchObject({ code: 3, out: '' });
});

test('why and reap --dry-run tell whether an idle desktop is paused, by whether somebody would wake it', async () => {
  const program = behindDaemon();
  await program.run(['up', ANA, '--idle', '1m']);
  await program.run(['reap']);
  expect((await program.run(['why', ANA])).out).toMatch(/^next +pause it in 1m: no viewer for 1m$/m);
  program.clock.advance(30_000);
  await program.run(['reap']);
  program.clock.advance(30_000);
  program.daemonAnswersAt(undefined);
  expect((await program.run(['reap', '--dry-run'])).out).toBe('');
  expect((await program.run(['why', ANA])).out).toMatch(/^no-client +pause +1m +up +held: no daemon answers that would wake it/m);
  program.daemonAnswersAt('127.0.0.1:8080');
  expect((await program.run(['reap', '--dry-run'])).out).toBe(`pause ${ANA}: no viewer for 1m\n`);
});
