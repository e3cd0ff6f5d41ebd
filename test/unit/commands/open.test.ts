import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';

const ANA = '111.444.777-35';

/** A browser that writes down what it was asked to open. */
function fakeBrowser({ home }: TestProgram): { env: Record<string, string>; opened: () => string | undefined } {
  const [script, file] = [join(home, 'browser'), join(home, 'opened')];
  writeFileSync(script, `#!/bin/sh\nprintf '%s' "$1" >"${file}.part" && mv "${file}.part" "${file}"\n`);
  chmodSync(script, 0o755);
  return { env: { BROWSER: script }, opened: () => (existsSync(file) ? readFileSync(file, 'utf8') : undefined) };
}

test('open prints the link with the key and starts $BROWSER with it', async () => {
  const program = createTestProgram();
  const { out: link } = await program.run(['up', ANA]);
  const browser = fakeBrowser(program);
  expect(await program.run(['open', ANA], { terminals: ['stdout'], env: browser.env })).toMatchObject({ code: 0, out: link, err: '' });
  await eventually(() => browser.opened() !== undefined);
  expect(browser.opened()).toBe(link.trim());
});

test('up on a terminal opens $BROWSER too, unless told not to', async () => {
  const program = createTestProgram();
  const browser = fakeBrowser(program);
  const env = { BROWSER: '/nowhere/browser' };
  expect((await program.run(['up', ANA, '--no-open'], { terminals: ['stdout'], env })).err).not.toContain('no browser');
  expect((await program.run(['up', ANA, '--json'], { terminals: ['stdout'], env })).err).toBe('');
  expect((await program.run(['up', ANA], { env })).err).not.toContain('no browser');
  const { out } = await program.run(['up', ANA], { terminals: ['stdout'], env: browser.env });
  await eventually(() => browser.opened() !== undefined);
  expect(browser.opened()).toBe(out.trim());
});

test.each([
  ['into a pipe', [], [], {}],
  ['with --print', ['--print'], ['stdout'], {}],
  ['with --json', ['--json'], ['stdout'], {}],
  ['where $BROWSER is none', [], ['stdout'], { BROWSER: 'none' }],
] as const)('open %s only prints', async (_, flags, terminals, env) => {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  // A browser that can not be started draws a note as soon as it is tried.
  const run = await program.run(['open', ANA, ...flags], { terminals, env: { BROWSER: '/nowhere/browser', ...env } });
  expect(run).toMatchObject({ code: 0, err: '', out: expect.stringContaining('http://localhost:5000/vnc.html#key=') });
});

test('without a display, and over ssh, open only prints', async () => {
  const program = createTestProgram();
  const { out: link } = await program.run(['up', ANA]);
  expect(await program.run(['open', ANA], { terminals: ['stdout'] })).toMatchObject({ code: 0, out: link, err: '' });
  expect(await program.run(['open', ANA], { terminals: ['stdout'], env: { DISPLAY: ':0', SSH_CONNECTION: 'a b c d' } })).toMatchObject({ code: 0, out: link, err: '' });
});

test('a browser that can not be started is a note: the link was printed', async () => {
  const program = createTestProgram();
  const { out: link } = await program.run(['up', ANA]);
  const run = await program.run(['open', ANA], { terminals: ['stdout'], env: { BROWSER: '/nowhere/browser' } });
  expect(run).toMatchObject({ code: 0, out: link });
  expect(run.err).toMatch(/^note: no browser could be started \(ENOENT\)/);
});

test('attach is open', async () => {
  const program = createTestProgram();
  const { out: link } = await program.run(['up', ANA]);
  expect(await program.run(['attach', ANA])).toMatchObject({ code: 0, out: link });
});

test('open counts as a use', async () => {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  program.clock.advance(600_000);
  await program.run(['open', ANA]);
  expect((await program.run(['ls', '--format', '{{.LastUsed}}'])).out).toBe('2030-01-01T12:10:00.000Z\n');
});

test.each([
  ['stopped', (program: TestProgram) => program.engine.world.end('vnc_11144477735', 0), 'is stopped'],
  ['lost', (program: TestProgram) => program.engine.world.vanish('vnc_11144477735'), 'is lost'],
] as const)('opening a %s desktop fails and says how to bring it up', async (_, spoil, words) => {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  spoil(program);
  const run = await program.run(['open', ANA]);
  expect(run).toMatchObject({ code: 3, out: '' });
  expect(run.err).toContain(words);
  expect(run.err).toMatch(/hint: .*vncctl up 111\.444\.777-35/);
});

test('opening what is not there names the command that makes it', async () => {
  expect(await createTestProgram().run(['open', ANA])).toMatchObject({ code: 3, out: '', err: `error: ${ANA} has no desktop\nhint: make one: vncctl up ${ANA}\n` });
});
