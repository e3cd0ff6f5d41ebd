// Finds the engine as the docker CLI does, with vncctl's own setting and Podman's sockets added. Owns the order and the
// reading of docker's context files; dialling the address is left to the engine clients.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { VncctlError } from '../errors.ts';

export type Transport = 'unix' | 'tcp' | 'tls' | 'ssh' | 'npipe';

/** Paths of the PEM files to use; an absent one doesn't exist. `verify` false takes any certificate. */
export interface TlsFiles {
  ca?: string;
  cert?: string;
  key?: string;
  verify: boolean;
}

/** Where the engine is. */
export interface Endpoint {
  /** With scheme: `unix:///run/docker.sock`, `tcp://host:2376`, `ssh://me@host`, `npipe:////./pipe/docker_engine`. */
  address: string;
  transport: Transport;
  /** Who said so, as a part of a sentence: "DOCKER_HOST", "docker context work". */
  source: string;
  /** What chose it, for decisions. */
  origin: EndpointOrigin;
  /** Set when the transport is `tls`. */
  tls?: TlsFiles;
  /** Other sockets that exist, when nobody had chosen one. */
  others: readonly string[];
  /** What to type when nothing answers there. */
  hint: string;
  /** Something docker's own files say that could not be used. */
  warning?: string;
}

/** `flag` to `config` were chosen by somebody; `socket` was found by looking. */
export type EndpointOrigin = 'flag' | 'environment' | 'setting' | 'embedded' | 'config' | 'socket';

/** The little of a file system that the search reads. */
export interface EndpointFiles {
  /** undefined when it can't be read. */
  readText(path: string): string | undefined;
  /** Names in a folder; empty when there is none. */
  list(folder: string): readonly string[];
  exists(path: string): boolean;
}

/** Everything the search depends on. */
export interface EndpointInputs {
  flags: { host?: string | undefined; context?: string | undefined };
  env: Readonly<Record<string, string | undefined>>;
  /** vncctl's setting `engine`: an address, or the word `embedded`. */
  setting?: string | undefined;
  /** Socket of the embedded engine, whether it exists or not. */
  embeddedSocket: string;
  home: string;
  uid: number | undefined;
  platform: NodeJS.Platform;
  files: EndpointFiles;
}

/** The value of the setting `engine` that stands for the embedded engine. */
export const EMBEDDED = 'embedded';

const SYSTEM_SOCKET = '/var/run/docker.sock';
const WINDOWS_PIPE = 'npipe:////./pipe/docker_engine';
const START_HINT = 'start one with: vncctl engine start';

/** Finds the engine. Throws USAGE for a bad or contradicting choice and ENGINE_MISSING when there is none to be seen. */
export function resolveEndpoint(inputs: EndpointInputs): Endpoint {
  const { flags, env } = inputs;
  const dockerHost = env['DOCKER_HOST'] || undefined;
  const dockerContext = env['DOCKER_CONTEXT'] || undefined;
  if (flags.host !== undefined && flags.context !== undefined) {
    throw new VncctlError('USAGE', '--host and --context contradict each other', { hint: 'give one of the two' });
  }
  if (flags.host !== undefined) return fromAddress(inputs, flags.host, '--host', 'flag', 'check the address given with --host');
  const fromHost = (): Endpoint | undefined =>
    dockerHost === undefined
      ? undefined
      : fromAddress(inputs, dockerHost, 'DOCKER_HOST', 'environment', 'check DOCKER_HOST, or unset it and run: vncctl engine start');
  if (flags.context !== undefined) {
    // As with docker, `default` stands for no context: the environment's host or the usual socket, whatever config.json says.
    if (flags.context === 'default') return fromHost() ?? fromSockets(inputs);
    return fromContext(inputs, flags.context, '--context', 'flag');
  }
  const host = fromHost();
  if (host !== undefined) return host;
  if (dockerContext !== undefined) {
    return dockerContext === 'default' ? fromSockets(inputs) : fromContext(inputs, dockerContext, 'DOCKER_CONTEXT', 'environment');
  }
  if (inputs.setting === EMBEDDED) {
    const address = `unix://${inputs.embeddedSocket}`;
    return { address, transport: 'unix', source: 'the embedded engine', origin: 'embedded', others: [], hint: START_HINT };
  }
  if (inputs.setting !== undefined && inputs.setting !== '') {
    const hint = 'check it, or forget it with: vncctl config unset engine';
    return fromAddress(inputs, inputs.setting, 'the setting engine', 'setting', hint);
  }
  const configured = currentContext(inputs);
  if (configured.name !== undefined) return fromContext(inputs, configured.name, join(configFolder(inputs), 'config.json'), 'config');
  const found = fromSockets(inputs);
  return configured.warning === undefined ? found : { ...found, warning: configured.warning };
}

