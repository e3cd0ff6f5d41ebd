// Where vncctl keeps its files: the XDG places, or everything under VNCCTL_HOME. Only names; nothing is read or made here.
import { createHash } from 'node:crypto';
import { dirname, isAbsolute, join, parse, resolve } from 'node:path';

/** The folders and files of one user. State, lock and key files also depend on the instance. */
export interface Paths {
  config: string;
  state: string;
  cache: string;
  /** The user's settings. */
  userFile: string;
  /** The user's own catalog entries. */
  catalog: string;
}

/** The places by the XDG Base Directory rules (relative values are ignored); VNCCTL_HOME puts all under one folder. */
export function pathsOf(env: Readonly<Record<string, string | undefined>>, homedir: string): Paths {
  const own = env.VNCCTL_HOME;
  const place = (variable: string, fallback: string, name: string): string => {
    if (own) return join(resolve(own), name);
    const base = env[variable];
    return join(base && isAbsolute(base) ? base : join(homedir, fallback), 'vncctl');
  };
  const config = place('XDG_CONFIG_HOME', '.config', 'config');
  return {
    config,
    state: place('XDG_STATE_HOME', '.local/state', 'state'),
    cache: place('XDG_CACHE_HOME', '.cache', 'cache'),
    userFile: join(config, 'config.json'),
    catalog: join(config, 'catalog'),
  };
}

/** The variables that lead another process to the same places, whatever its home and working directory are. */
export function placesOf(env: Readonly<Record<string, string | undefined>>, homedir: string): Record<string, string> {
  if (env.VNCCTL_HOME) return { VNCCTL_HOME: resolve(env.VNCCTL_HOME) };
  const { config, state, cache } = pathsOf(env, homedir);
  return { XDG_CONFIG_HOME: dirname(config), XDG_STATE_HOME: dirname(state), XDG_CACHE_HOME: dirname(cache) };
}

/** The state file of an instance; the setting `stateFile` names that of the default one. */
export function stateFileOf(paths: Paths, instance: string, stateFile?: string): string {
  if (!stateFile) return join(paths.state, instance, 'state.json');
  // One file for two instances would mix their records: each but the default has its name in it.
  const { dir, name, ext } = parse(resolve(stateFile));
  return instance === 'default' ? resolve(stateFile) : join(dir, `${name}.${instance}${ext}`);
}

/** The key that hashes client ids of an instance. */
export function instanceKeyFileOf(paths: Paths, instance: string): string {
  return join(paths.config, `${instance}.key`);
}

/** Where the life events of an instance's desktops are kept. */
export function eventsFileOf(paths: Paths, instance: string): string {
  return join(paths.state, instance, 'events.jsonl');
}

/** The tickets to an instance's desktops. */
export function ticketsFileOf(paths: Paths, instance: string): string {
  return join(paths.state, instance, 'tickets.json');
}

/** The tokens to an instance's API. */
export function tokensFileOf(paths: Paths, instance: string): string {
  return join(paths.state, instance, 'tokens.json');
}

/** What says which daemon of an instance runs. */
export function daemonFileOf(paths: Paths, instance: string): string {
  return join(paths.state, instance, 'daemon.json');
}

/** Of the 107 that a Unix socket's address holds on Linux; other systems have 103. */
const SOCKET_PATH_BYTES = 100;
const SOCKET_BASE_BYTES = 60;

/** Where the daemon of an instance answers the command line: beside its state, or, where that lies too deep for a socket, in a folder of its own under XDG_RUNTIME_DIR or /tmp. */
export function daemonSocketOf(paths: Paths, instance: string, env: Readonly<Record<string, string | undefined>>): string {
  const near = join(paths.state, instance, 'daemon.sock');
  if (Buffer.byteLength(near) <= SOCKET_PATH_BYTES) return near;
  const runtime = env['XDG_RUNTIME_DIR'];
  const base = runtime && isAbsolute(runtime) && Buffer.byteLength(runtime) <= SOCKET_BASE_BYTES ? runtime : '/tmp';
  return join(base, `vncctl-${createHash('sha256').update(near).digest('hex').slice(0, 16)}`, 'daemon.sock');
}
