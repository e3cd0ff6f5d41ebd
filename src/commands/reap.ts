// `vncctl reap`: one sweep without the daemon, its plan printed with the causes.
import type { Command } from 'commander';
import { formatClientId } from '../core/client-id.ts';
import { titleOf } from '../core/desktops.ts';
import { watchState } from '../core/explain.ts';
import type { ReapOutcome } from '../core/reap-steps.ts';
import { type ReapStep, stepWords } from '../core/reap-plan.ts';
import { isVncctlError } from '../errors.ts';
import { describeError } from '../ui/error.ts';
import { writeJson } from '../ui/json.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

interface ReapFlags {
  dryRun?: boolean;
  json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        'Do once what the daemon does all the time: look at every desktop, and announce, pause or remove those whose lease is over. Idle time counts only as far as somebody looked: a first look removes nobody for being idle.',
        'vncctl reap --dry-run',
        'vncctl reap --json',
      ),
    )
    .option('--dry-run', 'print what would be done')
    .option('--json', 'print each step and what became of it as JSON')
    .action((flags: ReapFlags) => reap(context, flags));
}

/** One sweep, told on stdout. */
export async function reap(context: CommandContext, flags: ReapFlags): Promise<void> {
  const app = context.app();
  const { io } = context;
  const desktops = await app.desktops();
  const { watched } = watchState(desktops, await desktops.store.read());
  const sweep = await app.sweepOnce({ signal: context.signal, dryRun: flags.dryRun ?? false });
  const outcomes = flags.dryRun ? sweep.plan.map((step) => ({ step })) : sweep.outcomes;
  if (flags.json) writeJson(io, outcomes.map(jsonOf));
  else {
    for (const outcome of outcomes) io.stdout.write(`${wordsOf(outcome)}\n`);
    if (outcomes.length === 0) io.stderr.write(`note: nothing is due for ${sweep.observed.length === 1 ? 'the one desktop' : `the ${sweep.observed.length} desktops`}\n`);
    if (!watched && sweep.observed.length > 0) io.stderr.write('note: nobody has looked before, so idle time counts from now; to watch all the time: vncctl daemon\n');
  }
  const failed = outcomes.find((outcome): outcome is ReapOutcome => 'result' in outcome && outcome.result === 'failed');
  if (failed) context.setExitCode(isVncctlError(failed.error) ? failed.error.exitCode : 1);
}

function wordsOf(outcome: { step: ReapStep } | ReapOutcome): string {
  const words = stepWords(outcome.step, titleOf);
  if (!('result' in outcome) || outcome.result === 'done') return words;
  return outcome.result === 'dropped' ? `${words} (not done: ${outcome.reason})` : `${words} (failed: ${describeError(outcome.error).message})`;
}

function jsonOf(outcome: { step: ReapStep } | ReapOutcome): unknown {
  const { step } = outcome;
  return {
    do: step.do,
    client: step.desktop.client === undefined ? null : formatClientId(step.desktop.client),
    id: step.desktop.id,
    clock: step.clock,
    cause: step.cause,
    removeAt: step.removeAt ?? null,
    ...('result' in outcome ? { result: outcome.result, reason: outcome.reason ?? null, ...(outcome.error === undefined ? {} : { error: describeError(outcome.error) }) } : {}),
  };
}
