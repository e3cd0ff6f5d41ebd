// main(argv) → exit code: parses what was typed, loads the verb's file, and is the program's only catch. Everything it touches
// of the process can be given, so that tests run a command in-process.
import { setMaxListeners } from 'node:events';
import { Command, CommanderError, Option } from 'commander';
import type { App, AppParts } from './app.ts';
import type { CommandContext, Io } from './commands/context.ts';
import { actAsGroup, formatHelp, usageFailure, withExamples } from './commands/help.ts';
import { topicAskedBy, VERBS, type Verb } from './commands/registry.ts';
import { VncctlError } from './errors.ts';
import { cleanStream } from './ui/clean-stream.ts';
import { asksForVersion, VERSION } from './version.ts';

export interface MainOverrides extends Partial<Io> {
  /** Ends the run as Ctrl-C would. Absent: the process's own signals do. */
  signal?: AbortSignal;
  parts?: Partial<AppParts>;
}

/** Runs one command line. Resolves with the exit code; throws nothing and never ends the process. */
export async function main(argv: readonly string[], overrides: MainOverrides = {}): Promise<number> {
  const io: Io = {
    // Read by questions only, and opening it takes 5 ms.
    get stdin() {
      return overrides.stdin ?? process.stdin;
    },
    stdout: cleanStream(overrides.stdout ?? process.stdout),
    stderr: cleanStream(overrides.stderr ?? process.stderr),
    env: overrides.env ?? process.env,
    cwd: overrides.cwd ?? process.cwd(),
    color: overrides.color,
    input: overrides.input,
  };
  // A reader that has seen enough (`vncctl ls | head -1`) is no failure.
  for (const stream of [io.stdout, io.stderr]) if (!overrides[stream === io.stdout ? 'stdout' : 'stderr']) stream.on('error', ignoreBrokenPipe);
  if (asksForVersion(argv)) {
    io.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const topic = topicAskedBy(argv);
  if (topic) {
    // The built files and src/main.ts are all one folder below the root of the package.
    const { readTopic } = await import('./commands/topics.ts');
    io.stdout.write(readTopic(topic, new URL('..', import.meta.url)));
    return 0;
  }
  const interruption = overrides.signal ? { signal: overrides.signal, stop: () => {} } : watchSignals();
  let app: App | undefined;
  let createApp: typeof import('./app.ts').createApp | undefined;
  let exitCode = 0;
  const program = createProgram(io);
  // Help needs none of it.
  program.hook('preAction', async () => {
    ({ createApp } = await import('./app.ts'));
  });
  const loaded = new Set<Command>();
  const context: CommandContext = {
    io,
    signal: interruption.signal,
    app() {
      if (!createApp) throw new VncctlError('BUG', 'a command used the program before its action');
      return (app ??= createApp({ io, version: VERSION, flags: program.opts() }, overrides.parts));
    },
    setExitCode: (code) => (exitCode = code),
    loadVerb: async (command) => {
      const verb = VERBS.find(({ name }) => name === command.name());
      if (!verb || command.parent !== program || loaded.has(command)) return;
      loaded.add(command);
      (await verb.load()).define(command, context);
      inherit(command, program);
      // So that a slip in the name of an inner command is told as one.
      if (command.commands.length > 0) command.allowExcessArguments(command.registeredArguments.length === 0);
      // One that does something by itself too has its own action.
      if (verb.usage === '<command>') actAsGroup(command.usage('[options] <command>'));
    },
  };
  try {
    await run(program, withHelpVerb(argv), context);
    return exitCode;
  } catch (error) {
    // commander's way of saying that help or version was printed.
    if (error instanceof CommanderError) return 0;
    const failure: unknown = interruption.signal.aborted ? interruption.signal.reason : error;
    const { printError } = await import('./ui/error.ts');
    return printError(failure, { io, json: argv.includes('--json'), debug: argv.includes('--debug') });
  } finally {
    app?.close();
    interruption.stop();
  }
}

async function run(program: Command, argv: readonly string[], context: CommandContext): Promise<void> {
  for (const verb of VERBS) program.addCommand(stub(verb));
  program.hook('preAction', () => {
    if (program.opts()['input'] === false) context.io.input = false;
  });
  program.hook('preSubcommand', (_, command) => context.loadVerb(command));
  convertFailures(program);
  actAsGroup(program);
  for (const name of ['version', 'v']) {
    program.on(`option:${name}`, () => {
      context.io.stdout.write(`${VERSION}\n`);
      throw new CommanderError(0, 'commander.version', VERSION);
    });
  }
  await program.parseAsync(argv, { from: 'user' });
}

function createProgram({ stdout, stderr }: Io): Command {
  return new Command('vncctl')
    .description(
      withExamples(
        'A desktop for each person: a container with a browser in kiosk mode, seen through noVNC.',
        'vncctl up 111.222.333-44      a desktop for this person; prints its link',
        'vncctl ls                     who has one',
        'vncctl open 111.222.333-44    look at it in the browser',
        'vncctl rm 111.222.333-44      take it away',
        'vncctl help up                all about one command',
        'vncctl help security          what is protected, against whom, and what is not',
      ),
    )
    .usage('[options] <command>')
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text), outputError: () => {} })
    .configureHelp({ formatHelp, showGlobalOptions: true })
    .showSuggestionAfterError(true)
    .helpCommand(false)
    .addOption(new Option('-H, --host <endpoint>', 'container engine, like unix:///run/docker.sock'))
    .addOption(new Option('-c, --context <name>', 'docker context to use'))
    .addOption(new Option('--instance <name>', 'which installation of vncctl (default: "default")'))
    .addOption(new Option('--color <when>', 'when to use colour: auto, always or never'))
    .addOption(new Option('--no-color', 'same as --color never'))
    .addOption(new Option('--no-input', 'never ask a question'))
    .addOption(new Option('--debug', 'show the stack of a failure, and why the daemon leaves an up to this process'))
    .addOption(new Option('-V, --version', 'show the version (also -v)'))
    .addOption(new Option('-v').hideHelp())
    .helpOption('-h, --help', 'show help');
}

