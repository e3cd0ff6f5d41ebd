// `vncctl pool`: the warm desktops that `up` takes instead of making new ones; looked at, filled and drained without the daemon.
import type { Command } from 'commander';
import { ensureImage } from '../core/images.ts';
import { drainPool, fillPoolWholly, lookAtPool, type PoolLook, type PoolOutcome } from '../core/pool.ts';
import { type Member, memberStatus, planPool, poolStepWords } from '../core/pool-plan.ts';
import { isVncctlError } from '../errors.ts';
import { describeError } from '../ui/error.ts';
import { writeJson } from '../ui/json.ts';
import { startProgress } from '../ui/progress.ts';
import { writeTable } from '../ui/table.ts';
import { relativeTime } from '../ui/time.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

interface PoolFlags {
  json?: boolean;
  quiet?: boolean;
  dryRun?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command.description(
    withExamples(
      'Warm desktops: complete ones without a client, their page painted, then frozen. The next up of a client takes one instead of making one, unless it asks for what a running desktop can not be given. The daemon keeps as many as the setting pool says; these commands work without it.',
      'vncctl config set pool firefox-kiosk=3,desktop=1',
      'vncctl pool fill',
      'vncctl pool ls',
    ),
  );
  command
    .command('ls')
    .alias('list')
    .summary('list the warm desktops')
    .description('List the warm desktops. Each is used once: what a client had never comes back here.')
    .option('-q, --quiet', 'only the ids of those that can be taken')
    .option('--json', 'print it as JSON')
    .action((flags: PoolFlags) => list(context, flags));
  command
    .command('fill')
    .summary('make as many warm desktops as the setting pool says')
    .description('Make as many warm desktops as the setting pool says, and remove those that are too old, too many, or made with other settings.')
    .option('--dry-run', 'print what would be done')
    .option('--json', 'print what became of each as JSON')
    .action((flags: PoolFlags) => fill(context, flags));
  command
    .command('drain')
    .summary('remove all warm desktops')
    .description('Remove all warm desktops. A daemon that runs fills the pool again, as long as the setting pool says so.')
    .option('--json', 'print what became of each as JSON')
    .action((flags: PoolFlags) => drain(context, flags));
}

async function list(context: CommandContext, flags: PoolFlags): Promise<void> {
  const { io } = context;
  const app = context.app();
  const look = await lookAtPool(await app.desktops(), { signal: context.signal });
  const rows = look.members.map((member) => rowOf(member, look));
  if (flags.json) {
    const wanted = look.wishes.map(({ image, count, why }) => ({ image, count, ready: rows.filter((row) => row.image === image && row.status === 'ready').length, why: why ?? null }));
    return writeJson(io, { off: look.off ?? null, wanted, members: rows });
  }
  if (flags.quiet) {
    for (const { id, status } of rows) if (status === 'ready') io.stdout.write(`${id}\n`);
    return;
  }
  const now = app.clock.now();
  await writeTable(io, {
    headers: true,
    columns: [{ heading: 'ID' }, { heading: 'IMAGE', shrinks: true }, { heading: 'STATUS' }, { heading: 'CREATED' }, { heading: 'EXPIRES' }],
    rows: rows.map(({ id, image, status, createdAt, expiresAt }) => [id, image, status, relativeTime(createdAt, now), expiresAt === null ? '-' : relativeTime(expiresAt, now)]),
  });
  tellWishes(context, look);
}

function tellWishes({ io }: CommandContext, { off, wishes, members }: PoolLook): void {
  if (off !== undefined) io.stderr.write(`note: no warm desktops are kept: ${off}\n`);
  else if (wishes.length === 0) io.stderr.write('note: none are wanted; to keep some: vncctl config set pool 2\n');
  for (const { image, count, why } of wishes) {
    if (why !== undefined) io.stderr.write(`note: no warm ${image} can be made: ${why}\n`);
    else if (members.length === 0) io.stderr.write(`note: ${count} of ${image} are wanted; to make them now: vncctl pool fill\n`);
  }
}

