// What installing the daemon as a service needs of this machine: the service manager, the users, and the places and settings
// that a process has which systemd starts. Loaded by `daemon install` and `daemon uninstall` only.
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { ServiceHost } from '../core/service-install.ts';
import type { UnitTemplates } from '../core/service-unit.ts';
import { embeddedSocketOf } from '../engine/embedded/paths.ts';
import { type Endpoint, machineFiles, resolveEndpoint } from '../engine/endpoint.ts';
import { runProgram } from '../engine/run-program.ts';
import { isVncctlError, VncctlError } from '../errors.ts';
import { readSettings, type SettingsReading } from '../settings.ts';
import { readConfigFile } from '../store/config-file.ts';
import { withFileFailures } from '../store/file-failure.ts';
import { daemonSocketOf, type Paths, pathsOf, placesOf, stateFileOf } from '../store/paths.ts';
import { readUnitFile, removeUnitFile, writeUnitFile } from '../store/unit-files.ts';

/** An account of this machine. `uid` is undefined where there are none. */
export interface Account {
  name: string;
  uid: number | undefined;
  home: string;
}

/** What a process of one account finds without the variables of a shell, but for those that say where vncctl's files are. */
export interface ServiceView {
  paths: Paths;
  /** The variables that lead it to these places. */
  environment: Record<string, string>;
  /** From the settings file and the defaults alone. */
  reading: SettingsReading;
  stateFile(instance: string, setting: string | undefined): string;
  /** Where its daemon answers the command line. */
  daemonSocket(instance: string): string;
  /** undefined when none is to be seen. */
  engine(setting: string | undefined): Endpoint | undefined;
}

export interface Services {
  host: ServiceHost;
  /** The account of this process. */
  self: Account;
  /** Throws USAGE when there is no such account. */
  account(name: string): Promise<Account>;
  viewOf(account: Account): ServiceView;
  templates(): UnitTemplates;
}

/** The parts that tests replace. */
export type ServiceParts = Partial<ServiceHost> & { self?: Account; account?: Services['account'] };

export interface ServiceInputs {
  env: Readonly<Record<string, string | undefined>>;
  home: string;
  /** Folder of the installed package. */
  root: string;
}

const NAME = /^[a-z_][a-z0-9_-]{0,30}$/i;

/** Dials nothing and reads nothing until it is asked. */
export function createServices({ env, home, root }: ServiceInputs, parts: ServiceParts = {}): Services {
  const self = parts.self ?? { name: userInfo().username, uid: process.getuid?.(), home };
  return {
    host: { ...machineHost(home, env), ...parts },
    self,
    account: parts.account ?? findAccount,
    viewOf: (account) => viewOf(account, account.name === self.name ? env : { VNCCTL_HOME: env['VNCCTL_HOME'] }),
    templates: () => ({ service: template(root, 'vncctl.service'), socket: template(root, 'vncctl.socket') }),
  };
}

function template(root: string, name: string): string {
  return readFileSync(join(root, 'templates/systemd', name), 'utf8');
}

function viewOf({ home, uid }: Account, env: ServiceInputs['env']): ServiceView {
  const paths = pathsOf(env, home);
  return {
    paths,
    environment: placesOf(env, home),
    reading: readSettings({ env: {}, user: { file: paths.userFile, values: readConfigFile(paths.userFile) } }),
    stateFile: (instance, setting) => stateFileOf(paths, instance, setting),
    // A service of the system has no XDG_RUNTIME_DIR, and what a user's may write in is not bounded.
    daemonSocket: (instance) => daemonSocketOf(paths, instance, {}),
    engine(setting) {
      try {
        return resolveEndpoint({ flags: {}, env: {}, setting, embeddedSocket: embeddedSocketOf(paths.state), home, uid, platform: process.platform, files: machineFiles });
      } catch (error) {
        if (isVncctlError(error, 'ENGINE_MISSING')) return undefined;
        throw error;
      }
    },
  };
}

async function findAccount(name: string): Promise<Account> {
  const { exitCode, stdout } = NAME.test(name) ? await runProgram('getent', ['passwd', name]) : { exitCode: 2, stdout: '' };
  const [found, , uid, , , home] = stdout.trim().split(':');
  if (exitCode !== 0 || !found || !home) {
    throw new VncctlError('USAGE', `there is no user "${name}"`, { hint: 'see who there is: getent passwd   (or make one: useradd --system --create-home --home-dir /var/lib/vncctl --groups docker vncctl)' });
  }
  return { name: found, uid: Number(uid), home };
}

function machineHost(home: string, env: ServiceInputs['env']): ServiceHost {
  return {
    platform: process.platform,
    uid: process.getuid?.(),
    // The folder that every user's service manager looks in, whatever XDG_CONFIG_HOME says in this shell.
    unitPath: (scope, name) => join(scope === 'system' ? '/etc/systemd/system' : join(home, '.config/systemd/user'), name),
    readUnit: readUnitFile,
    writeUnit: writeUnitFile,
    removeUnit: removeUnitFile,
    makeFolders,
    systemdRuns: () => existsSync('/run/systemd/system'),
    systemctl: (args) => runProgram('systemctl', args, env['XDG_RUNTIME_DIR'] === undefined && process.getuid ? { env: { XDG_RUNTIME_DIR: `/run/user/${process.getuid()}` } } : {}),
  };
}

async function makeFolders(folders: readonly string[], user: string | undefined): Promise<void> {
  if (user === undefined) {
    for (const folder of folders) await withFileFailures(`make ${folder}`, () => mkdir(folder, { recursive: true, mode: 0o700 }));
    return;
  }
  // As that user, not by root with a change of owner: what lies in a user's folder may be a link to anywhere.
  const { exitCode, stderr } = await runProgram('runuser', ['-u', user, '--', 'sh', '-c', 'umask 077 && mkdir -p -- "$@"', 'sh', ...folders]);
  if (exitCode !== 0) {
    throw new VncctlError('STORE_DENIED', `${user} could not make the daemon's folders: ${stderr.trim()}`, { hint: 'give that user a home folder of its own, or a VNCCTL_HOME it may write in' });
  }
}
