// `vncctl adopt`: desktops in the place of containers that an older system left running. Shows first which.
import type { Command } from 'commander';
import { type Adoptable, adopt, findAdoptable } from '../core/adopt.ts';
import { formatClientId } from '../core/client-id.ts';
import type { Desktops } from '../core/desktops.ts';
import { ensureImage } from '../core/images.ts';
import { up } from '../core/up.ts';
import { readUpRequest } from '../core/up-request.ts';
import { isVncctlError, VncctlError } from '../errors.ts';
import { describeError } from '../ui/error.ts';
import { writeJson } from '../ui/json.ts';
import { startProgress } from '../ui/progress.ts';
import { confirm } from '../ui/prompt.ts';
import { writeTable } from '../ui/table.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

interface AdoptFlags {
  image?: string;
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

interface Outcome {
  found: Adoptable;
  /** Id of the new desktop. */
  id?: string;
  error?: unknown;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        'Put a desktop in the place of each container that an older system left running, for the same client, page and size. What is open in the containers is lost: their marks can not be changed, so they are made anew.',
        'vncctl adopt --dry-run',
        "vncctl adopt 'collab-vm-*'",
      ),
    )
    .argument('[pattern]', 'names of the containers, with a * for the client; those that begin with the setting prefix when left out')
    .option('--image <image>', 'a key of the catalog or an image reference')
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'print which they are')
    .option('--json', 'print what became of each as JSON')
    .action((pattern: string | undefined, flags: AdoptFlags) => run(context, pattern, flags));
}

async function run(context: CommandContext, typed: string | undefined, flags: AdoptFlags): Promise<void> {
  const app = context.app();
  const pattern = typed ?? `${app.settings.prefix}*`;
  if (pattern.split('*').length !== 2) throw new VncctlError('USAGE', `"${pattern}" has to hold one *, which stands for the client`, { hint: "like this: vncctl adopt 'vnc_*'" });
  const desktops = await app.desktops();
  const all = await findAdoptable(desktops, pattern, (text) => readClient(context, text), { signal: context.signal });
  const targets = all.filter(({ kept }) => kept === undefined);
  if (!flags.json || flags.dryRun) await show(context, all, flags);
  if (all.length === 0) context.io.stderr.write(`note: no container of another system runs under a name like ${pattern}\n`);
  if (flags.dryRun) return;
  if (targets.length > 0 && !flags.yes) {
    const what = targets.length === 1 ? 'one container' : `${targets.length} containers`;
    const yes = await confirm(context.io, `Replace ${what}? What is open there is lost.`, { refusal: `${what} would be replaced: this needs a yes`, hint: 'vncctl adopt --yes', signal: context.signal });
    if (!yes) throw new VncctlError('INTERRUPTED', 'nothing was replaced');
  }
  report(context, all, await replaceAll(context, desktops, targets, flags), flags);
}

async function replaceAll(context: CommandContext, desktops: Desktops, targets: readonly Adoptable[], flags: AdoptFlags): Promise<Outcome[]> {
  const progress = startProgress(context.io, { silent: flags.json === true });
  const outcomes: Outcome[] = [];
  try {
    for (const found of targets) {
      context.signal.throwIfAborted();
      progress.update(`replacing ${outcomes.length + 1} of ${targets.length}`);
      outcomes.push(await replaceOne(context, desktops, found, flags).then((id) => ({ found, id }), (error: unknown) => ({ found, error })));
    }
  } finally {
    progress.stop();
  }
  return outcomes;
}

async function replaceOne(context: CommandContext, desktops: Desktops, found: Adoptable, flags: AdoptFlags): Promise<string> {
  const app = context.app();
  const { client, url, size } = found;
  if (client === undefined) throw new VncctlError('BUG', 'a container without a client was to be replaced');
  const { image, wait, timeout } = app.settings;
  const request = readUpRequest(client, { image: flags.image, url, size }, { catalog: await app.catalog(), defaults: { image, wait, timeout }, called: (field) => `--${field}`, hint: 'see: vncctl adopt --help' });
  const { desktop } = await adopt(desktops, found, (inPlaceOf) =>
    up(desktops, inPlaceOf === undefined ? request : { ...request, inPlaceOf }, {
      signal: context.signal,
      getImage: async (entry, onProgress, signal) => {
        await ensureImage(await app.images(), entry, { signal, onProgress });
      },
    }),
  );
  return desktop.id;
}

async function show({ io }: CommandContext, all: readonly Adoptable[], flags: AdoptFlags): Promise<void> {
  const titles = all.map((found) => ({ ...found, title: found.client === undefined ? '-' : formatClientId(found.client) }));
  if (flags.json) return writeJson(io, all.map(rowOf));
  await writeTable(io, {
    headers: true,
    columns: [{ heading: 'CLIENT' }, { heading: 'CONTAINER', shrinks: true }, { heading: 'URL', shrinks: true }, { heading: 'SIZE' }, { heading: 'NOTE', shrinks: true }],
    rows: titles.map(({ title, container, url = '-', size = '-', kept = '' }) => [title, container.name, url, size, kept === '' ? '' : `left alone: ${kept}`]),
  });
}

const rowOf = ({ container, client, url, size, kept }: Adoptable) => ({ client: client ?? null, container: container.name, image: container.image, url: url ?? null, size: size ?? null, kept: kept ?? null });

function report(context: CommandContext, all: readonly Adoptable[], outcomes: readonly Outcome[], flags: AdoptFlags): void {
  const { io } = context;
  if (flags.json) {
    writeJson(io, all.map((found) => {
      const { id, error } = outcomes.find((outcome) => outcome.found === found) ?? {};
      return { ...rowOf(found), id: id ?? null, ...(error === undefined ? {} : { error: describeError(error) }) };
    }));
  } else {
    for (const { found, error } of outcomes) {
      if (error === undefined) io.stderr.write(`replaced ${found.container.name}\n`);
      else io.stderr.write(`error: ${found.container.name}: ${describeError(error).message}\n`);
    }
  }
  const failed = outcomes.find(({ error }) => error !== undefined);
  if (failed) context.setExitCode(isVncctlError(failed.error) ? failed.error.exitCode : 1);
}
