// `vncctl rm`: removes the named desktops, or all; tries each and reports each.
import type { Command } from 'commander';
import { type ClientId, formatClientId } from '../core/client-id.ts';
import type { Desktop } from '../core/desktop.ts';
import { type Desktops, titleOf } from '../core/desktops.ts';
import { desktopNotFound, findNamed, listDesktops } from '../core/list.ts';
import { type Removal, removeDesktops, removeUnusedNetworks } from '../core/remove.ts';
import { isVncctlError, VncctlError } from '../errors.ts';
import { describeError } from '../ui/error.ts';
import { writeJson } from '../ui/json.ts';
import { startProgress } from '../ui/progress.ts';
import { confirm } from '../ui/prompt.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

interface RmFlags {
  all?: boolean;
  yes?: boolean;
  ignoreMissing?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        'Remove desktops: the browser leaves its pages, then the container goes, and nothing of it is left.',
        'vncctl rm 111.222.333-44',
        'vncctl ls -q --filter status=stopped | xargs vncctl rm',
        'vncctl rm --all --yes',
      ),
    )
    .argument('[client...]', 'CPFs of the clients, or ids of desktops')
    .option('-a, --all', 'all desktops of this instance')
    .option('-y, --yes', 'do not ask')
    .option('--ignore-missing', 'a client without a desktop is no failure')
    .option('--dry-run', 'print what would be removed')
    .option('--json', 'print what became of each as JSON')
    .action((clients: string[], flags: RmFlags) => run(context, clients, flags));
}

async function run(context: CommandContext, clients: string[], flags: RmFlags): Promise<void> {
  if (flags.all && clients.length > 0) throw new VncctlError('USAGE', '--all and named clients contradict each other', { hint: 'give one of the two' });
  if (!flags.all && clients.length === 0) throw new VncctlError('USAGE', 'whose desktop?', { hint: 'vncctl rm 111.222.333-44   (all of them: vncctl rm --all)' });
  const desktops = await context.app().desktops();
  const all = await listDesktops(desktops, { signal: context.signal });
  const { targets, missing } = flags.all ? { targets: all, missing: [] } : choose(context, desktops, all, clients);
  const { io } = context;
  if (flags.dryRun) {
    if (flags.json) writeJson(io, targets.map((desktop) => ({ client: desktop.client ?? null, id: desktop.id, container: desktop.container?.name ?? null })));
    else for (const desktop of targets) io.stdout.write(`remove ${titleOf(desktop)}${desktop.container ? ` (${desktop.container.name})` : ' (only its record is left)'}\n`);
    report(context, [], missing, flags);
    return;
  }
  if (flags.all && targets.length > 0 && !flags.yes) await askForAll(context, targets.length);
  const removals = targets.length > 0 ? await removeAll(context, desktops, targets, flags) : [];
  if (flags.all) await removeWarm(context, desktops);
  if (flags.all && removals.every(({ error }) => error === undefined)) await removeUnusedNetworks(desktops);
  report(context, removals, missing, flags);
}

function choose(context: CommandContext, desktops: Desktops, all: readonly Desktop[], clients: readonly string[]): { targets: Desktop[]; missing: ClientId[] } {
  const targets = new Set<Desktop>();
  const missing = new Set<ClientId>();
  for (const typed of clients) {
    const found = findNamed(all, typed, desktops, (word) => readClient(context, word));
    if (found.desktop) targets.add(found.desktop);
    else missing.add(found.client);
  }
  return { targets: [...targets], missing: [...missing] };
}

async function askForAll(context: CommandContext, count: number): Promise<void> {
  const what = count === 1 ? 'the one desktop' : `all ${count} desktops`;
  const yes = await confirm(context.io, `Remove ${what}?`, { refusal: `${what} would be removed: this needs a yes`, hint: 'vncctl rm --all --yes', signal: context.signal });
  if (!yes) throw new VncctlError('INTERRUPTED', 'nothing was removed');
}

async function removeAll(context: CommandContext, desktops: Desktops, targets: readonly Desktop[], flags: RmFlags): Promise<Removal[]> {
  const progress = startProgress(context.io, { silent: flags.json === true });
  let done = 0;
  progress.update(`removing ${targets.length === 1 ? 'one desktop' : `${targets.length} desktops`}`);
  try {
    return await removeDesktops(desktops, targets, {
      signal: context.signal,
      cause: 'vncctl rm',
      onRemoved: () => progress.update(`removed ${++done} of ${targets.length}`),
    });
  } finally {
    progress.stop();
  }
}

/** Those in the pool are nobody's and asked about by nobody; but of an installation without desktops nothing is to be left. */
async function removeWarm({ io, signal, setExitCode }: CommandContext, desktops: Desktops): Promise<void> {
  const { drainPool } = await import('../core/pool.ts');
  const outcomes = await drainPool(desktops, { signal });
  const removed = outcomes.filter(({ result }) => result === 'done');
  for (const { step, error } of outcomes) {
    if (error === undefined || step.do !== 'remove') continue;
    io.stderr.write(`error: the warm desktop ${step.member.desktopId} is still there: ${describeError(error).message}\n`);
    setExitCode(isVncctlError(error) ? error.exitCode : 1);
  }
  if (removed.length > 0) io.stderr.write(`note: ${removed.length === 1 ? 'one warm desktop was' : `${removed.length} warm desktops were`} removed from the pool too
`);
}

function report(context: CommandContext, removals: readonly Removal[], missing: readonly ClientId[], flags: RmFlags): void {
  const { io } = context;
  const failures = removals.filter(({ error }) => error !== undefined);
  if (flags.json && !flags.dryRun) {
    writeJson(io, [
      ...removals.map(({ desktop, error }) => ({ client: desktop.client ?? null, id: desktop.id, removed: error === undefined, ...(error === undefined ? {} : { error: describeError(error) }) })),
      ...missing.map((client) => ({ client, id: null, removed: false, error: describeError(desktopNotFound(client)) })),
    ]);
  } else {
    for (const { desktop, error } of removals) if (error === undefined) io.stdout.write(`${titleOf(desktop)}\n`);
    for (const { desktop, error } of failures) io.stderr.write(`error: ${titleOf(desktop)} is still there: ${describeError(error).message}\n`);
    for (const client of missing) io.stderr.write(`${flags.ignoreMissing ? 'note' : 'error'}: ${formatClientId(client)} has no desktop\n`);
    if (flags.all && removals.length === 0 && !flags.dryRun) io.stderr.write('note: there is no desktop to remove\n');
  }
  const [first] = [...failures.map(({ error }) => error), ...(flags.ignoreMissing ? [] : missing.map(desktopNotFound))];
  if (first !== undefined) context.setExitCode(isVncctlError(first) ? first.exitCode : 1);
}
