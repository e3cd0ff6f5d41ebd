// `vncctl ls`: every desktop of the instance, one a line.
import type { Command } from 'commander';
import { formatClientId } from '../core/client-id.ts';
import { desktopRow, type DesktopRow, maskRow } from '../core/desktop-row.ts';
import { listWithState } from '../core/list.ts';
import { nearest } from '../core/nearest.ts';
import { VncctlError } from '../errors.ts';
import { parseFormat } from '../ui/format.ts';
import { writeJson } from '../ui/json.ts';
import { writeTable } from '../ui/table.ts';
import { relativeTime } from '../ui/time.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

interface LsFlags {
  json?: boolean;
  quiet?: boolean;
  format?: string;
  filter?: string[];
  headers: boolean;
  direct?: boolean;
  mask?: boolean;
}

const FIELDS: Readonly<Record<string, keyof DesktopRow>> = {
  Client: 'client',
  Status: 'status',
  Image: 'image',
  Url: 'url',
  Created: 'createdAt',
  LastUsed: 'lastUsedAt',
  Expires: 'expiresAt',
  Why: 'why',
  Id: 'id',
  Container: 'container',
  Port: 'hostPort',
};
const FILTERS = ['client', 'status', 'image', 'id', 'port'] as const;

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        'List the desktops. The URL is the address of the page, at the daemon while it runs; the link that opens it comes from: vncctl open <client>',
        'vncctl ls',
        'vncctl ls -q --filter status=stopped | xargs vncctl rm',
        "vncctl ls --format '{{.Client}} {{.Url}}'",
        "vncctl ls --json | jq -r '.[].client'",
      ),
    )
    .option('-q, --quiet', 'only the client ids, for xargs')
    .option('-f, --filter <key=value>', `only those that match: ${FILTERS.join(', ')}; may be repeated`, (value: string, before: string[] = []) => [...before, value])
    .option('--format <template>', `one line for each, like '{{.Client}} {{.Url}}', or the word json; fields: ${Object.keys(FIELDS).join(', ')}`)
    .option('--direct', "the addresses of the desktops' own ports, also while the daemon runs")
    .option('--no-headers', 'leave the headings out')
    .option('--mask', 'hide the middle of client ids')
    .option('--json', 'print a JSON array; times are RFC 3339')
    .action((flags: LsFlags) => run(context, flags));
}

async function run(context: CommandContext, flags: LsFlags): Promise<void> {
  const { io } = context;
  const filters = (flags.filter ?? []).map(parseFilter);
  // Before the engine is asked: a typo is told of an empty list too.
  const format = flags.format === undefined || flags.format === 'json' ? undefined : parseFormat(flags.format, Object.keys(FIELDS));
  const app = context.app();
  const desktops = await app.desktops();
  const { desktops: all, state } = await listWithState(desktops, { signal: context.signal });
  const found = all.map((desktop) => desktopRow(desktops, desktop, state, flags.direct === true)).filter((row) => filters.every((matches) => matches(row)));
  const rows = (flags.mask ?? app.settings.mask) ? found.map(maskRow) : found;
  if (flags.quiet) {
    for (const row of rows) io.stdout.write(`${row.client === null ? row.id : formatClientId(row.client)}\n`);
  } else if (flags.json || flags.format === 'json') {
    writeJson(io, rows);
  } else if (format) {
    for (const row of rows) io.stdout.write(`${format(Object.fromEntries(Object.entries(FIELDS).map(([field, key]) => [field, row[key]])))}\n`);
  } else {
    const now = app.clock.now();
    await writeTable(io, {
      headers: flags.headers,
      columns: [
        { heading: 'CLIENT' },
        { heading: 'STATUS' },
        { heading: 'IMAGE', shrinks: true },
        { heading: 'URL', drops: 0 },
        { heading: 'CREATED', drops: 2 },
        { heading: 'LAST USED', drops: 1 },
        { heading: 'EXPIRES' },
        { heading: 'WHY' },
      ],
      rows: rows.map((row) => [
        row.client === null ? `(${row.id})` : formatClientId(row.client),
        row.status,
        row.image,
        row.url ?? '-',
        relativeTime(row.createdAt, now),
        row.lastUsedAt === null ? 'unknown' : relativeTime(row.lastUsedAt, now),
        row.expiresAt === null ? '-' : relativeTime(row.expiresAt, now),
        row.why,
      ]),
    });
  }
}

function parseFilter(text: string): (row: DesktopRow) => boolean {
  const [key = '', value] = text.split(/=(.*)/s);
  if (value === undefined) throw new VncctlError('USAGE', `--filter takes key=value, not "${text}"`, { hint: `keys: ${FILTERS.join(', ')}` });
  switch (key) {
    case 'client': {
      const digits = value.replace(/\D/g, '');
      return (row) => row.client === value || (digits.length === 11 && row.client === digits);
    }
    case 'status':
    case 'image':
    case 'id':
      return (row) => row[key] === value;
    case 'port':
      return (row) => String(row.hostPort) === value;
    default: {
      const close = nearest(key, FILTERS);
      throw new VncctlError('USAGE', `there is no filter "${key}"`, { hint: close ? `did you mean ${close}?` : `keys: ${FILTERS.join(', ')}` });
    }
  }
}
