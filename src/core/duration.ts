// Lengths of time as people type and read them: `1h30m`, `15s`, `500ms`. Owns parsing and spelling; what a length is for is said where it is used.

/** A length of time in milliseconds, made by `parseDuration` or `milliseconds`. */
export type Milliseconds = number & { readonly __brand: 'Milliseconds' };

/** What a duration looks like, to complete "… is not ". */
export const DURATION_FORM = 'a duration like 500ms, 15s, 30m or 1h30m';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

const LONGEST_MS = 10 * 365 * 86_400_000;

/** Marks a number as milliseconds. */
export function milliseconds(value: number): Milliseconds {
  return value as Milliseconds;
}

/** Parses units in falling order (`d h m s ms`), fractions allowed. Undefined for anything else, a bare number included: its unit would be a guess. */
export function parseDuration(text: string): Milliseconds | undefined {
  const form = /^(?:([\d.]+)d)?(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?(?:([\d.]+)ms)?$/;
  const match = form.exec(text.trim().toLowerCase());
  if (!match || match[0] === '') return undefined;
  let total = 0;
  for (const [index, [, unitMs]] of UNITS.entries()) {
    const amount = match[index + 1];
    if (amount === undefined) continue;
    if (!/^\d+(\.\d+)?$/.test(amount)) return undefined;
    total += Number(amount) * unitMs;
  }
  return total <= LONGEST_MS ? milliseconds(Math.round(total)) : undefined;
}

/** The shortest spelling that `parseDuration` reads back: `5400000` is `1h30m`, `0` is `0s`. */
export function formatDuration(duration: number): string {
  let rest = Math.round(duration);
  if (rest <= 0) return '0s';
  let text = '';
  for (const [unit, unitMs] of UNITS) {
    const amount = Math.floor(rest / unitMs);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * unitMs;
  }
  return text;
}

/** How long something may last: a length, or `never` for no end. */
export type DurationLimit = Milliseconds | 'never';

/** What a limit looks like, to complete "… is not ". */
export const LIMIT_FORM = `${DURATION_FORM}, or never`;

/** Parses a duration, or `0`, `off` and `never` for no end: nought never means "at once". Undefined for anything else. */
export function parseLimit(text: string): DurationLimit | undefined {
  const word = text.trim().toLowerCase();
  if (word === '0' || word === 'off' || word === 'never') return 'never';
  const length = parseDuration(word);
  return length === 0 ? 'never' : length;
}

/** A limit as `parseLimit` reads it back. */
export function formatLimit(limit: DurationLimit): string {
  return limit === 'never' ? limit : formatDuration(limit);
}
