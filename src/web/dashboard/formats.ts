// Times and sizes as a person reads them in their language. Pure: the moment comes as an argument.

export interface Formats {
  /** `in 14 minutes`, `2 minutes ago`. */
  relative(at: string, now: number): string;
  /** The time of day, and the day where it is not today's. */
  moment(at: string, now: number): string;
  bytes(bytes: number): string;
  /** A share of processors in per cent of one. */
  share(cpus: number): string;
  number(value: number): string;
}

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** Those of a language. */
export function formatsFor(language: string): Formats {
  const relative = new Intl.RelativeTimeFormat(language, { style: 'short', numeric: 'always' });
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'medium' });
  const dayAndTime = new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'medium' });
  const percent = new Intl.NumberFormat(language, { style: 'percent' });
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  return {
    relative(at, now) {
      const seconds = Math.round((Date.parse(at) - now) / 1000);
      for (const [unit, length] of UNITS) if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
      return relative.format(seconds, 'second');
    },
    moment(at, now) {
      const date = new Date(at);
      return (date.toDateString() === new Date(now).toDateString() ? time : dayAndTime).format(date);
    },
    bytes(bytes) {
      const mebibytes = bytes / 1024 ** 2;
      return mebibytes < 1000 ? `${number.format(Math.round(mebibytes))} MB` : `${number.format(mebibytes / 1024)} GB`;
    },
    share: (cpus) => percent.format(cpus),
    number: (value) => number.format(value),
  };
}
