// How single values of a catalog entry are read: each returns what an entry needs, and tells of a fault with its place. The entry as a
// whole is catalog-entry.ts.
import type { CatalogFault } from './catalog.ts';
import { DURATION_FORM, parseDuration } from './duration.ts';
import { didYouMean } from './nearest.ts';
import { BYTES_FORM, formatBytes, parseBytes } from './size.ts';

type Path = CatalogFault['path'];

/** A mapping; undefined with a fault for anything else. */
export function objectAt(value: unknown, path: Path, faults: CatalogFault[]): Record<string, unknown> | undefined {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  faults.push({ path, message: 'names with values are expected' });
  return undefined;
}

/** A fault for each name that is not known. */
export function onlyKnown(fields: Readonly<Record<string, unknown>>, known: readonly string[], path: Path, faults: CatalogFault[]): void {
  for (const name of Object.keys(fields)) {
    if (!known.includes(name)) faults.push({ path: [...path, name], message: `unknown field${didYouMean(name, known)}` });
  }
}

/** One line of text, trimmed; empty with a fault. */
export function lineAt(value: unknown, path: Path, faults: CatalogFault[]): string {
  if (typeof value === 'string' && value.trim() !== '' && !/[\n\r]/.test(value.trim())) return value.trim();
  faults.push({ path, message: value === undefined ? 'it is missing: one line of text' : 'one line of text is expected' });
  return '';
}

/** A path of an address; the fallback where nothing is said, or with a fault. */
export function pathAt(value: unknown, path: Path, fallback: string, faults: CatalogFault[]): string {
  if (value === undefined) return fallback;
  if (typeof value === 'string' && /^\/[^\s#]*$/.test(value)) return value;
  faults.push({ path, message: 'a path that begins with / is expected' });
  return fallback;
}

/** A whole number within its bounds; the fallback where nothing is said, or with a fault. */
export function wholeAt(value: unknown, path: Path, { min, max, fallback }: { min: number; max: number; fallback: number }, faults: CatalogFault[]): number {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  faults.push({ path, message: `a whole number from ${min} to ${max} is expected` });
  return fallback;
}

/** Bytes; the fallback where nothing is said, or with a fault. */
export function bytesAt(value: unknown, path: Path, fallback: number, faults: CatalogFault[], least = 1): number {
  if (value === undefined) return fallback;
  const bytes = typeof value === 'string' || typeof value === 'number' ? parseBytes(String(value)) : undefined;
  if (bytes === undefined) faults.push({ path, message: `${BYTES_FORM} is expected` });
  else if (bytes < least) faults.push({ path, message: `${formatBytes(least)} at least are expected` });
  return bytes ?? fallback;
}

/** Whole seconds of a length of time; the fallback where nothing is said, or with a fault. */
export function secondsAt(value: unknown, path: Path, fallback: number, faults: CatalogFault[]): number {
  if (value === undefined) return fallback;
  const duration = typeof value === 'string' ? parseDuration(value) : undefined;
  if (duration !== undefined && duration >= 1000) return Math.round(duration / 1000);
  faults.push({ path, message: `${DURATION_FORM} is expected, a second at least` });
  return fallback;
}
