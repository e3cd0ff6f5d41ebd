// `vncctl up`: create-or-reuse, then print the link (or the JSON) and, for a person in front of a screen, open it.
import { type Command, Option } from 'commander';
import { type ReadyStage, READY_STAGES } from '../core/catalog.ts';
import { titleOf } from '../core/desktops.ts';
import { LIMIT_FORM, parseDuration, parseLimit } from '../core/duration.ts';
import { ensureImage, getEntry } from '../core/images.ts';
import { LEASE_FIELDS, type LeaseChanges, type LeaseField } from '../core/lease.ts';
import { LEASE_WORDS, spellLease, spellLeaseChanges } from '../core/lease-words.ts';
import { wait as waitType } from '../core/setting-types.ts';
import { parseBytes, parseGeometry } from '../core/size.ts';
import type { DesktopWishes } from '../core/spec.ts';
import { dryRunUp, up, type UpResult } from '../core/up.ts';
import type { Phase, UpRequest } from '../core/up-run.ts';
import { renderPlan } from '../core/up-plan.ts';
import { VncctlError } from '../errors.ts';
import { opensBrowser, openBrowser } from '../ui/browser.ts';
import { writeJson } from '../ui/json.ts';
import { startProgress } from '../ui/progress.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';
import { makeLink, noDoor } from './link.ts';

interface UpFlags extends Partial<Record<LeaseField, string>> {
  image?: string;
  url?: string;
  size?: string;
  env?: string[];
  cpus?: string;
  memory?: string;
  wait?: ReadyStage;
  timeout?: string;
  queue?: string;
  recreate?: boolean;
  direct?: boolean;
  open: boolean;
  json?: boolean;
  dryRun?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        "Create a client's desktop, or find the one they have. Safe to run twice. Prints the link to the screen: treat it like a password. While the daemon runs, the link goes through it and opens once, within 15 minutes; without it, or with --direct, it goes to a port of the desktop's own.",
        'vncctl up 111.222.333-44',
        'vncctl up 11122233344 --url https://example.org --size 390x844',
        'vncctl up 111.222.333-44 --image desktop --memory 2g',
        'vncctl up 111.222.333-44 --idle never --remove-after 48h',
        'vncctl up 111.222.333-44 --json | jq -r .url',
      ),
    )
    .argument('<client>', 'CPF of the client, like 111.222.333-44')
    .option('-i, --image <key>', 'image of the catalog (see: vncctl images ls)')
    .option('-u, --url <address>', 'page to show')
    .option('-s, --size <WxH>', 'size of the screen in pixels, like 1280x720')
    .option('-e, --env <KEY=value>', 'setting that the image declares; may be repeated', (value: string, before: string[] = []) => [...before, value])
    .option('--cpus <number>', 'how many processors it may use, like 1.5')
    .option('-m, --memory <size>', 'how much memory it may use, like 1g')
    .addOption(new Option('-w, --wait <stage>', 'how far it has to be before the command returns').choices(READY_STAGES))
    .option('-t, --timeout <duration>', 'how long that may take, like 30s')
    .option('--queue <duration>', 'where there is no memory or no port for a new one, wait this long for it, first come, first served; off for not at all')
    .option('--idle <duration>', 'pause it when nobody has looked at it for this long, like 15m; never for not at all')
    .option('--remove-after <duration>', 'remove it when nobody has looked at it for this long, like 8h; or never')
    .option('--input-idle <duration>', 'remove it when nobody has typed or pointed for this long; or never')
    .option('--ttl <duration>', 'remove it this long after its creation or its last touch; or never')
    .option('--max-age <duration>', 'remove it this long after its creation, whatever happens; or never')
    .option('--recreate', 'replace a desktop that is there')
    .option('--direct', 'give it a port of its own, and print the link that goes there')
    .option('--no-open', 'do not open the browser')
    .option('--json', 'print everything about the desktop and the milliseconds of each phase')
    .option('--dry-run', 'print what would be done')
    .action((client: string, flags: UpFlags) => run(context, client, flags));
}

async function run(context: CommandContext, typed: string, flags: UpFlags): Promise<void> {
  const app = context.app();
  const request = await readRequest(context, typed, flags);
  const desktops = await app.desktops();
  if (flags.dryRun) {
    const plan = await dryRunUp(desktops, request);
    if (flags.json) writeJson(context.io, { outcome: plan.outcome, why: plan.why, steps: plan.steps, lease: spellLeaseChanges(plan.lease ?? {}), notes: plan.notes });
    else context.io.stdout.write(`${renderPlan(plan)}\n`);
    return;
  }
  const progress = startProgress(context.io, { silent: flags.json === true });
  let result: UpResult;
  try {
    result = await up(desktops, request, {
      signal: context.signal,
      getImage: async (entry, onProgress, signal) => {
        await ensureImage(await app.images(), entry, { signal, onProgress });
      },
      // In a pipe the phases are for the JSON alone; what takes long (an image) is told there too.
      onPhase: (phase) => {
        if (context.io.stderr.isTTY) progress.update(phaseText(phase));
      },
      onProgress: (line) => progress.update(line),
    });
  } finally {
    progress.stop();
  }
  await print(context, result, flags);
}

