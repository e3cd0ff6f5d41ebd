// `vncctl images`: the catalog, and making its images present.
import type { Command } from 'commander';
import { ensureImage, getEntry, imageFacts, imageStatus, imageStatuses } from '../core/images.ts';
import { describeLeaseChanges, spellLeaseChanges } from '../core/lease-words.ts';
import { formatBytes } from '../core/size.ts';
import { VncctlError } from '../errors.ts';
import { writeJson } from '../ui/json.ts';
import { startProgress } from '../ui/progress.ts';
import { writeFields, writeTable } from '../ui/table.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';
import type { TestFlags } from './images-test.ts';

export function define(command: Command, context: CommandContext): void {
  command.description('The images a desktop can be made of. Entries of your own are read from catalog/*.yaml beside your settings (see: vncctl config path).');
  command
    .command('ls')
    .alias('list')
    .summary('list the catalog and what the engine has of it')
    .description('List the catalog and what the engine has of it.')
    .option('--json', 'print a JSON array')
    .option('-q, --quiet', 'only the keys')
    .action((flags: { json?: boolean; quiet?: boolean }) => list(context, flags));
  command
    .command('inspect')
    .summary('show one entry: its source, its settings, its limits')
    .description('Show one entry: its source, its settings, its limits.')
    .argument('<key>', 'key of the catalog')
    .option('--json', 'print it as JSON')
    .action((key: string, flags: { json?: boolean }) => inspect(context, key, flags));
  command
    .command('build')
    .summary('build images from their templates')
    .description('Build images from their templates: those named, or all. One whose template did not change is left as it is.')
    .argument('[key...]', 'keys of the catalog; none given: all')
    .option('--force', 'build also what did not change')
    .action((keys: string[], flags: { force?: boolean }) => make(context, keys, 'template', flags.force === true));
  command
    .command('pull')
    .summary('pull images that come from a registry')
    .description('Pull images that come from a registry: those named, or all.')
    .argument('[key...]', 'keys of the catalog; none given: all')
    .action((keys: string[]) => make(context, keys, 'pull', true));
  command
    .command('test')
    .summary('try every known way out of a kiosk')
    .description(
      withExamples(
        'Try every known way out of a kiosk on a desktop of its own, which is removed afterwards, also after Ctrl-C: keys, clicks and pages. After each the page has to be on the screen and to have the keyboard. Ends with exit code 1 when a try led out.',
        'vncctl images test firefox-kiosk',
        'vncctl images test my-kiosk --json',
      ),
    )
    .argument('<key>', 'key of the catalog')
    .option('--page-host <address>', 'address of this machine as a desktop reaches it; not given: the router of its network')
    .option('--json', 'print the result as JSON')
    .action(async (key: string, flags: TestFlags) => (await import('./images-test.ts')).test(context, key, flags));
}

async function list(context: CommandContext, flags: { json?: boolean; quiet?: boolean }): Promise<void> {
  const { io } = context;
  if (flags.quiet) {
    for (const { key } of (await context.app().catalog()).entries) io.stdout.write(`${key}\n`);
    return;
  }
  const statuses = await imageStatuses(await context.app().images(), { signal: context.signal });
  if (flags.json) {
    return writeJson(io, statuses.map(imageFacts));
  }
  await writeTable(io, {
    headers: true,
    columns: [{ heading: 'IMAGE' }, { heading: 'STATE' }, { heading: 'SIZE', right: true }, { heading: 'DESCRIPTION', shrinks: true }],
    rows: statuses.map(({ entry, state, image }) => [entry.key, state, image ? formatBytes(image.sizeBytes) : '-', entry.description]),
  });
}

async function inspect(context: CommandContext, key: string, flags: { json?: boolean }): Promise<void> {
  const building = await context.app().images();
  const { entry, reference, state, image } = await imageStatus(building, getEntry(building.catalog, key), { signal: context.signal });
  if (flags.json) return writeJson(context.io, { ...entry, lease: spellLeaseChanges(entry.lease), reference, state, image: image ?? null });
  const { limits } = entry;
  const lease = describeLeaseChanges(entry.lease);
  writeFields(context.io, [
    ['image', entry.key],
    ['title', entry.title],
    ['description', entry.description],
    ['source', entry.source.kind === 'pull' ? 'pulled' : `built from ${entry.source.folder}${entry.source.extends ? ` on top of ${entry.source.extends}` : ''}`],
    ['reference', reference],
    ['state', image ? `${state}, ${formatBytes(image.sizeBytes)}, made ${image.createdAt}` : state],
    ['entry from', entry.origin],
    ['ready when', entry.ready],
    ['limits', `${limits.cpus} cpus, ${formatBytes(limits.memoryBytes)} memory, ${limits.pids} processes, ${formatBytes(limits.shmSizeBytes)} shared memory`],
    ['needs', `${formatBytes(entry.needsBytes)} of memory to start`],
    ['lease', lease === '' ? undefined : lease],
    ...Object.entries(entry.settings).map(([name, setting]): [string, string] => ['setting', `${name}${setting.default === undefined ? '' : `=${setting.default}`}  ${setting.description}`]),
  ]);
}

async function make(context: CommandContext, keys: readonly string[], kind: 'template' | 'pull', force: boolean): Promise<void> {
  const building = await context.app().images();
  const entries = keys.length > 0 ? keys.map((key) => getEntry(building.catalog, key)) : building.catalog.entries.filter(({ source }) => source.kind === kind);
  const other = entries.find(({ source }) => source.kind !== kind);
  if (other) {
    const verb = kind === 'pull' ? 'build' : 'pull';
    throw new VncctlError('USAGE', `${other.key} is ${kind === 'pull' ? 'built from a template, not pulled' : 'pulled from a registry, not built'}`, { hint: `vncctl images ${verb} ${other.key}` });
  }
  if (entries.length === 0) context.io.stderr.write(`note: no entry of the catalog is ${kind === 'pull' ? 'pulled from a registry' : 'built from a template'}\n`);
  for (const entry of entries) {
    const progress = startProgress(context.io, { silent: false });
    try {
      const done = await ensureImage(building, entry, { signal: context.signal, force, onProgress: (line) => progress.update(line) });
      progress.stop();
      context.io.stdout.write(`${entry.key}: ${done ? (kind === 'pull' ? 'pulled' : 'built') : 'up to date'}\n`);
    } finally {
      progress.stop();
    }
  }
}