/** A warm desktop as `--json` shows it. */
interface MemberRow {
  id: string;
  image: string;
  status: string;
  /** Why it is that. */
  cause: string;
  createdAt: string;
  /** When it will be replaced; null: never. */
  expiresAt: string | null;
  container: string;
}

function rowOf(member: Member, { wishes, options }: PoolLook): MemberRow {
  const { desktopId, image, createdAt, name } = member;
  const expiresAt = Number.isFinite(options.maxAgeMs) ? new Date(Date.parse(createdAt) + options.maxAgeMs).toISOString() : null;
  return { id: desktopId, image, ...memberStatus(member, wishes.find((wish) => wish.image === image), options), createdAt, expiresAt, container: name };
}

async function fill(context: CommandContext, flags: PoolFlags): Promise<void> {
  const app = context.app();
  const { io, signal } = context;
  const desktops = await app.desktops();
  if (flags.dryRun) {
    const look = await lookAtPool(desktops, { signal });
    const plan = planPool(look.wishes, look.members, look.options);
    if (flags.json) return writeJson(io, plan.map((step) => jsonOf({ step })));
    for (const step of plan) io.stdout.write(`${poolStepWords(step)}\n`);
    return tellWishes(context, look);
  }
  const progress = startProgress(io, { silent: flags.json === true });
  let outcomes: readonly PoolOutcome[];
  try {
    const { images, catalog } = { images: await app.images(), catalog: desktops.catalog };
    for (const { image } of desktops.installation.pool) {
      const entry = catalog.find(image);
      if (entry) await ensureImage(images, entry, { signal, onProgress: (line) => progress.update(line) });
    }
    let done = 0;
    progress.update('filling the pool');
    const filling = await fillPoolWholly(desktops, { signal, onOutcome: () => progress.update(`filling the pool: ${++done} done`) });
    outcomes = filling.outcomes;
    progress.stop();
    if (!flags.json) tellWishes(context, filling);
  } finally {
    progress.stop();
  }
  signal.throwIfAborted();
  report(context, outcomes, flags);
}

async function drain(context: CommandContext, flags: PoolFlags): Promise<void> {
  report(context, await drainPool(await context.app().desktops(), { signal: context.signal }), flags);
}

function report(context: CommandContext, outcomes: readonly PoolOutcome[], flags: PoolFlags): void {
  const { io } = context;
  if (flags.json) writeJson(io, outcomes.map(jsonOf));
  else {
    for (const { step, result, desktopId, reason, error } of outcomes) {
      const words = step.do === 'create' && desktopId !== undefined ? `made ${desktopId}: ${step.cause}` : poolStepWords(step);
      if (result === 'done') io.stdout.write(`${words}\n`);
      else io.stderr.write(result === 'dropped' ? `note: did not ${words}${step.do === 'create' && step.putOff !== undefined ? '' : ` (${reason})`}\n` : `error: could not ${words} (${describeError(error).message})\n`);
    }
    if (outcomes.length === 0) io.stderr.write('note: there is nothing to do\n');
  }
  const failed = outcomes.find(({ result }) => result === 'failed');
  if (failed) context.setExitCode(isVncctlError(failed.error) ? failed.error.exitCode : 1);
}

function jsonOf({ step, result, desktopId, reason, error, tookMs }: Partial<PoolOutcome> & Pick<PoolOutcome, 'step'>): unknown {
  return {
    do: step.do,
    image: step.do === 'create' ? step.wish.image : step.member.image,
    id: step.do === 'create' ? (desktopId ?? null) : step.member.desktopId,
    cause: step.cause,
    ...(step.do === 'create' && step.putOff !== undefined && result === undefined ? { putOff: step.putOff } : {}),
    ...(result === undefined ? {} : { result, reason: reason ?? null, ...(tookMs === undefined ? {} : { tookMs }), ...(error === undefined ? {} : { error: describeError(error) }) }),
  };
}
