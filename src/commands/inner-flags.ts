// The flags of a command inside a verb that has flags of its own.
import type { Command } from 'commander';
import { VncctlError } from '../errors.ts';

/** The flags of such a command: commander gives one that the verb has too to the verb. Throws USAGE for one that only the verb has. */
export function innerFlags<T extends object>(inner: Command): T {
  const { parent } = inner;
  const stray = parent?.options.find((option) => parent.getOptionValueSource(option.attributeName()) === 'cli' && !inner.options.some(({ long }) => long === option.long));
  if (stray) throw new VncctlError('USAGE', `unknown option '${stray.long}'`, { hint: `see: vncctl ${parent?.name()} ${inner.name()} --help` });
  return inner.optsWithGlobals<T>();
}
