// What the page makes of the answers: names as they are shown, what a search finds, what has really changed. Pure.
import type { DesktopFigures, DesktopRow, Status } from './answers.ts';

/** A client as a person writes it; the middle of it hidden unless `shown`. A masked one of the server stays as it is. */
export function clientText(client: string | null, shown: boolean): string {
  if (client === null) return '?';
  if (client.includes('*')) return client;
  if (!/^\d{11}$/.test(client)) return shown || client.length <= 4 ? client : `${client.slice(0, 2)}${'*'.repeat(client.length - 4)}${client.slice(-2)}`;
  const [first, second, third, check] = [client.slice(0, 3), client.slice(3, 6), client.slice(6, 9), client.slice(9)];
  return shown ? `${first}.${second}.${third}-${check}` : `${first}.***.***-${check}`;
}

/** The rows that a search and a status leave; the search looks at clients in any spelling, ids, and images. */
export function findRows(rows: readonly DesktopRow[], search: string, status: Status | 'all'): DesktopRow[] {
  const word = search.trim().toLowerCase();
  const digits = /^[\d.\-/ ]+$/.test(word) ? word.replaceAll(/\D/g, '') : '';
  const matches = ({ id, client, image }: DesktopRow): boolean =>
    word === '' || id.includes(word) || image.toLowerCase().includes(word) || client?.toLowerCase().includes(word) === true || (digits !== '' && client?.includes(digits) === true);
  return rows.filter((row) => (status === 'all' || row.status === status) && matches(row));
}

/** How many there are of each status. */
export function countByStatus(rows: readonly DesktopRow[]): Partial<Record<Status, number>> {
  const counts: Partial<Record<Status, number>> = {};
  for (const { status } of rows) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** The new entries, each the very object it was where nothing about it is new: what hasn't changed is not drawn again. */
export function keepEqual<T extends { id: string }>(before: readonly T[], next: readonly T[]): T[] {
  const known = new Map(before.map((entry) => [entry.id, entry]));
  return next.map((entry) => {
    const old = known.get(entry.id);
    return old && JSON.stringify(old) === JSON.stringify(entry) ? old : entry;
  });
}

/** Figures of one desktop over time, oldest first; null where one is missing. */
export interface History {
  cpus: readonly (number | null)[];
  memory: readonly (number | null)[];
}

const POINTS = 30;

/** The histories with one more reading; those that are gone are left out. */
export function addFigures(histories: ReadonlyMap<string, History>, figures: readonly DesktopFigures[]): Map<string, History> {
  return new Map(
    figures.map(({ id, cpus, memoryBytes }) => {
      const { cpus: before = [], memory = [] } = histories.get(id) ?? {};
      return [id, { cpus: [...before, cpus].slice(-POINTS), memory: [...memory, memoryBytes].slice(-POINTS) }];
    }),
  );
}

/** The points of a small graph in a box, for an SVG polyline: `most` is at its top, the newest at its right. */
export function sparkline(values: readonly (number | null)[], most: number, { width, height }: { width: number; height: number }): string {
  const step = width / (POINTS - 1);
  return values
    .map((value, index) => ({ value, x: width - (values.length - 1 - index) * step }))
    .flatMap(({ value, x }) => (value === null ? [] : [`${round(x)},${round(height - Math.min(1, value / most) * height)}`]))
    .join(' ');
}

const round = (value: number): number => Math.round(value * 10) / 10;