function stub({ name, aliases, usage, summary, group }: Verb): Command {
  const command = new Command(name).aliases([...aliases]).summary(summary).description(summary).helpGroup(group);
  return usage === '' ? command : command.usage(`[options] ${usage}`);
}

/** Verbs and their own commands behave like the program: same streams, no exit, same help flag. */
function inherit(command: Command, program: Command): void {
  command.copyInheritedSettings(program).helpCommand(false).allowExcessArguments(false);
  convertFailures(command);
  for (const inner of command.commands) inherit(inner, program);
}

function convertFailures(command: Command): void {
  command.exitOverride((error) => {
    throw usageFailure(error, command);
  });
}

/** `help`, `help up` and `help images build` are `--help` of what they name; what is no verb is left to fail as such. */
function withHelpVerb(argv: readonly string[]): string[] {
  if (argv[0] !== 'help') return [...argv];
  const [, ...named] = argv;
  const [verb] = named;
  const known = verb === undefined || VERBS.some(({ name, aliases }) => verb === name || aliases.includes(verb));
  return known ? [...named, '--help'] : named;
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

// The first signal asks for an orderly end; the second ends the process at once. The handlers stay in place after the first:
// other listeners (the lock's) end the process when they find themselves alone.
function watchSignals(): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  // As core/stop.ts does, which would be one file more to load.
  setMaxListeners(0, controller.signal);
  const handlers = (['SIGINT', 'SIGTERM'] as const).map((name) => {
    const handler = (): void => {
      if (controller.signal.aborted) {
        stop();
        process.kill(process.pid, name);
        return;
      }
      controller.abort(new VncctlError(name === 'SIGINT' ? 'INTERRUPTED' : 'TERMINATED', 'stopped; what was half-made was undone'));
    };
    process.on(name, handler);
    return () => process.off(name, handler);
  });
  const stop = (): void => {
    for (const off of handlers) off();
  };
  return { signal: controller.signal, stop };
}

