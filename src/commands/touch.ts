// `vncctl touch`: the desktop counts as used now, and may be kept until a moment.
import type { Command } from 'commander';
import { titleOf } from '../core/desktops.ts';
import { DURATION_FORM, formatDuration, parseDuration } from '../core/duration.ts';
import { MOMENT_FORM, parseMoment } from '../core/moment.ts';
import { touchDesktop, touchedFacts } from '../core/touch.ts';
import { VncctlError } from '../errors.ts';
import { writeJson } from '../ui/json.ts';
import { momentText } from '../ui/time.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

interface TouchFlags {
  for?: string;
  until?: string;
  json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(withExamples('Keep a desktop: it counts as used now, and its ttl begins anew.', 'vncctl touch 111.222.333-44', 'vncctl touch 111.222.333-44 --for 2h', 'vncctl touch 111.222.333-44 --until 18:00'))
    .argument('<client>', 'CPF of the client, like 111.222.333-44')
    .option('--for <duration>', 'keep it for this long, used or not, like 2h')
    .option('--until <time>', 'keep it until then: the next 18:00, or 2030-01-31T18:00:00Z')
    .option('--json', 'print what it counts on as JSON')
    .action((typed: string, flags: TouchFlags) => run(context, typed, flags));
}

async function run(context: CommandContext, typed: string, flags: TouchFlags): Promise<void> {
  const app = context.app();
  const now = app.clock.now();
  const client = readClient(context, typed);
  const touched = await touchDesktop(await app.desktops(), client, readEnd(flags, now));
  const { desktop, keptUntil, endsAfterSeconds } = touched;
  if (endsAfterSeconds !== undefined) {
    context.io.stderr.write(`note: its screen did not answer, so it still ends by itself ${formatDuration(endsAfterSeconds * 1000)} after its last viewer left\n`);
  }
  if (flags.json) return writeJson(context.io, touchedFacts(touched));
  context.io.stderr.write(`${titleOf(desktop)} counts as used now${keptUntil === undefined ? '' : `, kept until ${momentText(keptUntil, now)}`}\n`);
}

function readEnd(flags: TouchFlags, now: Date): Date | undefined {
  if (flags.for !== undefined && flags.until !== undefined) throw new VncctlError('USAGE', '--for and --until exclude each other', { hint: 'see: vncctl touch --help' });
  if (flags.for !== undefined) {
    const length = parseDuration(flags.for);
    if (!length) throw new VncctlError('USAGE', `--for: "${flags.for}" is not ${DURATION_FORM}`, { hint: 'see: vncctl touch --help' });
    return new Date(now.getTime() + length);
  }
  if (flags.until === undefined) return undefined;
  const moment = parseMoment(flags.until, now);
  if (!moment) throw new VncctlError('USAGE', `--until: "${flags.until}" is not ${MOMENT_FORM}`, { hint: 'see: vncctl touch --help' });
  return moment;
}
