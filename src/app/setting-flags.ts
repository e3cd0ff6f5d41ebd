// The program's own flags that are settings too, as commander gives them.
import { isSettingName, type SettingName } from '../settings.ts';

/** Only what was typed. */
export function settingFlags(flags: Readonly<Record<string, unknown>>): Partial<Record<SettingName, string>> {
  const typed: Partial<Record<SettingName, string>> = {};
  for (const [name, value] of Object.entries(flags)) {
    // `host` is the engine's address as a flag and the links' host name as a setting.
    if (name !== 'host' && isSettingName(name) && typeof value === 'string') typed[name] = value;
  }
  if (flags['color'] === false) typed.color = 'never';
  return typed;
}
