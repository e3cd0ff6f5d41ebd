// What the last word of an unfinished command line could be, found by walking the command tree. Loads only the verb that was
// typed. What exists at the moment (images, clients) comes from the caller; how a shell is told is ui/completion-script.ts.
import type { Argument, Command, Option } from 'commander';
import { formatClientId } from '../core/client-id.ts';

/** A word that fits, and what to say about it; empty when there is nothing to say. */
export interface Candidate {
  value: string;
  about: string;
}

/** What can be typed as a value. Any of them may reject: then nothing is offered. */
export interface CandidateSources {
  images(): Promise<readonly Candidate[]>;
  settings(): Promise<readonly Candidate[]>;
  /** The words that a setting takes; empty when it takes any text. */
  settingValues(name: string): Promise<readonly Candidate[]>;
  /** Client ids as stored; without `client`, an opaque id. */
  desktops(): Promise<readonly (Candidate & { client?: string })[]>;
}

/** Where the words before the last one lead to. */
interface Place {
  command: Command;
  /** Values typed for arguments so far. */
  operands: readonly string[];
  /** The option whose value is due. */
  open: Option | undefined;
  /** "--" was typed: no options from here on. */
  closed: boolean;
}

/** What the last of `words` (all after the program's name) could be, in the order of the help. Global options that were typed are set on `program`. */
export async function completeWords(program: Command, words: readonly string[], load: (verb: Command) => Promise<void>, sources: CandidateSources): Promise<Candidate[]> {
  const asksForHelp = words[0] === 'help' && words.length > 1;
  const word = words.at(-1) ?? '';
  const place = await walk(program, words.slice(asksForHelp ? 1 : 0, -1), load);
  const { command, operands, open, closed } = place;
  if (open) return matching(await valuesOfOption(open, word, sources), word);
  const [, flag, value] = /^(--?[^=]+)=(.*)$/s.exec(word) ?? [];
  if (!closed && flag !== undefined && value !== undefined) {
    const option = findOption(command, flag);
    const values = option ? await valuesOfOption(option, value, sources) : [];
    return matching(values, value).map((candidate) => ({ ...candidate, value: `${flag}=${candidate.value}` }));
  }
  if (!closed && word.startsWith('-')) return asksForHelp ? [] : matching(flagsOf(command), word);
  const inner = operands.length === 0 ? commandsOf(command) : [];
  if (command === program && operands.length === 0 && !asksForHelp) inner.push({ value: 'help', about: 'all about one command' });
  const argument = command.registeredArguments[operands.length] ?? command.registeredArguments.findLast(({ variadic }) => variadic);
  const values = asksForHelp || !argument ? [] : await valuesOfArgument(argument, place, word, sources);
  return matching([...inner, ...values], word);
}

async function walk(program: Command, words: readonly string[], load: (verb: Command) => Promise<void>): Promise<Place> {
  let command = program;
  const operands: string[] = [];
  let open: Option | undefined;
  let closed = false;
  for (const word of words) {
    if (open) {
      keep(program, open, word);
      open = undefined;
    } else if (closed) {
      operands.push(word);
    } else if (word === '--') {
      closed = true;
    } else if (word.startsWith('-')) {
      const [flag = '', value] = word.split(/=(.*)/s);
      const option = findOption(command, flag);
      if (!option?.required) continue;
      if (value === undefined) open = option;
      else keep(program, option, value);
    } else {
      const inner = operands.length === 0 ? command.commands.find((known) => known.name() === word || known.aliases().includes(word)) : undefined;
      if (inner) {
        command = inner;
        await load(command);
      } else {
        operands.push(word);
      }
    }
  }
  return { command, operands, open, closed };
}

/** The engine and the instance that were typed decide which clients there are. */
function keep(program: Command, option: Option, value: string): void {
  if (program.options.includes(option)) program.setOptionValue(option.attributeName(), value);
}

function findOption(command: Command, flag: string): Option | undefined {
  for (let next: Command | null = command; next; next = next.parent) {
    const option = next.options.find(({ long, short }) => flag === long || flag === short);
    if (option) return option;
  }
  return undefined;
}

function flagsOf(command: Command): Candidate[] {
  const help = command.createHelp();
  const options = command.parent ? [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)] : help.visibleOptions(command);
  return options.flatMap(({ long, description }) => (long ? [{ value: long, about: description }] : []));
}

function commandsOf(command: Command): Candidate[] {
  const help = command.createHelp();
  return help.visibleCommands(command).map((inner) => ({ value: inner.name(), about: help.subcommandDescription(inner) }));
}

async function valuesOfOption(option: Option, word: string, sources: CandidateSources): Promise<readonly Candidate[]> {
  if (option.argChoices) return wordsOf(option.argChoices);
  if (option.long === '--image') return sources.images();
  if (option.long === '--color') return sources.settingValues('color');
  if (option.long === '--filter' && !word.includes('=')) return wordsOf(['client=', 'status=', 'image=', 'id=', 'port=']);
  return [];
}

async function valuesOfArgument(argument: Argument, { command, operands }: Place, word: string, sources: CandidateSources): Promise<readonly Candidate[]> {
  if (argument.argChoices) return wordsOf(argument.argChoices);
  const verb = command.parent?.name();
  if (argument.name() === 'client') return desktopsFor(word, operands, await sources.desktops());
  if (verb === 'images' && argument.name() === 'key') return unused(await sources.images(), operands);
  if (verb === 'config' && argument.name() === 'name') return unused(await sources.settings(), operands);
  if (verb === 'config' && argument.name() === 'value') {
    const name = operands[0] ?? '';
    return name === 'image' ? sources.images() : sources.settingValues(name);
  }
  return [];
}

/** Clients in the spelling that was begun, without those named already. */
function desktopsFor(word: string, operands: readonly string[], all: readonly (Candidate & { client?: string })[]): Candidate[] {
  const plain = (text: string): string => (/^[\d.\-/\s]+$/.test(text) ? text.replace(/\D/g, '') : text);
  const named = new Set(operands.map(plain));
  return all
    .filter(({ value }) => !named.has(value))
    .map(({ value, about, client }) => {
      const spelled = client ? formatClientId(client) : value;
      return { value: spelled.startsWith(word) ? spelled : value, about };
    });
}

function unused(candidates: readonly Candidate[], operands: readonly string[]): Candidate[] {
  return candidates.filter(({ value }) => !operands.includes(value));
}

function wordsOf(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value, about: '' }));
}

function matching(candidates: readonly Candidate[], word: string): Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(word));
}
