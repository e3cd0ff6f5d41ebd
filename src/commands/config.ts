// `vncctl config`: the settings, where each comes from, and changing the user's own. Works with settings that are wrong: it is
// where they are mended.
import type { Command } from 'commander';
import { settingRow, type SettingRow } from '../core/setting-facts.ts';
import { describeOrigin, type UserFile } from '../core/setting-layers.ts';
import { VncctlError } from '../errors.ts';
import { checkChange, definitionOf, getSettingName, type ResolvedSetting, settingsOf } from '../settings.ts';
import { writeJson } from '../ui/json.ts';
import { writeTable } from '../ui/table.ts';
import { type ImportFlags, importSettings } from './config-import.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

export function define(command: Command, context: CommandContext): void {
  command.description('Read and change the settings. Strongest first: flags, environment, .env of the project, your file, defaults.');
  command
    .command('list')
    .alias('ls')
    .summary('list every setting, its value and where that comes from')
    .description('List every setting with its value and where that comes from.')
    .option('--json', 'print a JSON array')
    .action((flags: { json?: boolean }) => list(context, flags));
  command
    .command('get')
    .summary('print the value of one setting')
    .description('Print the value of one setting; nothing when it is not set.')
    .argument('<name>', 'name of a setting, like portMax')
    .option('--json', 'print value and origin as JSON')
    .action((name: string, flags: { json?: boolean }) => get(context, name, flags));
  command
    .command('set')
    .summary('set one of your settings')
    .description(withExamples('Set one of your settings; the value is checked first.', 'vncctl config set portMax 5100', 'vncctl config set url https://example.org'))
    .argument('<name>', 'name of a setting, like portMax')
    .argument('<value>', 'its new value')
    .action((name: string, value: string) => set(context, name, value));
  command
    .command('import')
    .summary('take over the environment file of an older system')
    .description(withExamples('Take over what is understood of the environment file (.env) of one of the systems that vncctl descends from. Shows it first.', 'vncctl config import /opt/docker-orchestrator/.env', 'vncctl config import .env --dry-run'))
    .argument('<file>', 'the environment file')
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'print what would be written')
    .option('--json', 'print it as JSON')
    .action((file: string, flags: ImportFlags) => importSettings(context, file, flags));
  command
    .command('unset')
    .summary('take settings back to what they are without your file')
    .description('Take settings back to what they are without your file.')
    .argument('<name...>', 'names of settings')
    .action((names: string[]) => unset(context, names));
  command
    .command('path')
    .summary('print where your settings are kept')
    .description('Print the file of your settings; with --json also the folders of catalog, state and cache, and the socket on which the daemon answers.')
    .option('--socket', "print the daemon's Unix socket instead")
    .option('--json', 'print it as JSON')
    .action((flags: { socket?: boolean; json?: boolean }) => path(context, flags));
}

async function list(context: CommandContext, flags: { json?: boolean }): Promise<void> {
  const { settings, warnings } = context.app().reading;
  for (const warning of warnings) context.io.stderr.write(`warning: ${warning}\n`);
  if (flags.json) writeJson(context.io, settings.map(describe));
  else {
    await writeTable(context.io, {
      headers: true,
      columns: [{ heading: 'NAME' }, { heading: 'VALUE', shrinks: true }, { heading: 'ORIGIN', shrinks: true }],
      rows: settings.map(({ name, text, origin }) => [name, text === '' ? '-' : text, describeOrigin(origin)]),
    });
  }
  complain(settings);
}

function get(context: CommandContext, typed: string, flags: { json?: boolean }): void {
  const setting = getResolved(context, typed);
  if (flags.json) writeJson(context.io, describe(setting));
  else if (setting.text !== '') context.io.stdout.write(`${setting.text}\n`);
  complain([setting]);
}

async function set(context: CommandContext, typed: string, value: string): Promise<void> {
  const name = getSettingName(typed);
  if (value.trim() === '') throw new VncctlError('BAD_SETTING', `${name}: no value was given`, { hint: `to take it back to its default: vncctl config unset ${name}` });
  const app = context.app();
  await app.changeSetting(name, checkChange(name, value.trim(), userFileOf(context)));
  const { origin } = getResolved(context, name);
  if (origin.kind === 'flag' || origin.kind === 'environment' || origin.kind === 'project') {
    context.io.stderr.write(`note: ${describeOrigin(origin)} sets ${name} too and goes first\n`);
  }
}

async function unset(context: CommandContext, typed: readonly string[]): Promise<void> {
  const app = context.app();
  // A key that vncctl does not know can only be taken out of the file by its very name.
  const present = new Set(Object.keys(userFileOf(context).values));
  const names = typed.map((word) => (present.has(word) ? word : getSettingName(word)));
  for (const name of names) await app.changeSetting(name, undefined);
}

function path({ app, io }: CommandContext, flags: { socket?: boolean; json?: boolean }): void {
  const { userFile, catalog, state, cache } = app().paths;
  if (flags.json) writeJson(io, { settings: userFile, catalog, state, cache, socket: app().socket });
  else io.stdout.write(`${flags.socket ? app().socket : userFile}\n`);
}

function userFileOf(context: CommandContext): UserFile {
  const { reading, paths } = context.app();
  return reading.user ?? { file: paths.userFile, values: {} };
}

function getResolved(context: CommandContext, typed: string): ResolvedSetting {
  const name = getSettingName(typed);
  const found = context.app().reading.settings.find((setting) => setting.name === name);
  if (!found) throw new VncctlError('BUG', `the setting ${name} was not read`);
  return found;
}

const describe = (setting: ResolvedSetting): SettingRow => settingRow(setting, definitionOf(setting.name).about);

/** After the result was printed: the settings that are wrong, as the failure they are for every other verb. */
function complain(settings: readonly ResolvedSetting[]): void {
  if (settings.some(({ fault }) => fault !== undefined)) settingsOf({ settings });
}
