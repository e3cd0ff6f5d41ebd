// `vncctl why`: every clock of a desktop, what moved it last, and what happens next.
import type { Command } from 'commander';
import { type ClientId, formatClientId } from '../core/client-id.ts';
import { formatLimit } from '../core/duration.ts';
import { explain, type Explanation } from '../core/explain.ts';
import type { ClockState } from '../core/lease-state.ts';
import { getDesktop } from '../core/list.ts';
import { lookAt } from '../core/look.ts';
import { isVncctlError, VncctlError } from '../errors.ts';
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
  const desktops = await app.desktops();
  const desktop = await getDesktop(desktops, client, { signal: context.signal }).catch(async (error: unknown) => {
    throw isVncctlError(error, 'DESKTOP_NOT_FOUND') ? await goneError(context, error, client) : error;
  });
  const activity = await app.activity();
  const looked = await lookAt(desktops, [desktop], activity, context.signal);
  const explanation = explain(desktops, desktop, await desktops.store.read(), looked.get(desktop.id));
  if (flags.json) return writeJson(io, jsonOf(explanation));
  await print(context, explanation);
}

/** The failure, with what the journal tells of the last one. */
async function goneError(context: CommandContext, error: VncctlError, client: ClientId): Promise<VncctlError> {
  const app = context.app();
  const journal = await app.journal();
  const events = await journal.read({ client: journal.hashOf(client) });
  const last = events.findLast(({ event }) => event === 'removed');
  if (!last) return error;
  return new VncctlError('DESKTOP_NOT_FOUND', `${formatClientId(client)} has no desktop; the last one was removed ${relativeTime(last.at, app.clock.now())}: ${last.cause}`, {
    hint: `all that happened: vncctl events ${formatClientId(client)}   (a new one: vncctl up ${formatClientId(client)})`,
  });
}

function jsonOf({ desktop, facts, state, watch }: Explanation): unknown {
  const length = (clock: ClockState): number | null => (clock.length === 'never' ? null : clock.length);
  return {
    client: desktop.client ?? null,
    id: desktop.id,
    status: desktop.status,
    viewers: facts.viewers.known ? facts.viewers.count : null,
    viewersUnknown: facts.viewers.known ? null : facts.viewers.why,
    watched: watch.watched,
    lastLookAt: watch.lastLookAt ?? null,
    keptUntil: facts.keptUntil ?? null,
    clocks: state.clocks.map((clock) => ({
      clock: clock.clock,
      action: clock.action,
      lengthMs: length(clock),
      from: clock.from,
      state: clock.state,
      reason: clock.reason ?? null,
      since: clock.since ?? null,
      movedBy: clock.movedBy ?? null,
      dueAt: clock.dueAt ?? null,
    })),
    next: state.next ?? null,
    removal: state.removal ?? null,
  };
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
