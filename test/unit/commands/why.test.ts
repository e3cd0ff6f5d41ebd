import { expect, test } from 'vitest';
import type { DesktopId } from '../../../src/core/store.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';

const CLIENT = '111.444.777-35';
const HOUR = 3_600_000;

/** A desktop that somebody has begun to watch, and its id. */
async function watchedDesktop(env: Record<string, string> = {}, ...flags: string[]): Promise<{ program: TestProgram; id: DesktopId }> {
  const program = createTestProgram();
  await program.run(['up', CLIENT, ...flags], { env });
  await program.run(['reap'], { env });
  const [row] = (await program.run(['ls', '--json'])).json() as { id: DesktopId }[];
  if (!row) throw new Error('there is no desktop');
  return { program, id: row.id };
}

test('every clock is told: what it does, how long it is, who set it, what moved it and when it is due', async () => {
  const { program } = await watchedDesktop({ VNCCTL_MAX_AGE: '3d' }, '--ttl', '2h');
  const run = await program.run(['why', CLIENT], { env: { VNCCTL_MAX_AGE: '3d' } });
  expect(run).toMatchObject({ code: 0, err: '' });
  const lines = run.out.split('\n').map((line) => line.replace(/  +/g, ' | '));
  expect(lines).toContain('status | ready, no viewers');
  expect(lines).toContain('next | announce its removal in 1h55m, then remove it in 2h: its time to live of 2h is over');
  expect(lines.slice(-7, -1)).toEqual([
    'CLOCK | THEN | AFTER | SET BY | COUNTS FROM | DUE',
    'no-client | pause | 15m | default | held: would not wake (pauseDirect) | -',
    'no-client | remove | 8h | default | creation, now | in 8h',
    'no-input | remove | never | default | off | -',
    'ttl | remove | 2h | up | creation, now | in 2h',
    'max-age | remove | 3d | VNCCTL_MAX_AGE | creation, now | in 3d',
  ]);
});

test('a viewer stops the clock, and whoever looks there now is seen', async () => {
  const { program, id } = await watchedDesktop();
  program.activity.set(id, 2);
  const { out } = await program.run(['why', CLIENT]);
  expect(out).toMatch(/^status +ready, 2 viewers$/m);
  expect(out).toMatch(/^no-client +remove +8h +default +held: 2 viewers look at it +-$/m);
  expect(out).toMatch(/^next +nothing: no clock runs$/m);
});

test('what can not be told is unknown, with the reason', async () => {
  const { program, id } = await watchedDesktop();
  program.activity.set(id, 'unknown');
  expect((await program.run(['why', CLIENT])).out).toMatch(/^no-client +remove +8h +default +unknown: the test does not say +-$/m);
  expect((await program.run(['why', CLIENT, '--json'])).json()).toMatchObject({ viewers: null, viewersUnknown: 'the test does not say', next: null, removal: null });
});

test('where nobody watches, nothing will happen, and it is said how to change that', async () => {
  const program = createTestProgram();
  await program.run(['up', CLIENT]);
  expect((await program.run(['why', CLIENT])).out).toMatch(/^next +nothing: nobody watches it \(start it: vncctl daemon/m);
  await program.run(['reap']);
  program.clock.advance(5 * HOUR);
  expect((await program.run(['why', CLIENT])).out).toMatch(/^watched +no, the last look was 5h ago$/m);
});

test('a desktop that is kept says until when', async () => {
  const { program } = await watchedDesktop();
  await program.run(['touch', CLIENT, '--for', '10h']);
  const { out } = await program.run(['why', CLIENT]);
  expect(out).toMatch(/^kept +until \d{2}:\d{2} \(in 10h\)/m);
  expect(out).toMatch(/^no-client +remove +8h +default +a touch, now +in 10h$/m);
});

test('--json has the clocks with lengths in milliseconds, the next step and the removal', async () => {
  const { program, id } = await watchedDesktop();
  expect((await program.run(['why', CLIENT, '--json'])).json()).toEqual({
    client: '11144477735',
    id,
    status: 'ready',
    viewers: 0,
    viewersUnknown: null,
    watched: true,
    lastLookAt: expect.any(String),
    keptUntil: null,
    clocks: expect.arrayContaining([{ clock: 'no-client', action: 'remove', lengthMs: 8 * HOUR, from: 'default', state: 'runs', reason: null, since: expect.any(String), movedBy: expect.any(String), dueAt: expect.any(String) }]),
    next: { do: 'warn', at: expect.any(String), clock: 'no-client', cause: 'no viewer for 8h', removeAt: expect.any(String) },
    removal: { at: expect.any(String), clock: 'no-client', cause: 'no viewer for 8h' },
  });
});

test('of a desktop that is gone it is told why it went', async () => {
  const { program } = await watchedDesktop({}, '--max-age', '1h');
  program.clock.advance(HOUR);
  await program.run(['reap']);
  program.clock.advance(HOUR);
  await program.run(['reap']);
  program.clock.advance(HOUR);
  expect((await program.run(['reap'])).out).toBe(`remove ${CLIENT}: older than 1h\n`);
  program.clock.advance(2 * HOUR);
  const run = await program.run(['why', CLIENT]);
  expect(run).toMatchObject({ code: 3, out: '' });
  expect(run.err).toContain(`${CLIENT} has no desktop; the last one was removed 2h ago: older than 1h`);
  expect(run.err).toContain(`hint: all that happened: vncctl events ${CLIENT}`);
});

test('of a client who never had one nothing more is told', async () => {
  const run = await createTestProgram().run(['why', CLIENT]);
  expect(run).toMatchObject({ code: 3, out: '' });
  expect(run.err).toContain(`${CLIENT} has no desktop\n`);
});
