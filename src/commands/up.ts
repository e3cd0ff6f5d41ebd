// `vncctl up`: create-or-reuse, then print the link (or the JSON) and, for a person in front of a screen, open it.
import { type Command, Option } from 'commander';
import { type ReadyStage, READY_STAGES } from '../core/catalog.ts';
import type { UpAsk, UpReport } from '../core/hand-out.ts';
import type { LeaseField } from '../core/lease.ts';
import { spellLeaseChanges } from '../core/lease-words.ts';
import type { DryRun } from '../core/up-dry-run.ts';
import { VncctlError } from '../errors.ts';
import { opensBrowser, openBrowser } from '../ui/browser.ts';
import { writeJson } from '../ui/json.ts';
import { startProgress } from '../ui/progress.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';
import { phaseText, printHandedOut } from './handed-out.ts';
import { withExamples } from './help.ts';

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
        'vncctl up 111.222.333-44 --queue 30s',
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
    .option('--dry-run', 'print what would be done, and whether there is room for it')
    .action((client: string, flags: UpFlags) => run(context, client, flags));
}

async function run(context: CommandContext, typed: string, flags: UpFlags): Promise<void> {
  const { open: _, json: __, dryRun: ___, ...words } = flags;
  const ask: UpAsk = { client: readClient(context, typed), words: { ...words, env: readEnv(flags) } };
  const giver = await context.app().giver();
  if (flags.dryRun) return printPlan(context, await giver.plan(ask), flags);
  const progress = startProgress(context.io, { silent: flags.json === true });
  let report: UpReport;
  try {
    report = await giver.handOut(ask, {
      signal: context.signal,
      // In a pipe the phases are for the JSON alone; what takes long (an image) is told there too.
      onPhase: (phase) => {
        if (context.io.stderr.isTTY) progress.update(phaseText(phase));
      },
      onProgress: (line) => progress.update(line),
    });
  } finally {
    progress.stop();
  }
  const url = await printHandedOut(context, report, flags);
  if (flags.open && !flags.json && opensBrowser(context.io)) await openBrowser(context.io, url);
}

async function printPlan({ io }: CommandContext, plan: DryRun, { json }: UpFlags): Promise<void> {
  if (json) return writeJson(io, { outcome: plan.outcome, why: plan.why, steps: plan.steps, lease: spellLeaseChanges(plan.lease ?? {}), notes: plan.notes, lack: plan.lack ?? null });
  const { renderDryRun } = await import('../core/up-dry-run.ts');
  io.stdout.write(`${renderDryRun(plan)}\n`);
}

function readEnv({ env: pairs = [] }: UpFlags): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new VncctlError('USAGE', `--env takes KEY=value, not "${pair}"`, { hint: 'what an image takes: vncctl images inspect <key>' });
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
