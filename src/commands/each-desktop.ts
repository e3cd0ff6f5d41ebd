// What `pause` and `wake` have in common: it is tried with each desktop that is named, and each is reported.
import type { ClientId } from '../core/client-id.ts';
import { desktopRow, type DesktopRow, maskRow } from '../core/desktop-row.ts';
import type { Desktop } from '../core/desktop.ts';
import { type Desktops, titleOf } from '../core/desktops.ts';
import type { CallOptions } from '../core/engine.ts';
import { clientNamed, listDesktops } from '../core/list.ts';
import { inParallel } from '../core/parallel.ts';
import { isVncctlError } from '../errors.ts';
import { describeError, printError } from '../ui/error.ts';
import { writeJson } from '../ui/json.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';

/** What became of one. */
type Outcome = { client: ClientId } & ({ desktop: Desktop } | { error: unknown });

/** Does it to each desktop that is named, once; prints who they are, or with `json` what each is now, and makes the first failure the exit code. Returns those to which it was done. */
export async function doToEach(context: CommandContext, words: readonly string[], { json }: { json?: boolean }, act: (desktops: Desktops, client: ClientId, options: CallOptions) => Promise<Desktop>): Promise<Desktop[]> {
  const { signal, setExitCode } = context;
  const desktops = await context.app().desktops();
  const all = await listDesktops(desktops, { signal });
  const clients = new Set(words.map((word) => clientNamed(all, word, desktops, (text) => readClient(context, text))));
  const outcomes = await inParallel([...clients], desktops.installation.parallel, async (client): Promise<Outcome> => {
    try {
      return { client, desktop: await act(desktops, client, { signal }) };
    } catch (error) {
      return { client, error };
    }
  });
  signal.throwIfAborted();
  const failures = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
  const done = outcomes.flatMap((outcome) => ('desktop' in outcome ? [outcome.desktop] : []));
  if (json) {
    await printRows(context, desktops, outcomes);
  } else {
    for (const desktop of done) context.io.stdout.write(`${titleOf(desktop)}\n`);
    for (const error of failures) await printError(error, { io: context.io, json: false, debug: false });
  }
  const [first] = failures;
  if (first !== undefined) setExitCode(isVncctlError(first) ? first.exitCode : 1);
  return done;
}

async function printRows(context: CommandContext, desktops: Desktops, outcomes: readonly Outcome[]): Promise<void> {
  const state = await desktops.store.read();
  const { mask } = context.app().settings;
  const rowOf = (desktop: Desktop): DesktopRow => {
    const row = desktopRow(desktops, desktop, state, false);
    return mask ? maskRow(row) : row;
  };
  writeJson(context.io, outcomes.map((outcome) => ('desktop' in outcome ? rowOf(outcome.desktop) : { client: outcome.client, id: null, error: describeError(outcome.error) })));
}
