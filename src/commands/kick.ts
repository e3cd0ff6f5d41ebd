// `vncctl kick`: ends the view of those who look at a client's desktop through the daemon; tries each and reports each.
import type { Command } from 'commander';
import { type DaemonControl, type Viewer, viewerNotFound } from '../core/control.ts';
import type { Desktop } from '../core/desktop.ts';
import { titleOf } from '../core/desktops.ts';
import { getDesktop } from '../core/list.ts';
import { isVncctlError, VncctlError } from '../errors.ts';
import { describeError } from '../ui/error.ts';
import { writeJson } from '../ui/json.ts';
import { confirm } from '../ui/prompt.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

interface KickFlags {
  all?: boolean;
  yes?: boolean;
  revoke?: boolean;
  json?: boolean;
}

/** What became of one. */
interface Kick {
  id: string;
  error?: unknown;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        'End the view of who looks at a desktop through the daemon. Their page says so and does not come back by itself, only when they ask it to; with --revoke it can not, nor can anybody else by the same link. The desktop goes on.',
        'vncctl kick 111.222.333-44',
        'vncctl kick 111.222.333-44 5f0c9a1d',
        'vncctl kick 111.222.333-44 --all --revoke --yes',
      ),
    )
    .argument('<client>', 'CPF of the client, like 111.222.333-44')
    .argument('[viewer...]', 'ids as `vncctl viewers` shows them; not given: the only one there is')
    .option('-a, --all', 'all who look at this desktop')
    .option('-y, --yes', 'do not ask')
    .option('--revoke', 'take the link back by which they came, with all that it opened')
    .option('--json', 'print what became of each as JSON')
    .action((client: string, viewers: string[], flags: KickFlags) => run(context, client, viewers, flags));
}

async function run(context: CommandContext, typed: string, named: string[], flags: KickFlags): Promise<void> {
  if (flags.all && named.length > 0) throw new VncctlError('USAGE', '--all and named viewers contradict each other', { hint: 'give one of the two' });
  const { signal } = context;
  const app = context.app();
  const client = readClient(context, typed);
  const control = await app.control();
  const desktop = await getDesktop(await app.desktops(), client, { signal });
  const viewers = await control.viewers({ desktop: desktop.id, signal });
  const ids = named.length > 0 ? [...new Set(named)] : chooseAmong(viewers, desktop, flags);
  if (flags.all && ids.length > 1 && !flags.yes) await askForAll(context, ids.length, desktop);
  report(context, await kickAll(control, viewers, ids, { revoke: flags.revoke === true, signal }), desktop, flags);
}

function chooseAmong(viewers: readonly Viewer[], desktop: Desktop, { all }: KickFlags): string[] {
  const title = titleOf(desktop);
  if (viewers.length === 0 && !all) throw new VncctlError('VIEWER_NOT_FOUND', `nobody looks at the desktop of ${title} through the daemon`, { hint: 'see who looks at which: vncctl viewers' });
  if (viewers.length > 1 && !all) throw new VncctlError('USAGE', `${viewers.length} look at the desktop of ${title}: which of them?`, { hint: `see them: vncctl viewers ${title}   (all of them: vncctl kick ${title} --all)` });
  return viewers.map(({ id }) => id);
}

async function askForAll({ io, signal }: CommandContext, count: number, desktop: Desktop): Promise<void> {
  const what = `all ${count} who look at the desktop of ${titleOf(desktop)}`;
  const yes = await confirm(io, `Kick ${what}?`, { refusal: `${what} would be kicked: this needs a yes`, hint: `vncctl kick ${titleOf(desktop)} --all --yes`, signal });
  if (!yes) throw new VncctlError('INTERRUPTED', 'nobody was kicked');
}

async function kickAll(control: DaemonControl, viewers: readonly Viewer[], ids: readonly string[], options: { revoke: boolean; signal: AbortSignal }): Promise<Kick[]> {
  const kicks: Kick[] = [];
  const revoked = new Set<string>();
  for (const id of ids) {
    // The client was named so that a slip in an id hits nobody else's desktop.
    const viewer = viewers.find((one) => one.id === id);
    try {
      if (!viewer) throw viewerNotFound(id);
      await control.endViewer(id, options);
      revoked.add(viewer.ticket);
      kicks.push({ id });
    } catch (error) {
      options.signal.throwIfAborted();
      // Gone meanwhile: by itself, or with the link that was taken back from another.
      const gone = viewer && isVncctlError(error, 'VIEWER_NOT_FOUND') && (!options.revoke || revoked.has(viewer.ticket));
      kicks.push(gone ? { id } : { id, error });
    }
  }
  return kicks;
}

function report({ io, setExitCode }: CommandContext, kicks: readonly Kick[], { client, id: desktop }: Desktop, flags: KickFlags): void {
  const failures = kicks.filter(({ error }) => error !== undefined);
  if (flags.json) {
    writeJson(io, kicks.map(({ id, error }) => ({ id, desktop, client: client ?? null, kicked: error === undefined, ...(error === undefined ? { revoked: flags.revoke === true } : { error: describeError(error) }) })));
  } else {
    for (const { id, error } of kicks) if (error === undefined) io.stdout.write(`${id}\n`);
    for (const { error } of failures) io.stderr.write(`error: ${describeError(error).message}\n`);
    if (kicks.length === 0) io.stderr.write('note: nobody looks at it through the daemon\n');
  }
  const [first] = failures;
  if (first) setExitCode(isVncctlError(first.error) ? first.error.exitCode : 1);
}
