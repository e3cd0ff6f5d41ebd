// `vncctl events`: what happened to which desktop, and why; from the journal, with or without an engine.
import type { Command } from 'commander';
import { formatClientId } from '../core/client-id.ts';
import { DURATION_FORM, parseDuration } from '../core/duration.ts';
import { type ClientNames, eventRow, type EventRow, findClientNames } from '../core/event-clients.ts';
import type { InstanceJournal, JournalFilter, LifeEvent } from '../core/journal.ts';
import { isVncctlError, VncctlError } from '../errors.ts';
import { writeJson } from '../ui/json.ts';
import { isTerminal } from '../ui/streams.ts';
import { writeTable } from '../ui/table.ts';
import { harmless, pad } from '../ui/text.ts';
import { relativeTime } from '../ui/time.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

interface EventsFlags {
  follow?: boolean;
  since?: string;
  tail?: string;
  mask?: boolean;
  json?: boolean;
}

const HEADINGS = ['TIME', 'EVENT', 'DESKTOP', 'CLIENT', 'CAUSE'] as const;
/** Of what is printed as it comes: RFC 3339, the longest event, a desktop's id, a formatted CPF; the cause takes the rest. */
const WIDTHS = [24, 7, 12, 14, 0] as const;
/** As many as `tail -f` begins with. */
const SHOWN_BEFORE_FOLLOWING = 10;

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        'Show what happened to the desktops in the last seven days, and why, the oldest first. The journal knows no client by name: CLIENT is told of those who have a desktop now.',
        'vncctl events',
        'vncctl events 111.222.333-44 --since 2h',
        'vncctl events -f',
        "vncctl events --json | jq -r '.[] | select(.event == \"removed\") | .cause'",
      ),
    )
    .argument('[client]', 'only the desktops of this client, also those that are gone')
    .option('-f, --follow', `the last ${SHOWN_BEFORE_FOLLOWING}, then each as it happens, until Ctrl-C`)
    .option('--since <when>', 'only what happened since: a length of time like 2h, or an RFC 3339 time')
    .option('-n, --tail <count>', 'only the last so many')
    .option('--mask', 'hide the middle of client ids')
    .option('--json', 'print a JSON array; with --follow one object a line')
    .action((client: string | undefined, flags: EventsFlags) => run(context, client, flags));
}

async function run(context: CommandContext, typed: string | undefined, flags: EventsFlags): Promise<void> {
  const app = context.app();
  const since = flags.since === undefined ? undefined : parseSince(flags.since, app.clock.now());
  const count = flags.tail === undefined ? undefined : parseCount(flags.tail);
  const client = typed === undefined ? undefined : readClient(context, typed);
  const journal = await app.journal();
  const filter: JournalFilter = { ...(since === undefined ? {} : { since }), ...(client === undefined ? {} : { client: journal.hashOf(client) }) };
  const names = findClientNames({ desktops: () => app.desktops(), journal, asked: client, signal: context.signal, warn: (message) => void context.io.stderr.write(`warning: ${message}\n`) });
  const show = (event: LifeEvent): EventRow => eventRow(event, names, flags.mask ?? app.settings.mask);
  if (flags.follow) return follow(context, journal, { filter, count: count ?? (since === undefined ? SHOWN_BEFORE_FOLLOWING : undefined), names, show, json: flags.json === true });
  const events = lastOf(await journal.read(filter), count);
  if (events.length > 0) await names.look();
  const rows = events.map(show);
  if (flags.json) return writeJson(context.io, rows);
  const now = app.clock.now();
  const terminal = isTerminal(context.io.stdout);
  await writeTable(context.io, {
    headers: true,
    columns: [{ heading: 'TIME' }, { heading: 'EVENT' }, { heading: 'DESKTOP', drops: 1 }, { heading: 'CLIENT' }, { heading: 'CAUSE', shrinks: true }],
    rows: rows.map((row) => cellsOf(row, terminal ? relativeTime(row.at, now) : row.at)),
  });
}

interface Following {
  filter: JournalFilter;
  count: number | undefined;
  names: ClientNames;
  show: (event: LifeEvent) => EventRow;
  json: boolean;
}

async function follow({ io, signal, setExitCode }: CommandContext, journal: InstanceJournal, { filter, count, names, show, json }: Following): Promise<void> {
  const line = (cells: readonly string[]): void => void io.stdout.write(`${cells.map((cell, index) => pad(harmless(cell), WIDTHS[index] ?? 0)).join('  ').trimEnd()}\n`);
  const print = (event: LifeEvent): void => {
    const row = show(event);
    if (json) io.stdout.write(`${JSON.stringify(row)}\n`);
    else line(cellsOf(row, row.at));
  };
  const stop = new AbortController();
  const end = (): void => stop.abort();
  signal.addEventListener('abort', end, { once: true });
  // A reader that has seen enough.
  io.stdout.once('error', end);
  // Begun before the rest is read: what happens in between is in both, and told once.
  const coming = journal.follow(stop.signal);
  const past = lastOf(await journal.read(filter), count);
  const told = new Set(past.map((event) => JSON.stringify(event)));
  await names.look();
  if (!json) line(HEADINGS);
  for (const event of past) print(event);
  for await (const event of coming) {
    if (filter.client !== undefined && event.client !== filter.client) continue;
    if (told.delete(JSON.stringify(event))) continue;
    await names.lookFor(event);
    print(event);
  }
  io.stdout.off('error', end);
  signal.removeEventListener('abort', end);
  // Ctrl-C is how following ends: nothing was half-made, so nothing is said.
  if (signal.aborted) setExitCode(isVncctlError(signal.reason) ? signal.reason.exitCode : 130);
}

function cellsOf({ event, desktop, client, cause }: EventRow, time: string): string[] {
  return [time, event, desktop, client === null ? '-' : formatClientId(client), cause];
}

function lastOf(events: readonly LifeEvent[], count: number | undefined): readonly LifeEvent[] {
  return count === undefined ? events : events.slice(Math.max(0, events.length - count));
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/i;

function parseSince(text: string, now: Date): string {
  const length = parseDuration(text);
  if (length !== undefined) return new Date(now.getTime() - length).toISOString();
  const at = RFC_3339.test(text.trim()) ? new Date(text.trim()) : undefined;
  if (at && Number.isFinite(at.getTime())) return at.toISOString();
  throw new VncctlError('USAGE', `--since: "${text}" is neither ${DURATION_FORM} nor an RFC 3339 time`, { hint: 'like this: --since 2h, or --since 2030-01-31T18:00:00Z' });
}

function parseCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new VncctlError('USAGE', `--tail: "${text}" is no number of events`, { hint: 'like this: -n 20' });
}
