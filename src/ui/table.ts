// Tables and lists of fields. In a pipe: aligned text, nothing cut, no colour. On a terminal: fitted to its width. The only
// importer of cli-table3, which is loaded for a terminal only.
import { paint } from './paint.ts';
import { isTerminal, type Streams, widthOf } from './streams.ts';
import { cut, harmless, pad, widthOfText } from './text.ts';

export interface Column {
  heading: string;
  /** Numbers: aligned to the right. */
  right?: boolean;
  /** May be cut when the terminal is too narrow. */
  shrinks?: boolean;
  /** May be left out when cutting is not enough; the highest number goes first. */
  drops?: number;
}

export interface Table {
  /** Whether the headings are printed. */
  headers: boolean;
  columns: readonly Column[];
  rows: readonly (readonly string[])[];
}

/** A table made ready for a width: which columns, how wide each, and how many spaces between them. */
export interface Layout {
  columns: readonly { index: number; width: number }[];
  gap: number;
}

const WIDE_GAP = 2;
const NARROWEST = 8;

/** Prints a table to stdout; without rows, its headings. */
export async function writeTable(io: Streams, table: Table): Promise<void> {
  const clean = { ...table, rows: table.rows.map((row) => row.map(harmless)) };
  const text = isTerminal(io.stdout) ? await renderForTerminal(io, clean) : renderPlain(clean);
  if (text !== '') io.stdout.write(`${text}\n`);
}

/** Prints labels and values under each other to stdout; undefined values are left out. Not cut: a value may be wanted whole. */
export function writeFields(io: Streams, fields: readonly (readonly [label: string, value: string | undefined])[]): void {
  const shown = fields.flatMap(([label, value]) => (value === undefined ? [] : [[label, value] as const]));
  const width = Math.max(0, ...shown.map(([label]) => widthOfText(label)));
  for (const [label, value] of shown) io.stdout.write(`${pad(label, width + WIDE_GAP)}${harmless(value)}`.trimEnd() + '\n');
}

/** Fits a table to `width` cells: first closer columns, then cut ones, then fewer. What still does not fit is left to wrap. */
export function layOut(table: Table, width: number): Layout {
  let columns = table.columns.map((column, index) => ({ index, width: naturalWidth(table, column, index) }));
  for (;;) {
    for (const gap of [WIDE_GAP, 1]) if (total(columns, gap) <= width) return { columns, gap };
    const cutColumns = shrink(table, columns, total(columns, WIDE_GAP) - width);
    if (total(cutColumns, WIDE_GAP) <= width) return { columns: cutColumns, gap: WIDE_GAP };
    const [next] = columns.filter(({ index }) => table.columns[index]?.drops !== undefined).sort((a, b) => dropsOf(table, b.index) - dropsOf(table, a.index));
    if (!next) return { columns: cutColumns, gap: WIDE_GAP };
    columns = columns.filter((column) => column !== next);
  }
}

function renderPlain(table: Table): string {
  return render(table, layOut(table, Number.POSITIVE_INFINITY));
}

function render(table: Table, { columns, gap }: Layout): string {
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ index, width }) => pad(cells[index] ?? '', width, table.columns[index]?.right))
      .join(' '.repeat(gap))
      .trimEnd();
  const headings = table.headers ? [table.columns.map(({ heading }) => heading)] : [];
  return [...headings, ...table.rows].map(line).join('\n');
}

async function renderForTerminal(io: Streams, table: Table): Promise<string> {
  const { columns, gap } = layOut(table, widthOf(io.stdout, io.env));
  const { default: CliTable } = await import('cli-table3');
  const headings = await Promise.all(columns.map(({ index, width }) => paint(io, 'bold', cut(table.columns[index]?.heading ?? '', width))));
  const grid = new CliTable({
    ...(table.headers ? { head: headings } : {}),
    chars: NO_BORDERS,
    // Its own colours ignore what was decided about colour.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': gap },
    colWidths: columns.map(({ width }) => width + gap),
    colAligns: columns.map(({ index }) => (table.columns[index]?.right ? 'right' : 'left')),
  });
  for (const row of table.rows) grid.push(columns.map(({ index, width }) => cut(row[index] ?? '', width)));
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const NO_BORDERS = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'].map((place) => [place, '']),
);

function naturalWidth(table: Table, { heading }: Column, index: number): number {
  return Math.max(table.headers ? widthOfText(heading) : 0, ...table.rows.map((row) => widthOfText(row[index] ?? '')));
}

function total(columns: Layout['columns'], gap: number): number {
  return columns.reduce((sum, { width }) => sum + width, gap * Math.max(0, columns.length - 1));
}

/** Takes `excess` cells from the columns that shrink, the widest first, none below eight. */
function shrink(table: Table, columns: Layout['columns'], excess: number): { index: number; width: number }[] {
  const result = columns.map((column) => ({ ...column }));
  for (let left = excess; left > 0; left--) {
    const [widest] = result.filter(({ index, width }) => table.columns[index]?.shrinks && width > NARROWEST).sort((a, b) => b.width - a.width);
    if (!widest) break;
    widest.width--;
  }
  return result;
}

function dropsOf(table: Table, index: number): number {
  return table.columns[index]?.drops ?? 0;
}
