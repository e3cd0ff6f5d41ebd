// The values of a catalog entry, each read with what a fault of it says. A value that is absent gives what stands for it.
import type { CatalogFault } from './catalog.ts';
import { DURATION_FORM, parseDuration } from './duration.ts';
import { didYouMean } from './nearest.ts';
import { BYTES_FORM, formatBytes, parseBytes } from './size.ts';

type Path = CatalogFault['path'];

/** The value as names with values; undefined with a fault where it is something else. */
export function objectAt(value: unknown, path: Path, faults: CatalogFault[]): Record<string, unknown> | undefined {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  faults.push({ path, message: 'names with values are expected' });
  return undefined;
}

/** A fault for each name that is not one of these. */
export function onlyKnown(fields: Readonly<Record<string, unknown>>, known: readonly string[], path: Path, faults: CatalogFault[]): void {
  for (const name of Object.keys(fields)) {
    if (!known.includes(name)) faults.push({ path: [...path, name], message: `unknown field${didYouMean(name, known)}` });
  }
}

/** One line of text, without space around it. */
export function lineAt(value: unknown, path: Path, faults: CatalogFault[]): string {
  if (typeof value === 'string' && value.trim() !== '' && !/[\n\r]/.test(value.trim())) return value.trim();
  faults.push({ path, message: value === undefined ? 'it is missing: one line of text' : 'one line of text is expected' });
  return '';
}

/** An absolute path of an address. */
export function pathAt(value: unknown, path: Path, fallback: string, faults: CatalogFault[]): string {
  if (value === undefined) return fallback;
  if (typeof value === 'string' && /^\/[^\s#]*$/.test(value)) return value;
  faults.push({ path, message: 'a path that begins with / is expected' });
  return fallback;
}

/** A whole number within these bounds. */
export function wholeAt(value: unknown, path: Path, { min, max, fallback }: { min: number; max: number; fallback: number }, faults: CatalogFault[]): number {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  faults.push({ path, message: `a whole number from ${min} to ${max} is expected` });
  return fallback;
}

/** A number of bytes, `least` at least. */
export function bytesAt(value: unknown, path: Path, fallback: number, faults: CatalogFault[], least = 1): number {
  if (value === undefined) return fallback;
  const bytes = typeof value === 'string' || typeof value === 'number' ? parseBytes(String(value)) : undefined;
  if (bytes === undefined) faults.push({ path, message: `${BYTES_FORM} is expected` });
  else if (bytes < least) faults.push({ path, message: `${formatBytes(least)} at least are expected` });
  return bytes ?? fallback;
}

/** A duration in whole seconds, one at least. */
export function secondsAt(value: unknown, path: Path, fallback: number, faults: CatalogFault[]): number {
  if (value === undefined) return fallback;
  const duration = typeof value === 'string' ? parseDuration(value) : undefined;
  if (duration !== undefined && duration >= 1000) return Math.round(duration / 1000);
  faults.push({ path, message: `${DURATION_FORM} is expected, a second at least` });
  return fallback;
}
