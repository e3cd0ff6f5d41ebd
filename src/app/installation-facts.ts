// What decides how a process gives out desktops: version, places, settings, engine, catalog. Two processes in which all of it is
// equal would do the same, so that one can do it for the other.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../app.ts';
import { LEASE_FIELDS } from '../core/lease.ts';
import { describeOrigin } from '../core/setting-layers.ts';
import { SETTING_NAMES, type SettingName } from '../settings.ts';
import { stateFileOf } from '../store/paths.ts';

/** Each by its name, in a form that can be compared. */
export type InstallationFacts = Readonly<Record<string, string>>;

/** What takes effect only when the daemon starts: it holds on to them. */
export const AT_START: readonly SettingName[] = ['instance', 'engine', 'engineDeadline', 'stateFile', 'listen', 'auth', 'dialects', 'tlsCert', 'tlsKey', 'connectTimeout', 'viewerTimeout', 'pingInterval', 'maxViewers', 'drain', 'logFormat', 'naming'];

/** What `up` doesn't ask: how things are printed, which ids are taken (that was decided where one was typed), and what only the daemon's loop and gateway do. */
const NOT_ASKED: readonly SettingName[] = [
  ...(['color', 'mask', 'clientIds', 'parallel', 'logFormat', 'hook', 'hookTimeout', 'sweepInterval', 'warnBefore', 'pauseDirect'] as const),
  ...(['listen', 'auth', 'corsOrigins', 'dialects', 'trustedProxies', 'tlsCert', 'tlsKey', 'connectTimeout', 'viewerTimeout', 'pingInterval', 'maxViewers', 'drain'] as const),
];
/** Told by what they lead to. */
const FOLLOWED: readonly SettingName[] = ['engine', 'stateFile'];

/** All facts but the engine. `catalog` is the user's folder as it was when its entries were read: see `catalogVersion`. */
export function factsOf({ version, root, paths, reading, settings }: Pick<App, 'version' | 'root' | 'paths' | 'reading' | 'settings'>, catalog: string): InstallationFacts {
  const facts: Record<string, string> = {
    version,
    build: `${root} ${versionOf(join(root, 'dist/start.js'))}`,
    files: [paths.config, paths.state, stateFileOf(paths, settings.instance, settings.stateFile)].join(' '),
    catalog,
  };
  for (const name of SETTING_NAMES) {
    if (NOT_ASKED.includes(name) || FOLLOWED.includes(name)) continue;
    const setting = reading.settings.find((one) => one.name === name);
    // Of a lease it is told where each length comes from.
    const from = setting && LEASE_FIELDS.some((field) => field === name) ? ` (${describeOrigin(setting.origin)})` : '';
    facts[name] = `${setting?.text ?? ''}${from}`;
  }
  return facts;
}

/** What changes whenever an entry of the user's catalog does. */
export function catalogVersion(folder: string): string {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => `${name} ${versionOf(join(folder, name))}`)
      .join('\n');
  } catch {
    return '';
  }
}

/** Those that stay as they are as long as a process runs, also when its settings are read anew. */
export function heldFacts(facts: InstallationFacts): InstallationFacts {
  const held = ['version', 'build', 'files', ...AT_START];
  return Object.fromEntries(Object.entries(facts).filter(([name]) => held.includes(name)));
}

/** Names of the facts that are not equal. */
export function differingFacts(ours: InstallationFacts, theirs: Readonly<Record<string, unknown>>): string[] {
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].filter((name) => ours[name] !== theirs[name]);
}

function versionOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.size}:${found.mtimeMs}` : '';
}
