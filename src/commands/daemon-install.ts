// `vncctl daemon install` and `vncctl daemon uninstall`: the daemon as a service of systemd. Gathers what the units say and tells
// what the service won't see; the texts are core/service-unit.ts, writing and starting them core/service-install.ts.
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { App } from '../app.ts';
import { type InstallReport, installService, uninstallService } from '../core/service-install.ts';
import { type DaemonService, engineUnitOf, isTemporary, renderUnits, type ServiceScope, serviceName } from '../core/service-unit.ts';
import { describeOrigin } from '../core/setting-layers.ts';
import { tlsFilesOf } from '../core/tls-files.ts';
import { VncctlError } from '../errors.ts';
import { settingsOf } from '../settings.ts';
import { writeJson } from '../ui/json.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

interface ScopeFlags {
  system?: boolean;
  user?: boolean;
  json?: boolean;
}

interface InstallFlags extends ScopeFlags {
  runAs?: string;
  print?: boolean;
}

// The daemon's own end, and some time to spare.
const BESIDE_VIEWERS_MS = 8_000;

type Services = Awaited<ReturnType<App['services']>>;
type Account = Services['self'];
type View = ReturnType<Services['viewOf']>;

const INSTALL = `Write the daemon's systemd units, enable and start them. As root, for the
system; otherwise for yourself, in your own service manager.

The daemon and the vncctl that you type must share one state folder: the
service runs as the user who installs it (with sudo: root), or as the one named
with --run-as, and has that user's folders, or VNCCTL_HOME, written into it.
That user needs the container engine; the docker group is as good as root.

It takes the settings of that user's settings file. Variables of this shell are
not carried over; you are told which those are. Install again after a change
of vncctl's or Node's place, or of the settings "listen", "drain", "tlsCert"
and "tlsKey".`;

/** Adds the commands `install` and `uninstall` to `vncctl daemon`. */
export function defineInstall(parent: Command, context: CommandContext): void {
  parent
    .command('install')
    .summary('make the daemon a service of systemd')
    .description(
      withExamples(
        INSTALL,
        'sudo vncctl daemon install --run-as "$USER"   your desktops, from boot on',
        'vncctl daemon install --user                  while you are logged in',
        'vncctl daemon install --print                 look first',
      ),
    )
    .option('--system', 'a service of the system (default for root)')
    .option('--user', 'a service of your own (default for others); it ends when you log out, unless: loginctl enable-linger')
    .option('--run-as <user>', 'whom a service of the system runs as (default: you)')
    .option('--print', 'print the units and change nothing')
    .option('--json', 'print the outcome, or the units, as JSON')
    .action((flags: InstallFlags) => install(context, flags));
  parent
    .command('uninstall')
    .summary('stop the service and remove its units')
    .description('Stop and disable the service that install made, and remove its units. Desktops, settings and state stay. Does nothing where none is installed.')
    .option('--system', 'the service of the system (default for root)')
    .option('--user', 'the service of your own (default for others)')
    .option('--json', 'print what was removed as JSON')
    .action((flags: ScopeFlags) => uninstall(context, flags));
}

async function install(context: CommandContext, flags: InstallFlags): Promise<void> {
  const { io } = context;
  const app = context.app();
  const services = await app.services();
  const { host, self } = services;
  const scope = scopeOf(flags, host.uid);
  if (scope === 'user' && flags.runAs !== undefined) throw new VncctlError('USAGE', '--run-as is for a service of the system', { hint: 'add --system' });
  const account = flags.runAs === undefined || flags.runAs === self.name ? self : await services.account(flags.runAs);
  const view = services.viewOf(account);
  const service = serviceOf(app, view, scope, account);
  const units = renderUnits(services.templates(), service);
  await tellDifferences(context, view, account === self ? '' : `sudo -u ${account.name} `);
  const caller = io.env['SUDO_USER'];
  if (scope === 'system' && flags.runAs === undefined && caller && caller !== self.name) {
    io.stderr.write(`note: it runs as ${self.name} and shares the state of ${self.name}'s vncctl; for that of ${caller}: --run-as ${caller}\n`);
  }
  if (flags.print) {
    if (flags.json) writeJson(io, units);
    else io.stdout.write(units.map(({ name, text }) => `#### ${name}\n${text}`).join('\n'));
    return;
  }
  const report = await installService(host, {
    scope,
    instance: service.instance,
    units,
    folders: service.writable.map(({ folder }) => folder),
    ...(account === self ? {} : { user: account.name }),
  });
  if (flags.json) writeJson(io, { scope, instance: service.instance, ...(scope === 'system' ? { user: account.name } : {}), ...report });
  else io.stdout.write(describeInstall(report, service));
  if (scope === 'user') io.stderr.write('note: it ends when you log out; to keep it running: loginctl enable-linger\n');
  if (settingsOf(view.reading).engine === 'embedded') io.stderr.write('note: the embedded engine is not started with it; after a boot: vncctl engine start (the daemon waits for it)\n');
}

