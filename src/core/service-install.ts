// Installing the daemon's units and taking them away, on the service manager of the machine or of a user. Only files that
// vncctl wrote are ever replaced or removed. What the units say is core/service-unit.ts.
import { VncctlError } from '../errors.ts';
import { isOurUnit, type ServiceScope, type UnitFile, unitNames } from './service-unit.ts';

/** The machine as installing needs it. Implemented in app/services.ts and by the tests' fake. */
export interface ServiceHost {
  platform: NodeJS.Platform;
  /** Of this process; undefined where there are none. */
  uid: number | undefined;
  /** Where a unit of that name is kept. */
  unitPath(scope: ServiceScope, name: string): string;
  /** undefined when there is none. STORE_DENIED when it can't be read. */
  readUnit(path: string): string | undefined;
  /** Whole or not at all, readable by all. STORE_DENIED when it can't be written. */
  writeUnit(path: string, text: string): void;
  /** One that is gone already is success. */
  removeUnit(path: string): void;
  /** Makes the folders that are missing, as that user and for that user only. */
  makeFolders(folders: readonly string[], user: string | undefined): Promise<void>;
  /** Whether systemd is what runs this machine. */
  systemdRuns(): boolean;
  systemctl(args: readonly string[]): Promise<{ exitCode: number; stderr: string }>;
}

export interface InstallRequest {
  scope: ServiceScope;
  instance: string;
  units: readonly UnitFile[];
  /** What the daemon writes in. */
  folders: readonly string[];
  /** Whose folders they become; absent: this process's own. */
  user?: string | undefined;
}

export interface InstallReport {
  outcome: 'installed' | 'replaced' | 'unchanged';
  files: string[];
  /** Whether it was started; false where systemd doesn't run. */
  started: boolean;
  /** What is left to type. */
  commands: string[];
}

export interface UninstallReport {
  /** What was removed; none when nothing was installed. */
  files: string[];
  commands: string[];
}

/** Writes, enables and starts the units; safe to repeat. CONFLICT for a foreign file in their place, STORE_DENIED without the right, SERVICE_FAILED when systemd refuses. */
export async function installService(host: ServiceHost, { scope, instance, units, folders, user }: InstallRequest): Promise<InstallReport> {
  refuseOtherPlatforms(host);
  refuseWithoutRoot(host, scope, 'install');
  const present = findOurs(host, scope, instance);
  const files = units.map(({ name }) => host.unitPath(scope, name));
  const wanted = new Set(units.map(({ name }) => name));
  const stale = present.filter(({ name }) => !wanted.has(name));
  const changed = stale.length > 0 || units.some(({ name, text }) => present.find((old) => old.name === name)?.text !== text);
  await host.makeFolders(folders, user);
  const runs = host.systemdRuns();
  // A socket can't be replaced under a running service.
  if (runs && changed && present.length > 0) await systemctl(host, scope, ['stop', ...present.map(({ name }) => name)]);
  if (runs && stale.length > 0) await systemctl(host, scope, ['disable', ...stale.map(({ name }) => name)]);
  for (const { path } of stale) host.removeUnit(path);
  if (changed) for (const { name, text } of units) host.writeUnit(host.unitPath(scope, name), text);
  const steps = [['daemon-reload'], ['enable', '--now', ...wanted]];
  if (runs) for (const step of steps) await systemctl(host, scope, step);
  return {
    outcome: present.length === 0 ? 'installed' : changed ? 'replaced' : 'unchanged',
    files,
    started: runs,
    commands: runs ? [] : steps.map((step) => typed(scope, step)),
  };
}

/** Stops, disables and removes the units; nothing installed is success. CONFLICT for a foreign file, SERVICE_FAILED when systemd refuses. */
export async function uninstallService(host: ServiceHost, scope: ServiceScope, instance: string): Promise<UninstallReport> {
  refuseOtherPlatforms(host);
  const present = findOurs(host, scope, instance);
  if (present.length === 0) return { files: [], commands: [] };
  refuseWithoutRoot(host, scope, 'uninstall');
  const runs = host.systemdRuns();
  if (runs) await systemctl(host, scope, ['disable', '--now', ...present.map(({ name }) => name)]);
  for (const { path } of present) host.removeUnit(path);
  const reload = ['daemon-reload'];
  if (runs) await systemctl(host, scope, reload);
  return { files: present.map(({ path }) => path), commands: runs ? [] : [typed(scope, reload)] };
}

interface PresentUnit extends UnitFile {
  path: string;
}

/** The socket first: stopped after its service, a connection could start that one again. */
function findOurs(host: ServiceHost, scope: ServiceScope, instance: string): PresentUnit[] {
  const { service, socket } = unitNames(instance);
  return [socket, service].flatMap((name) => {
    const path = host.unitPath(scope, name);
    const text = host.readUnit(path);
    if (text === undefined) return [];
    if (!isOurUnit(text)) throw new VncctlError('CONFLICT', `${path} was not written by vncctl and is left alone`, { hint: 'move it away, or choose another name with --instance' });
    return [{ name, path, text }];
  });
}

function refuseOtherPlatforms({ platform }: ServiceHost): void {
  if (platform === 'linux') return;
  throw new VncctlError('USAGE', 'services are installed on Linux with systemd only', { hint: 'have your own service manager run: vncctl daemon' });
}

function refuseWithoutRoot(host: ServiceHost, scope: ServiceScope, verb: 'install' | 'uninstall'): void {
  if (scope === 'user' || host.uid === 0) return;
  throw new VncctlError('STORE_DENIED', `a service of the system is ${verb}ed by root only`, { hint: `sudo vncctl daemon ${verb} --system, or for yourself: vncctl daemon ${verb} --user` });
}

function argumentsFor(scope: ServiceScope, step: readonly string[]): string[] {
  return scope === 'user' ? ['--user', ...step] : [...step];
}

function typed(scope: ServiceScope, step: readonly string[]): string {
  return ['systemctl', ...argumentsFor(scope, step)].join(' ');
}

async function systemctl(host: ServiceHost, scope: ServiceScope, step: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await host.systemctl(argumentsFor(scope, step));
  if (exitCode === 0) return;
  const units = step.filter((word) => /\.(service|socket)$/.test(word)).join(' ');
  throw new VncctlError('SERVICE_FAILED', `${typed(scope, step)} failed: ${stderr.trim() || `exit code ${exitCode}`}`, {
    hint: scope === 'user' && /bus|XDG_RUNTIME_DIR/i.test(stderr) ? 'your service manager does not run; log in anew, or first: loginctl enable-linger' : `look with: ${typed(scope, ['status', ...(units === '' ? [] : [units])])}`,
  });
}
