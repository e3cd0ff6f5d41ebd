// One setting as the command line and the API show it.
import { describeOrigin, type Origin } from './setting-layers.ts';

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

/** A row; `about` is the sentence of the table. */
export function settingRow({ name, text, value, origin, fault }: { name: string; text: string; value: unknown; origin: Origin; fault?: string }, about: string): SettingRow {
  return { name, value: fault === undefined ? (value ?? null) : text, kind: origin.kind, origin: describeOrigin(origin), about, ...(fault === undefined ? {} : { fault }) };
}

/** The settings whose values may hold a secret: they stand in no log line, and are told to an admin only. */
export const UNSPOKEN: readonly string[] = ['hook', 'url', 'app'];
