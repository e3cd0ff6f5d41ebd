// The texts of the daemon's systemd units: fills the templates in, with the escaping that systemd.service(5) and systemd.unit(5)
// ask for, and tells our own units from others'. Reads and writes no file.
import { VncctlError } from '../errors.ts';

/** Whose service manager: the machine's, or one user's. */
export type ServiceScope = 'system' | 'user';

/** One unit file: its name without a folder, and its whole text. */
export interface UnitFile {
  name: string;
  text: string;
}

/** The texts of templates/systemd/. */
export interface UnitTemplates {
  service: string;
  socket: string;
}

/** What the units of one daemon say. All paths are absolute. */
export interface DaemonService {
  scope: ServiceScope;
  instance: string;
  /** Whom a system unit runs as; nothing to a user's. */
  user: string;
  /** The program and its arguments. */
  command: readonly string[];
  /** Variables that the daemon is given. */
  environment: Readonly<Record<string, string>>;
  /** Folders it writes in; one that may be missing when it starts is `optional`. */
  writable: readonly { folder: string; optional?: boolean }[];
  /** Whether it gets a /tmp of its own: not where it needs something that lies there. */
  privateTmp: boolean;
  /** The unit of the engine, where the same service manager starts it. */
  engineUnit?: string | undefined;
  /** How long its end may take. */
  stopWithinMs: number;
  /** Address of the socket unit; absent: there is none. */
  listen?: { host: string; port: number } | undefined;
}

const OUR_FIRST_LINE = '# Written by vncctl daemon install';

/** Name of an instance's units, without their ending. */
export function serviceName(instance: string): string {
  return instance === 'default' ? 'vncctl' : `vncctl-${instance}`;
}

/** The names that an instance's units can have: service and socket. */
export function unitNames(instance: string): { service: string; socket: string } {
  const name = serviceName(instance);
  return { service: `${name}.service`, socket: `${name}.socket` };
}

/** The unit that starts the engine at an address (`unix:///run/docker.sock`; undefined: none was found), where the same service manager can. */
export function engineUnitOf(address: string | undefined, scope: ServiceScope): string | undefined {
  if (address === undefined) return scope === 'system' ? 'docker.service' : undefined;
  const socket = (scope === 'system' ? /^unix:\/\/(?:\/var)?\/run\/(docker\.sock|podman\/podman\.sock)$/ : /^unix:\/\/\/run\/user\/\d+\/(docker\.sock|podman\/podman\.sock)$/).exec(address)?.[1];
  // Never for the embedded engine: wanting docker.service would start a second engine, which resets the first one's firewall rules.
  return socket && (socket === 'docker.sock' ? 'docker.service' : 'podman.socket');
}

/** Whether a path lies where a private /tmp would hide it. */
export function isTemporary(path: string): boolean {
  return /^\/(var\/)?tmp(\/|$)/.test(path);
}

/** Whether a unit's text is one that vncctl wrote. */
export function isOurUnit(text: string): boolean {
  return text.startsWith(OUR_FIRST_LINE);
}

/** The units: the service, and the socket where the daemon listens. Throws USAGE for a path that no unit can hold. */
export function renderUnits(templates: UnitTemplates, service: DaemonService): UnitFile[] {
  const names = unitNames(service.instance);
  const { listen, scope } = service;
  const values: Values = {
    name: serviceName(service.instance),
    instance: service.instance,
    user: service.user,
    command: commandLine(service.command),
    environment: Object.entries(service.environment).map(([name, value]) => quoted(`${name}=${value}`)).join(' ') || undefined,
    writable: service.writable.map(({ folder, optional }) => quoted(`${optional ? '-' : ''}${folder}`)).join(' ') || undefined,
    privateTmp: service.privateTmp ? 'yes' : 'no',
    stopSeconds: String(Math.ceil(service.stopWithinMs / 1000)),
    engineUnit: service.engineUnit,
    socketUnit: listen && names.socket,
    listen: listen && `${listen.host.includes(':') ? `[${withoutSpecifiers(listen.host)}]` : listen.host}:${listen.port}`,
  };
  const units = [{ name: names.service, text: fillIn(templates.service, scope, values) }];
  if (listen) units.push({ name: names.socket, text: fillIn(templates.socket, scope, values) });
  return units;
}

type Values = Readonly<Record<string, string | undefined>>;

function fillIn(template: string, scope: ServiceScope, values: Values): string {
  const other = scope === 'system' ? '@user ' : '@system ';
  return template
    .split('\n')
    .filter((line) => !line.startsWith('##') && !line.startsWith(other))
    .map((line) => (line.startsWith(`@${scope} `) ? line.slice(scope.length + 2) : line))
    .flatMap((line) => {
      let absent = false;
      const filled = line.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
        const value = values[name];
        absent ||= value === undefined;
        return value ?? '';
      });
      return absent ? [] : [filled];
    })
    .join('\n');
}

/** `$` begins a variable in arguments, but not in the program's own path, where doubling it would name another file. */
function commandLine([program = '', ...args]: readonly string[]): string {
  if (/["'\\]/.test(program)) throw new VncctlError('USAGE', `systemd starts no program whose path has a quote or backslash in it: ${program}`, { hint: 'use a Node that lies elsewhere' });
  return [quoted(program), ...args.map((argument) => quoted(argument).replaceAll('$', '$$$$'))].join(' ');
}

/** One word, for settings that take several: `%` begins a specifier, and quotes and backslashes are systemd's own. */
function quoted(word: string): string {
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(word)) {
    throw new VncctlError('USAGE', `${JSON.stringify(word)} holds a line break or another control character, which no unit file can`, { hint: 'rename the folder, or keep vncctl and its files elsewhere (VNCCTL_HOME)' });
  }
  const escaped = withoutSpecifiers(word);
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped.replace(/["\\]/g, '\\$&')}"`;
}

function withoutSpecifiers(text: string): string {
  return text.replaceAll('%', '%%');
}
