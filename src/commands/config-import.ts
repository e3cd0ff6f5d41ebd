// `vncctl config import`: the environment file of an ancestor, read into the user's own settings. Shows first what of it is understood.
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { VncctlError } from '../errors.ts';
import { definitionOf, readSettings, type ResolvedSetting, type SettingName, settingsOf } from '../settings.ts';
import { writeJson } from '../ui/json.ts';
import { confirm } from '../ui/prompt.ts';
import { writeTable } from '../ui/table.ts';
import type { CommandContext } from './context.ts';

export interface ImportFlags {
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

interface Imported {
  name: SettingName;
  /** As it is spelled here. */
  text: string;
  variable: string;
}

/** Kept where it is, for a reason. */
const LEFT_OUT: Readonly<Partial<Record<SettingName, string>>> = { stateFile: 'what it holds is the ancestor\'s own' };

export async function importSettings({ app, io, signal }: CommandContext, file: string, flags: ImportFlags): Promise<void> {
  const text = readEnvironment(file);
  // Over what is there already: the two have to go together.
  const reading = readSettings({ env: {}, project: { file, text, whole: true }, user: app().reading.user });
  const found = reading.settings.flatMap((setting) => (setting.origin.kind === 'project' ? [{ ...setting, variable: setting.origin.variable }] : []));
  // Everything that is wrong, at once.
  settingsOf({ settings: found });
  const [taken, left] = divide(found);
  const used = new Set(found.map(({ variable }) => variable));
  const unknown = Object.keys(parseEnv(text)).filter((variable) => !used.has(variable));
  for (const { variable, name } of left) io.stderr.write(`note: ${variable} is left out: ${LEFT_OUT[name]}\n`);
  if (unknown.length > 0) io.stderr.write(`note: not understood, and left out: ${unknown.join(', ')}\n`);
  await show({ io }, taken, { left, unknown }, flags);
  if (flags.dryRun || taken.length === 0) return;
  if (!flags.yes) {
    const count = taken.length === 1 ? 'this setting' : `these ${taken.length} settings`;
    const yes = await confirm(io, `Write ${count} into ${app().paths.userFile}?`, { refusal: `${count} would be written: this needs a yes`, hint: `vncctl config import ${file} --yes`, signal });
    if (!yes) throw new VncctlError('INTERRUPTED', 'nothing was written');
  }
  for (const { name, value } of taken.map(stored)) await app().changeSetting(name, value);
}

function readEnvironment(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new VncctlError('USAGE', `can't read ${file}: ${(error as Error).message}`, { hint: 'name the .env file of the ancestor: vncctl config import /path/to/.env', cause: error });
  }
}

function divide(found: readonly (ResolvedSetting & { variable: string })[]): [Imported[], Imported[]] {
  // The page in the older spelling of the program is told by that setting already.
  const own = found.filter(({ name, variable }) => name !== 'url' || !found.some((other) => other.name === 'app' && other.variable === variable));
  return [own.filter(({ name }) => LEFT_OUT[name] === undefined), own.filter(({ name }) => LEFT_OUT[name] !== undefined)];
}

/** As the user's file holds it. */
function stored({ name, text }: Imported): { name: SettingName; value: string | number | boolean } {
  const { type } = definitionOf(name);
  return { name, value: type.json === 'text' ? text : (type.read(text) as number | boolean) };
}

async function show({ io }: Pick<CommandContext, 'io'>, taken: readonly Imported[], { left, unknown }: { left: readonly Imported[]; unknown: readonly string[] }, flags: ImportFlags): Promise<void> {
  if (flags.json) writeJson(io, { settings: taken.map(({ name, text, variable }) => ({ name, value: stored({ name, text, variable }).value, variable })), left: left.map(({ variable }) => variable), unknown });
  else await writeTable(io, { headers: true, columns: [{ heading: 'SETTING' }, { heading: 'VALUE', shrinks: true }, { heading: 'FROM' }], rows: taken.map(({ name, text, variable }) => [name, text, variable]) });
}
