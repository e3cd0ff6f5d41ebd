import { expect, test } from 'vitest';
import { createTestProgram } from '../../support/test-program.ts';

const ANA = '111.444.777-35';
const NAME = 'vnc_11144477735';

test('restart ends the desktop and starts the same one again, and prints the link to it', async () => {
  const program = createTestProgram();
  const { out: link } = await program.run(['up', ANA]);
  const { id } = program.engine.world.get(NAME);
  expect(await program.run(['restart', ANA])).toMatchObject({ code: 0, out: link, err: '' });
  expect(program.engine.world.get(NAME)).toMatchObject({ id, state: 'running' });
  const acts = program.engine.calls.log.filter((call) => /^containers\.(create|stop|start) /.test(call)).map((call) => call.split(' ')[0]);
  expect(acts).toEqual(['containers.create', 'containers.start', 'containers.stop', 'containers.start']);
});

test('a paused one is restarted too, and it is named by the id of the desktop as well', async () => {
  const program = createTestProgram();
  const { desktop } = await program.up();
  await program.run(['pause', ANA]);
  expect(await program.run(['restart', desktop.id])).toMatchObject({ code: 0 });
  expect(program.engine.world.get(NAME).state).toBe('running');
});

test('--json tells what up --json tells', async () => {
  const program = createTestProgram();
  const up = (await program.run(['up', ANA, '--json'])).json() as Record<string, unknown>;
  const { code, err, json } = await program.run(['restart', ANA, '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const told = json() as Record<string, unknown>;
  expect(Object.keys(told)).toEqual(Object.keys(up));
  expect(told).toMatchObject({ outcome: 'started', id: up['id'], url: up['url'], status: 'ready' });
});

test('while a daemon answers, the link leads through it', async () => {
  const program = createTestProgram();
  program.daemonAnswersAt('127.0.0.1:8080');
  await program.run(['up', ANA]);
  expect((await program.run(['restart', ANA])).out).toMatch(/^http:\/\/127\.0\.0\.1:8080\/d\/\w+\/#ticket=\S{22}\n$/);
});

test('one without a port is restarted without a daemon as well, and that no link leads to it is told after', async () => {
  const program = createTestProgram();
  program.daemonAnswersAt('127.0.0.1:8080');
  await program.run(['up', ANA]);
  program.daemonAnswersAt(undefined);
  const { code, out, err } = await program.run(['restart', ANA]);
  expect({ code, out }).toEqual({ code: 4, out: '' });
  expect(err).toContain('has no port of its own');
  expect(program.engine.world.get(NAME).state).toBe('running');
});

test('whoever has no desktop is told so, and what makes one', async () => {
  expect(await createTestProgram().run(['restart', ANA])).toMatchObject({ code: 3, out: '', err: `error: ${ANA} has no desktop\nhint: make one: vncctl up ${ANA}\n` });
});

test('one that does not come up again is a failure that says so', async () => {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  program.engine.calls.after('containers.start', () => program.engine.world.end(NAME, 1));
  const { code, out, err } = await program.run(['restart', ANA]);
  expect({ code, out }).toEqual({ code: 6, out: '' });
  expect(err).toMatch(/^error: .*exit code 1/);
});
