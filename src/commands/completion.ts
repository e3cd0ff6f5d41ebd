// `vncctl completion`: prints the script of a shell, and answers that script when it asks what the last word could be. Such an
// answer is quick and silent whatever happens: a person is in the middle of typing.
import { Writable } from 'node:stream';
import { type Command, Argument } from 'commander';
import { listDesktops } from '../core/list.ts';
import { definitionOf, isSettingName, SETTING_NAMES } from '../settings.ts';
import { type CompletionShell, COMPLETION_SHELLS, completionLines, completionScript } from '../ui/completion-script.ts';
import { type Candidate, type CandidateSources, completeWords } from './candidates.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

/** How long the engine may take to name the clients; a person waits for the key that was pressed. */
const ENGINE_DEADLINE_MS = 300;

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        "Print the script that lets a shell complete vncctl's commands, flags, images, settings and clients.",
        'source <(vncctl completion bash)       in ~/.bashrc',
        'source <(vncctl completion zsh)        in ~/.zshrc, after compinit',
        'vncctl completion fish | source        in ~/.config/fish/config.fish',
      ),
    )
    .addArgument(new Argument('<shell>', 'the shell to print it for').choices(COMPLETION_SHELLS))
    .addArgument(new Argument('[word...]', 'for the script: what was typed, after "--"; prints what the last word could be'))
    .action(async (shell: CompletionShell, words: string[]) => {
      if (words.length > 0) await answer(command, context, shell, words);
      else context.io.stdout.write(completionScript(shell));
    });
}

async function answer(command: Command, context: CommandContext, shell: CompletionShell, words: readonly string[]): Promise<void> {
  const { io } = context;
  io.stderr = new Writable({ write: (_chunk, _encoding, done) => done() }) as NodeJS.WriteStream;
  if (!command.parent) return;
  const candidates = await completeWords(command.parent, words, context.loadVerb, sourcesOf(context)).catch(() => []);
  io.stdout.write(completionLines(shell, candidates));
}

function sourcesOf(context: CommandContext): CandidateSources {
  return {
    images: async () => (await context.app().catalog()).entries.map(({ key, title }) => ({ value: key, about: title })),
    settings: async () => SETTING_NAMES.map((name) => ({ value: name, about: definitionOf(name).about })),
    settingValues: async (name) => (isSettingName(name) ? (definitionOf(name).type.choices ?? []) : []).map((value) => ({ value, about: '' })),
    desktops: () => desktops(context),
  };
}

async function desktops(context: CommandContext): Promise<(Candidate & { client?: string })[]> {
  const app = context.app();
  // Whoever hides client ids on the screen does not want them listed at a key press either.
  if (app.settings.mask) return [];
  const collaborators = await app.desktops();
  const all = await listDesktops(collaborators, { signal: AbortSignal.any([context.signal, AbortSignal.timeout(ENGINE_DEADLINE_MS)]) });
  return all.map(({ id, client, status, image }) => ({ value: client ?? id, about: `${status}, ${image}`, ...(client ? { client } : {}) }));
}