function fromAddress(inputs: EndpointInputs, typed: string, source: string, origin: EndpointOrigin, hint: string): Endpoint {
  const tls = environmentTls(inputs);
  const parsed = parseAddress(typed, source, tls !== undefined);
  const base: Endpoint = { ...parsed, source, origin, others: [], hint };
  return parsed.transport === 'tls' ? { ...base, tls: tls ?? { verify: true } } : base;
}

function fromSockets(inputs: EndpointInputs): Endpoint {
  if (inputs.platform === 'win32') {
    return { address: WINDOWS_PIPE, transport: 'npipe', source: 'the usual pipe', origin: 'socket', others: [], hint: 'start Docker Desktop' };
  }
  const candidates = implicitSockets(inputs);
  const [first, ...rest] = candidates.filter((candidate) => inputs.files.exists(candidate.path));
  if (first === undefined) {
    throw new VncctlError('ENGINE_MISSING', 'no container engine was found: no DOCKER_HOST, no docker context, no socket of Docker or Podman', {
      hint: START_HINT,
    });
  }
  const others = rest.map((candidate) => `unix://${candidate.path}`);
  return {
    address: `unix://${first.path}`,
    transport: 'unix',
    source: first.source,
    origin: 'socket',
    others,
    hint: others[0] === undefined ? START_HINT : `there is another one: DOCKER_HOST=${others[0]}`,
  };
}

function implicitSockets(inputs: EndpointInputs): { path: string; source: string }[] {
  const { env, uid, home } = inputs;
  const runtime = env['XDG_RUNTIME_DIR'] || (uid !== undefined && uid > 0 ? `/run/user/${uid}` : undefined);
  const mine = (name: string, source: string): { path: string; source: string }[] =>
    runtime === undefined ? [] : [{ path: join(runtime, name), source }];
  return [
    ...mine('docker.sock', 'the rootless Docker socket'),
    { path: join(home, '.docker/run/docker.sock'), source: "the user's Docker socket" },
    { path: SYSTEM_SOCKET, source: "the system's Docker socket" },
    ...mine('podman/podman.sock', "the user's Podman socket"),
    { path: '/run/podman/podman.sock', source: "the system's Podman socket" },
  ];
}

/** Reads an address as docker's `-H` does. Throws USAGE; `source` names who gave it. */
export function parseAddress(typed: string, source: string, wantsTls: boolean): { address: string; transport: Transport } {
  const text = typed.trim();
  const bad = (what: string): VncctlError =>
    new VncctlError('USAGE', `${source} holds "${typed}", ${what}`, { hint: 'an address looks like unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host' });
  if (text === '') throw bad('which is empty');
  if (text.startsWith('/')) return { address: `unix://${text}`, transport: 'unix' };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase() ?? 'tcp';
  const rest = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  switch (scheme) {
    case 'unix':
      if (rest !== '' && !rest.startsWith('/')) throw bad('whose path is not absolute');
      return { address: `unix://${rest === '' ? SYSTEM_SOCKET : rest}`, transport: 'unix' };
    case 'npipe':
      return { address: rest === '' ? WINDOWS_PIPE : `npipe://${rest}`, transport: 'npipe' };
    case 'ssh':
      if (rest === '') throw bad('which names no host');
      return { address: `ssh://${rest}`, transport: 'ssh' };
    case 'tcp':
    case 'http':
    case 'https': {
      const tls = wantsTls || scheme === 'https';
      const found = /^(\[[0-9a-f:.]+\]|[^:/\s]*)(?::(\d{1,5}))?(\/.*)?$/i.exec(rest);
      if (found === null || Number(found[2] ?? 1) > 65535 || Number(found[2] ?? 1) < 1) throw bad('which is no host and port');
      const port = found[2] ?? (tls ? '2376' : '2375');
      return { address: `tcp://${found[1] === '' ? 'localhost' : found[1]}:${port}${(found[3] ?? '').replace(/\/$/, '')}`, transport: tls ? 'tls' : 'tcp' };
    }
    default:
      throw bad(`whose scheme "${scheme}" is unknown`);
  }
}

