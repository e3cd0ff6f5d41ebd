import { expect, test } from 'vitest';
import { milliseconds } from '../../../src/core/duration.ts';
import { exampleEntry } from '../../support/test-desktops.ts';
import { createTestProgram } from '../../support/test-program.ts';

const entries = [exampleEntry({ key: 'firefox-kiosk', title: 'Firefox kiosk', description: 'One web page.', lease: { idle: milliseconds(1_800_000), removeAfter: 'never' } }), exampleEntry({ key: 'flash', title: 'Flash', description: 'From a registry.', source: { kind: 'pull', reference: 'example.org/flash:1' } })];

test('images ls shows what the engine has of each entry', async () => {
  const program = createTestProgram({ entries });
  const run = await program.run(['images', 'ls']);
  expect(run).toMatchObject({ code: 0, err: '' });
  expect(run.out).toMatch(/^IMAGE +STATE +SIZE +DESCRIPTION\nfirefox-kiosk +current .*One web page\.\nflash +missing +- +From a registry\.\n$/);
  expect((await program.run(['images', 'ls', '--json'])).json()).toMatchObject([
    { key: 'firefox-kiosk', state: 'current', source: 'template' },
    { key: 'flash', state: 'missing', source: 'pull', sizeBytes: null },
  ]);
});

test('images ls -q prints the keys and asks no engine', async () => {
  const program = createTestProgram({ entries });
  program.engine.calls.refuse();
  expect(await program.run(['images', 'ls', '-q'])).toMatchObject({ code: 0, out: 'firefox-kiosk\nflash\n', err: '' });
});

test('images inspect shows source, settings and limits', async () => {
  const program = createTestProgram({ entries });
  const { out, code } = await program.run(['images', 'inspect', 'firefox-kiosk']);
  expect(code).toBe(0);
  for (const words of [/^source +built from \/templates\/kiosk$/m, /^state +current/m, /^limits +2 cpus, 1g memory/m, /^lease +idle 30m, remove-after never$/m, /^setting +LANGUAGE=pt-BR  language$/m]) expect(out).toMatch(words);
  expect((await program.run(['images', 'inspect', 'flash', '--json'])).json()).toMatchObject({ key: 'flash', state: 'missing', lease: {}, image: null });
  expect((await program.run(['images', 'inspect', 'firefox-kiosk', '--json'])).json()).toMatchObject({ lease: { idle: '30m', removeAfter: 'never' } });
  expect((await program.run(['images', 'inspect', 'flash'])).out).not.toContain('lease');
});

test('images build builds what is missing or changed, and says which; the rest is left', async () => {
  const program = createTestProgram({ entries, prepared: false });
  const first = await program.run(['images', 'build']);
  expect(first).toMatchObject({ code: 0, out: 'firefox-kiosk: built\n' });
  expect(first.err).toContain('building vncctl/firefox-kiosk:latest');
  expect(await program.run(['images', 'build', 'firefox-kiosk'])).toMatchObject({ code: 0, out: 'firefox-kiosk: up to date\n' });
  expect(await program.run(['images', 'build', '--force'])).toMatchObject({ code: 0, out: 'firefox-kiosk: built\n' });
  expect(program.engine.imageWorld.builds).toHaveLength(2);
});

test('images pull pulls, and a registry that has it not is an Engine error', async () => {
  const program = createTestProgram({ entries, prepared: false });
  expect(await program.run(['images', 'pull', 'flash'])).toMatchObject({ code: 6, out: '' });
  program.engine.imageWorld.registry.add('example.org/flash:1');
  expect(await program.run(['images', 'pull'])).toMatchObject({ code: 0, out: 'flash: pulled\n' });
});

test.each([
  ['build', 'flash'],
  ['pull', 'firefox-kiosk'],
])('images %s of %s, which is made another way, is refused with the right command', async (verb, key) => {
  const run = await createTestProgram({ entries }).run(['images', verb, key]);
  expect(run).toMatchObject({ code: 2, out: '' });
  expect(run.err).toContain(`hint: vncctl images ${verb === 'build' ? 'pull' : 'build'} ${key}`);
});

test('nothing to pull is said', async () => {
  expect(await createTestProgram().run(['images', 'pull'])).toMatchObject({ code: 0, out: '', err: 'note: no entry of the catalog is pulled from a registry\n' });
});
