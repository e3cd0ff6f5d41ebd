// A long list a page at a time. The cursor is the key of the last entry that was shown, so that what comes and goes in between
// neither repeats nor hides another.
import { VncctlError } from '../errors.ts';

/** The entries after the cursor, as many as the limit, and the cursor of the next page; null when nothing is left. `keyOf` gives keys in the order of the entries. USAGE for what is no cursor. */
export function pageOf<T>(entries: readonly T[], keyOf: (entry: T) => string, { limit, cursor }: { limit: number; cursor?: string | undefined }): { page: T[]; next: string | null } {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const start = after === undefined ? 0 : entries.findIndex((entry) => keyOf(entry) > after);
  const page = start === -1 ? [] : entries.slice(start, start + limit);
  const last = page.at(-1);
  const isLast = start === -1 || start + limit >= entries.length;
  return { page, next: isLast || last === undefined ? null : encodeCursor(keyOf(last)) };
}

/** The cursor behind the entry with that key. */
export function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url');
}

/** The key of the entry that a cursor stands behind. USAGE for what is no cursor. */
export function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url');
  if (key.toString('base64url') !== cursor) throw new VncctlError('USAGE', 'cursor: it is none of those that were answered as "next"', { hint: 'leave it out to begin anew' });
  return key.toString('utf8');
}
