// `vncctl why`: every clock of a desktop, what moved it last, and what happens next.
import type { Command } from 'commander';
import { formatClientId } from '../core/client-id.ts';
import { formatLimit } from '../core/duration.ts';
import type { Explanation } from '../core/explain.ts';
import type { ClockState } from '../core/lease-state.ts';
import { explanationFacts, explainNow } from '../core/why.ts';
import { writeJson } from '../ui/json.ts';
import { writeFields, writeTable } from '../ui/table.ts';
import { momentText, relativeTime, timeLeft } from '../ui/time.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .description(withExamples('Show why a desktop is here and when it goes: every clock of its lease, how long it is and where that comes from, what moved it last, and what happens next. Of one that is gone: why it went.', 'vncctl why 111.222.333-44', 'vncctl why 111.222.333-44 --json | jq -r .removal.at'))
    .argument('<client>', 'CPF of the client, like 111.222.333-44')
    .option('--json', 'print it as JSON; times are RFC 3339, lengths milliseconds')
    .action((typed: string, flags: { json?: boolean }) => run(context, typed, flags));
}

async function run(context: CommandContext, typed: string, flags: { json?: boolean }): Promise<void> {
  const app = context.app();
  const { io } = context;
  const client = readClient(context, typed);
  const [desktops, activity, journal] = await Promise.all([app.desktops(), app.activity(), app.journal()]);
  const explanation = await explainNow({ desktops, activity, journal, ago: (time) => relativeTime(time, app.clock.now()) }, client, context.signal);
  if (flags.json) return writeJson(io, explanationFacts(explanation));
  await print(context, explanation);
}

async function print(context: CommandContext, explanation: Explanation): Promise<void> {
  const { io } = context;
  const now = context.app().clock.now();
  const { desktop, facts, state, watch } = explanation;
  const ago = (time: string): string => relativeTime(time, now);
  const left = (time: string): string => timeLeft(time, now);
  writeFields(io, [
    ['client', desktop.client && formatClientId(desktop.client)],
    ['desktop', desktop.id],
    ['status', `${desktop.status}, ${viewersOf(explanation)}`],
    ['kept', facts.keptUntil !== undefined && Date.parse(facts.keptUntil) > now.getTime() ? `until ${momentText(facts.keptUntil, now)}, whatever the clocks say but max-age` : undefined],
    ['watched', watch.lastLookAt === undefined ? 'no, and never was' : `${watch.watched ? 'yes' : 'no'}, the last look was ${ago(watch.lastLookAt)}`],
    ['next', nextOf(explanation, left)],
  ]);
  io.stdout.write('\n');
  await writeTable(io, {
    headers: true,
    columns: [{ heading: 'CLOCK' }, { heading: 'THEN' }, { heading: 'AFTER' }, { heading: 'SET BY', shrinks: true }, { heading: 'COUNTS FROM' , shrinks: true }, { heading: 'DUE' }],
    rows: state.clocks.map((clock) => [clock.clock, clock.action, formatLimit(clock.length), clock.from, countsFrom(clock, ago), clock.dueAt === undefined ? '-' : left(clock.dueAt)]),
  });
}

function viewersOf({ facts: { viewers } }: Explanation): string {
  if (!viewers.known) return `viewers unknown: ${viewers.why}`;
  return viewers.count === 1 ? '1 viewer' : `${viewers.count || 'no'} viewers`;
}

function nextOf({ state: { next, removal }, watch }: Explanation, left: (time: string) => string): string {
  if (!watch.watched) return 'nothing: nobody watches it (start it: vncctl daemon   or for good: vncctl daemon install)';
  if (!next) return 'nothing: no clock runs';
  const then = removal && next.do === 'warn' ? `, then remove it ${left(removal.at)}` : '';
  return `${next.do === 'warn' ? 'announce its removal' : `${next.do} it`} ${left(next.at)}${then}: ${next.cause}`;
}

function countsFrom(clock: ClockState, ago: (time: string) => string): string {
  if (clock.state === 'off') return 'off';
  if (clock.since === undefined) return `${clock.state}: ${clock.reason ?? ''}`;
  return `${clock.movedBy === 'touch --for' ? 'a touch' : clock.movedBy}, ${ago(clock.since)}`;
}
