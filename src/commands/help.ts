// The shape of help: usage, what it does, examples, then arguments and commands, and the options last. The words are each verb's own.
import { type Command, type CommanderError, Help } from 'commander';
import { didYouMean } from '../core/nearest.ts';
import { VncctlError } from '../errors.ts';

/** A description followed by examples, one command line each. */
export function withExamples(description: string, ...examples: readonly string[]): string {
  return [description, '', 'Examples:', ...examples.map((example) => `  ${example}`)].join('\n');
}

/** commander's help with the options behind everything else. */
export function formatHelp(command: Command, helper: Help): string {
  const sections = Help.prototype.formatHelp
    .call(helper, command, helper)
    .trimEnd()
    .split(/\n\n(?=[A-Z][A-Za-z ]*:\n)/);
  const isOptions = (section: string): boolean => /^(Global )?Options:\n/.test(section);
  return `${[...sections.filter((section) => !isOptions(section)), ...sections.filter(isOptions)].join('\n\n')}\n`;
}

/** Makes a command that holds other commands do what is given (print its help) when none is named, and name the nearest one after a slip. */
export function actAsGroup(command: Command, alone: () => Promise<void> | void = () => command.outputHelp()): void {
  command.allowExcessArguments().action(() => {
    const [unknown] = command.args;
    if (unknown === undefined) return alone();
    const known = command.commands.flatMap((inner) => [inner.name(), ...inner.aliases()]);
    throw new VncctlError('USAGE', `there is no command "${unknown}"${didYouMean(unknown, known)}`, { hint: `see: ${pathOf(command)} --help` });
  });
}

/** What commander makes of a line it can't read, as our failure; help and version, which it ends by throwing too, stay as they are. */
export function usageFailure(error: CommanderError, command: Command): Error {
  if (error.exitCode === 0) return error;
  const message = error.message.replace(/^error: /, '').replace(/\n\(?(D)(id you mean.*?)\)?$/s, ' (d$2)').replace(/\.$/, '');
  return new VncctlError('USAGE', message, { hint: `see: ${pathOf(command)} --help` });
}

/** How a command is typed: `vncctl images build`. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