async function uninstall(context: CommandContext, flags: ScopeFlags): Promise<void> {
  const app = context.app();
  const { host } = await app.services();
  const scope = scopeOf(flags, host.uid);
  const { instance } = app.settings;
  const report = await uninstallService(host, scope, instance);
  if (flags.json) return writeJson(context.io, { scope, instance, ...report });
  if (report.files.length === 0) context.io.stdout.write(`no service of ${scope === 'system' ? 'the system' : 'your own'} is installed for instance ${instance}\n`);
  for (const file of report.files) context.io.stdout.write(`removed ${file}\n`);
  context.io.stdout.write(leftToType(report.commands));
}

function scopeOf(flags: ScopeFlags, uid: number | undefined): ServiceScope {
  if (flags.system && flags.user) throw new VncctlError('USAGE', '--system and --user contradict each other', { hint: 'give one of the two' });
  return flags.system || (!flags.user && uid === 0) ? 'system' : 'user';
}

function serviceOf(app: App, view: View, scope: ServiceScope, account: Account): DaemonService {
  const { instance } = app.settings;
  // Wrong ones would end the daemon at once: they are told here.
  const { engine, stateFile, listen, drain, tlsCert, tlsKey } = settingsOf(view.reading);
  const tls = tlsFilesOf({ cert: tlsCert, key: tlsKey });
  const address = view.engine(engine)?.address;
  const { config, state, cache } = view.paths;
  const program = join(app.root, 'bin/vncctl.js');
  const stateFolder = dirname(view.stateFile(instance, stateFile));
  // A socket that lies elsewhere has a folder of its own there, which the daemon makes.
  const socketFolder = dirname(dirname(view.daemonSocket(instance)));
  const outside = [stateFolder, socketFolder].filter((folder) => folder !== state && !folder.startsWith(`${state}/`));
  const writable = [{ folder: config }, { folder: state }, { folder: cache, optional: true }, ...outside.map((folder) => ({ folder }))];
  const needed = [process.execPath, program, ...writable.map(({ folder }) => folder), address?.replace(/^unix:\/\//, '') ?? '', tls?.cert ?? '', tls?.key ?? ''];
  return {
    scope,
    instance,
    user: account.name,
    command: [process.execPath, program, 'daemon', '--instance', instance],
    environment: view.environment,
    writable,
    privateTmp: !needed.some(isTemporary),
    engineUnit: engineUnitOf(address, scope),
    stopWithinMs: drain + BESIDE_VIEWERS_MS,
    listen: listen === 'off' ? undefined : listen,
  };
}

/** Says what this shell sets and the service won't have, with the command that keeps it; `prefix` makes it that of the service's user. */
async function tellDifferences({ app, io }: CommandContext, view: View, prefix: string): Promise<void> {
  const { reading, endpoint } = app();
  const kept = new Map(view.reading.settings.map(({ name, text }) => [name, text]));
  for (const { name, text, origin } of reading.settings) {
    // The instance is part of the service, and colour is each terminal's own.
    if (name === 'instance' || name === 'color' || kept.get(name) === text || origin.kind === 'user' || origin.kind === 'default') continue;
    io.stderr.write(`note: the service does not see ${describeOrigin(origin)}; to keep it: ${prefix}vncctl config set ${name} ${shellWord(text)}\n`);
  }
  // Whether one is found at all is no condition of an installation.
  const here = await endpoint().catch(() => undefined);
  const there = view.engine(settingsOf(view.reading).engine);
  if (here === undefined || here.address === there?.address || !['flag', 'environment'].includes(here.origin)) return;
  io.stderr.write(`note: the service does not see ${here.source} and uses ${there ? `${there.address} (${there.source})` : 'whatever engine it finds'}; to keep it: ${prefix}vncctl config set engine ${shellWord(here.address)}\n`);
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function describeInstall({ outcome, files, started, commands }: InstallReport, { scope, user, instance }: DaemonService): string {
  const whose = scope === 'system' ? `runs as ${user}` : 'is your own';
  const head = `${serviceName(instance)}.service ${whose}: ${outcome}${started ? ' and started' : ''}\n`;
  return `${head}${files.map((file) => `  ${file}\n`).join('')}${leftToType(commands)}`;
}

function leftToType(commands: readonly string[]): string {
  return commands.length === 0 ? '' : `systemd does not run here; where it does:\n${commands.map((command) => `  ${command}\n`).join('')}`;
}
