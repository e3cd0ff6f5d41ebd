// One setting as the command line and the API show it.

/** `value` is null where nothing is set; with a `fault` it is as it was typed. */
export interface SettingRow {
  name: string;
  value: unknown;
  /** What kind of place it comes from, and which, in words. */
  kind: string;
  origin: string;
  about: string;
  fault?: string;
}

/** A row, with where it comes from and what it is about in words. */
export function settingRow({ name, text, value, origin, fault }: { name: string; text: string; value: unknown; origin: { kind: string }; fault?: string }, words: { origin: string; about: string }): SettingRow {
  return { name, value: fault === undefined ? (value ?? null) : text, kind: origin.kind, ...words, ...(fault === undefined ? {} : { fault }) };
}

/** The settings whose values may hold a secret: they stand in no log line, and are told to an admin only. */
export const UNSPOKEN: readonly string[] = ['hook', 'url', 'app'];
