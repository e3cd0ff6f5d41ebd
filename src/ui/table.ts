// Tables and field lists. In a pipe: plain aligned text, nothing cut. On a terminal: through cli-table3, without a box, and
// cut to the width in the columns that may shrink. cli-table3 is loaded only there.
import { type Io, usesColor, widthOf } from './io.ts';
import { paint } from './paint.ts';

export interface Column {
  heading: string;
  /** Gives way when the terminal is too narrow. */
  shrinks?: boolean;
  /** Numbers read better aligned to the right. */
  right?: boolean;
}

export interface Table {
  columns: readonly Column[];
  rows: readonly (readonly string[])[];
  headers: boolean;
}

const GAP = 2;
const NARROWEST = 8;

/** Writes the table to stdout; without rows, the headings alone. */
export async function writeTable(io: Io, table: Table): Promise<void> {
  const terminal = io.stdout.isTTY === true;
  const widths = table.columns.map((column, index) => Math.max(table.headers ? column.heading.length : 0, ...table.rows.map((row) => (row[index] ?? '').length)));
  if (terminal) shrink(widths, table.columns, widthOf(io.stdout));
  const rows = table.rows.map((row) => row.map((cell, index) => cut(cell, widths[index] ?? cell.length)));
  const lines = terminal ? await terminalLines(io, table, rows) : plainLines(table, rows, widths);
  for (const line of lines) io.stdout.write(`${line.trimEnd()}\n`);
}

/** Writes name and value pairs, one a line; those without a value are left out. */
export function writeFields({ stdout }: Io, fields: readonly (readonly [name: string, value: string | undefined])[]): void {
  const shown = fields.filter(([, value]) => value !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  for (const [name, value] of shown) stdout.write(`${`${name}:`.padEnd(width + 1 + GAP)}${value}\n`);
}

function plainLines({ columns, headers }: Table, rows: readonly (readonly string[])[], widths: readonly number[]): string[] {
  const line = (cells: readonly string[]): string =>
    cells.map((cell, index) => (columns[index]?.right ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0))).join(' '.repeat(GAP));
  return [...(headers ? [line(columns.map(({ heading }) => heading))] : []), ...rows.map(line)];
}

async function terminalLines(io: Io, { columns, headers }: Table, rows: readonly (readonly string[])[]): Promise<string[]> {
  const { default: CliTable } = await import('cli-table3');
  const none = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: ' '.repeat(GAP) };
  const bold = usesColor(io, io.stdout);
  const table = new CliTable({
    chars: none,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: columns.map(({ right }) => (right ? 'right' : 'left')),
    head: headers ? await Promise.all(columns.map(({ heading }) => (bold ? paint(io, 'bold', heading) : heading))) : [],
  });
  table.push(...rows.map((row) => [...row]));
  return rows.length === 0 && !headers ? [] : table.toString().split('\n');
}

function shrink(widths: number[], columns: readonly Column[], available: number): void {
  const total = (): number => widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);
  for (const [index, column] of columns.entries()) {
    if (!column.shrinks) continue;
    const excess = total() - available;
    if (excess > 0) widths[index] = Math.max(NARROWEST, (widths[index] ?? 0) - excess);
  }
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
