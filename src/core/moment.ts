// Moments as people type and read them: `18:00`, the next time the clock shows it, or RFC 3339. Local times are this machine's.

/** What a moment looks like, to complete "… is not ". */
export const MOMENT_FORM = 'a time like 18:00 or 2030-01-31T18:00:00Z';

const TIME_OF_DAY = /^(\d{1,2}):(\d{2})$/;
const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** Parses a moment; a time of day is the next such moment after `now`. Undefined for anything else. */
export function parseMoment(text: string, now: Date): Date | undefined {
  const typed = text.trim();
  const [, hours, minutes] = TIME_OF_DAY.exec(typed) ?? [];
  return hours === undefined || minutes === undefined ? parseRfc3339(typed) : nextTimeOfDay(Number(hours), Number(minutes), now);
}

function nextTimeOfDay(hours: number, minutes: number, now: Date): Date | undefined {
  if (hours > 23 || minutes > 59) return undefined;
  const on = (day: number): Date => new Date(now.getFullYear(), now.getMonth(), day, hours, minutes);
  const today = on(now.getDate());
  return today > now ? today : on(now.getDate() + 1);
}

function parseRfc3339(text: string): Date | undefined {
  const [, year, month, day] = RFC_3339.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  // Some days that no month has are taken for days of the next one.
  const isDay = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
  const at = new Date(text.toUpperCase().replace(' ', 'T'));
  return isDay && Number.isFinite(at.getTime()) ? at : undefined;
}