// Any non-empty value counts, "0" and "false" too: docker reads it so.
function environmentTls(inputs: EndpointInputs): TlsFiles | undefined {
  const verify = Boolean(inputs.env['DOCKER_TLS_VERIFY']);
  if (!verify && !inputs.env['DOCKER_TLS']) return undefined;
  return tlsFilesIn(inputs, inputs.env['DOCKER_CERT_PATH'] || configFolder(inputs), verify);
}

function tlsFilesIn(inputs: EndpointInputs, folder: string, verify: boolean): TlsFiles {
  const present = (name: string): string | undefined => (inputs.files.exists(join(folder, name)) ? join(folder, name) : undefined);
  const [ca, cert, key] = [present('ca.pem'), present('cert.pem'), present('key.pem')];
  return { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }), verify };
}

function configFolder(inputs: EndpointInputs): string {
  return inputs.env['DOCKER_CONFIG'] || join(inputs.home, '.docker');
}

function currentContext(inputs: EndpointInputs): { name?: string; warning?: string } {
  const path = join(configFolder(inputs), 'config.json');
  const text = inputs.files.readText(path);
  if (text === undefined || text.trim() === '') return {};
  const config = parseJson(text);
  if (config === undefined) return { warning: `${path} is not JSON; no docker context was taken from it` };
  const name = property(config, 'currentContext');
  return typeof name === 'string' && name !== '' && name !== 'default' ? { name } : {};
}

function fromContext(inputs: EndpointInputs, name: string, chosenBy: string, origin: EndpointOrigin): Endpoint {
  const contexts = join(configFolder(inputs), 'contexts');
  // docker names the folders of a context by the SHA-256 of its name.
  const id = createHash('sha256').update(name).digest('hex');
  const metaPath = join(contexts, 'meta', id, 'meta.json');
  const text = inputs.files.readText(metaPath);
  if (text === undefined) {
    const known = knownContexts(inputs, contexts);
    throw new VncctlError('USAGE', `there is no docker context "${name}" (chosen by ${chosenBy})`, {
      hint: known.length === 0 ? 'there are no contexts; create one with: docker context create' : `known contexts: ${['default', ...known].join(', ')}`,
    });
  }
  const endpoint = property(property(parseJson(text), 'Endpoints'), 'docker');
  const host = property(endpoint, 'Host');
  if (typeof host !== 'string' || host === '') {
    throw new VncctlError('USAGE', `docker context "${name}" names no docker endpoint (${metaPath})`, { hint: `see it with: docker context inspect ${name}` });
  }
  const skipVerify = property(endpoint, 'SkipTLSVerify') === true;
  const tls = tlsFilesIn(inputs, join(contexts, 'tls', id, 'docker'), !skipVerify);
  const hasTls = skipVerify || tls.ca !== undefined || tls.cert !== undefined || tls.key !== undefined;
  const source = `docker context ${name}`;
  const parsed = parseAddress(host, source, hasTls);
  const hint = `see it with: docker context inspect ${name}; choose another with: docker context use`;
  const base: Endpoint = { ...parsed, source, origin, others: [], hint };
  return parsed.transport === 'tls' ? { ...base, tls } : base;
}

function knownContexts(inputs: EndpointInputs, contexts: string): string[] {
  const metaFolder = join(contexts, 'meta');
  return inputs.files
    .list(metaFolder)
    .map((id) => property(parseJson(inputs.files.readText(join(metaFolder, id, 'meta.json')) ?? ''), 'Name'))
    .filter((name): name is string => typeof name === 'string')
    .sort();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && key in value ? (value as Record<string, unknown>)[key] : undefined;
}

/** The machine's own files. */
export const machineFiles: EndpointFiles = {
  readText(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
  list(folder) {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
  exists: (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
};
