import { Command } from 'commander';
import { expect, test } from 'vitest';
import type { CommandContext } from '../../../src/commands/context.ts';
import { VERBS } from '../../../src/commands/registry.ts';
import { createTestProgram } from '../../support/test-program.ts';

/** The whole command tree; nothing in it can be run. */
async function commandTree(): Promise<Command[]> {
  const context = { io: {} } as unknown as CommandContext;
  const all: Command[] = [];
  const collect = (command: Command): void => {
    all.push(command);
    command.commands.forEach(collect);
  };
  const program = new Command('vncctl');
  for (const verb of VERBS) {
    const command = program.command(verb.name);
    (await verb.load()).define(command, context);
    collect(command);
  }
  return all;
}

const pathOf = (command: Command): string => (command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name());

// As with docker, whose hands know both: -f filters a list and follows what goes on. And -n is a number of lines as with tail, or of rounds.
const TWO_MEANINGS: Readonly<Record<string, readonly string[]>> = { '-f': ['--filter', '--follow'], '-n': ['--tail', '--rounds'] };

test('a letter means the same flag in every verb, and none means a global one', async () => {
  const long = new Map([
    ['-H', '--host'],
    ['-c', '--context'],
    ['-V', '--version'],
    ['-v', '--version'],
    ['-h', '--help'],
  ]);
  for (const command of await commandTree()) {
    for (const option of command.options) {
      if (!option.short) continue;
      expect(option.long, `${option.short} has a long name in ${pathOf(command)}`).toBeDefined();
      if (TWO_MEANINGS[option.short]?.includes(option.long ?? '')) continue;
      expect(long.get(option.short) ?? option.long, `${option.short} in ${pathOf(command)}`).toBe(option.long);
      long.set(option.short, option.long ?? '');
    }
  }
});

test('every verb that reads has --json', async () => {
  const tree = await commandTree();
  for (const reading of ['ls', 'inspect', 'doctor', 'version', 'images ls', 'images inspect', 'engine status', 'config list', 'config get', 'config path']) {
    const command = tree.find((known) => pathOf(known) === reading);
    expect(command?.options.some(({ long }) => long === '--json'), reading).toBe(true);
  }
});

test('every help fits 80 columns, says what each argument and flag is, and ends with the options', async () => {
  const program = createTestProgram();
  for (const command of await commandTree()) {
    const { out, code, err } = await program.run([...pathOf(command).split(' '), '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const line of out.split('\n')) expect(line.length, `${pathOf(command)}: ${line}`).toBeLessThanOrEqual(80);
    expect(out, pathOf(command)).toMatch(/\n\nOptions:\n(  .*\n)+\nGlobal Options:\n(  .*\n)+$/);
    for (const option of command.options) expect(option.description, `${pathOf(command)} ${option.long}`).not.toBe('');
    for (const argument of command.registeredArguments) expect(argument.description, `${pathOf(command)} ${argument.name()}`).not.toBe('');
  }
});