async function print(context: CommandContext, result: UpResult, flags: UpFlags): Promise<void> {
  const { io } = context;
  const app = context.app();
  const { desktop } = result;
  for (const note of result.notes) io.stderr.write(`note: ${note}\n`);
  const link = await makeLink(app, desktop, { direct: result.link, askedDirect: flags.direct === true });
  if (flags.json) {
    writeJson(io, {
      outcome: result.outcome,
      why: result.why,
      id: desktop.id,
      client: desktop.client,
      url: link?.url ?? null,
      door: link?.door ?? null,
      status: desktop.status,
      image: desktop.image,
      container: desktop.container?.name,
      hostPort: desktop.hostPort ?? null,
      createdAt: desktop.createdAt,
      lease: spellLease(result.lease),
      totalMs: result.totalMs,
      phases: result.phases,
      notes: result.notes,
    });
  } else if (io.stderr.isTTY) {
    io.stderr.write(`${titleOf(desktop)} ${result.outcome} in ${seconds(result.totalMs)}${summary(result.phases)}\n`);
  }
  // After the report: it runs all the same.
  if (!link) throw noDoor(app, desktop);
  if (flags.json) return;
  io.stdout.write(`${link.url}\n`);
  if (flags.open && opensBrowser(io)) await openBrowser(io, link.url);
}

const seconds = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
const phaseText = (phase: Phase): string => `${phase.name} ${seconds(phase.ms)}`;

function summary(phases: readonly Phase[]): string {
  const told = phases.filter(({ ms }) => ms >= 5).map(phaseText);
  return told.length > 0 ? ` (${told.join(', ')})` : '';
}

async function readRequest(context: CommandContext, typed: string, flags: UpFlags): Promise<UpRequest> {
  const { settings } = context.app();
  const client = readClient(context, typed);
  const entry = getEntry(await context.app().catalog(), flags.image ?? settings.image);
  const stage = flags.wait ?? settings.wait;
  const timeoutMs = flags.timeout === undefined ? settings.timeout : read(flags.timeout, parseDuration, '--timeout', 'a duration like 30s or 2m');
  const queue = flags.queue === undefined ? settings.queue : read(flags.queue, waitType.read, '--queue', waitType.form);
  return {
    client,
    entry,
    wishes: readWishes(flags),
    askedImage: flags.image !== undefined,
    recreate: flags.recreate ?? false,
    lease: readLease(flags),
    ...(queue === 'off' ? {} : { queueMs: queue }),
    ...(stage === undefined ? {} : { stage }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function readLease(flags: UpFlags): LeaseChanges {
  const typed = LEASE_FIELDS.flatMap((field) => (flags[field] === undefined ? [] : [[field, flags[field]] as const]));
  return Object.fromEntries(typed.map(([field, text]) => [field, read(text, parseLimit, `--${LEASE_WORDS[field]}`, LIMIT_FORM)]));
}

function readWishes(flags: UpFlags): DesktopWishes {
  const env: Record<string, string> = {};
  for (const pair of flags.env ?? []) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new VncctlError('USAGE', `--env takes KEY=value, not "${pair}"`, { hint: 'what an image takes: vncctl images inspect <key>' });
    env[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return {
    env,
    ...(flags.url === undefined ? {} : { url: flags.url }),
    ...(flags.size === undefined ? {} : { size: read(flags.size, parseGeometry, '--size', 'a size like 1280x720') }),
    ...(flags.cpus === undefined ? {} : { cpus: read(flags.cpus, parseCpus, '--cpus', 'a number of processors like 1.5') }),
    ...(flags.direct ? { direct: true } : {}),
    ...(flags.memory === undefined ? {} : { memoryBytes: read(flags.memory, parseBytes, '--memory', 'a size like 512m or 1g') }),
  };
}

function parseCpus(text: string): number | undefined {
  const cpus = Number(text);
  return text.trim() !== '' && Number.isFinite(cpus) && cpus > 0 ? cpus : undefined;
}

function read<T>(text: string, parse: (text: string) => T | undefined, flag: string, form: string): T {
  const value = parse(text);
  if (value === undefined) throw new VncctlError('USAGE', `${flag}: "${text}" is not ${form}`, { hint: 'see: vncctl up --help' });
  return value;
}
