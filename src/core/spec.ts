// From a catalog entry and what the caller asked to the full description handed to the engine, its hash, and the list of
// what differs between a running desktop and what is asked of it now.
import { VncctlError } from '../errors.ts';
import type { CatalogEntry } from './catalog.ts';
import type { ContainerDetails, ContainerSpec } from './engine.ts';
import { hashOf } from './hash.ts';
import { nearest } from './nearest.ts';
import { boundGeometry, formatGeometry, type Geometry } from './size.ts';

/** What a caller may say about a new desktop; absent means the default of the settings or of the image. */
export interface DesktopWishes {
  /** Page to show; empty for the image's own welcome page. */
  url?: string;
  size?: { width: number; height: number };
  /** Settings that the catalog entry declares. */
  env: Readonly<Record<string, string>>;
  cpus?: number;
  memoryBytes?: number;
  /** A port of its own, also where a gateway answers. */
  direct?: boolean;
}

/** What the settings say where the caller does not; an image that can't take one of these goes without it. */
export interface DesktopDefaults {
  url?: string;
  size?: { width: number; height: number };
}

/** The part of a container's description that equals that of any other desktop asked for with the same wishes. */
export interface DesktopSpec {
  entry: CatalogEntry;
  /** Reference of the image to run. */
  image: string;
  env: Readonly<Record<string, string>>;
  network: string;
  limits: ContainerSpec['limits'];
  hash: string;
}

/** What is one desktop's own. */
export interface DesktopOwn {
  labels: Readonly<Record<string, string>>;
  secret: string;
  /** As the welcome page shows it; absent keeps the client's id out of the container. */
  clientLabel?: string;
  publish?: { hostPort: number; hostAddress: string };
  /** Seconds without a viewer after which it ends by itself, for an image that can; 0 for never. A setting of the caller's goes first. */
  idleExitSeconds: number;
  /** The network that is its alone; absent: the one that all share. */
  network?: string;
}

const LOG_MAX_BYTES = 5 * 1024 * 1024;

/** Reference of the image an entry runs: its own tag for a built one, the registry's for a pulled one. */
export function imageReference(entry: CatalogEntry): string {
  return entry.source.kind === 'pull' ? entry.source.reference : `vncctl/${entry.key}:latest`;
}

/** Completes the wishes with the entry's defaults. USAGE when a wish isn't one this image takes. */
export function buildSpec(entry: CatalogEntry, wishes: DesktopWishes, defaults: DesktopDefaults, network: string, hostCpus: number): DesktopSpec {
  const { variables } = entry;
  const env: Record<string, string> = {};
  for (const [name, setting] of Object.entries(entry.settings)) if (setting.default !== undefined) env[name] = setting.default;
  for (const [name, value] of Object.entries(wishes.env)) env[name] = checkedSetting(entry, name, value);
  if (wishes.url) {
    checkUrl(wishes.url);
    if (!variables.url && !variables.app) {
      throw new VncctlError('USAGE', `the image ${entry.key} shows no page of the caller's choice`, { hint: 'leave --url out, or choose another image: vncctl images ls' });
    }
  }
  const url = wishes.url ?? defaults.url;
  if (url && variables.url) env[variables.url] = url;
  else if (url && variables.app) env[variables.app] = `firefox-kiosk ${url}`;
  // A setting is for all images; whoever asks for one desktop is told.
  const size = wishes.size ? checkedSize(entry, wishes.size) : defaults.size && boundGeometry(defaults.size, entry.maxSize);
  if (size && variables.width) env[variables.width] = String(size.width);
  if (size && variables.height) env[variables.height] = String(size.height);
  const limits = {
    // A default may exceed a small host; an explicit wish was checked before, or is refused by another machine's engine in its own words.
    cpus: wishes.cpus ?? Math.min(entry.limits.cpus, hostCpus),
    memoryBytes: wishes.memoryBytes ?? entry.limits.memoryBytes,
    pids: entry.limits.pids,
    shmSizeBytes: entry.limits.shmSizeBytes,
  };
  const spec = { entry, image: imageReference(entry), env, network, limits };
  return { ...spec, hash: specHash(spec) };
}

function checkedSize({ key, maxSize }: CatalogEntry, size: Geometry): Geometry {
  if (size.width <= maxSize.width && size.height <= maxSize.height) return size;
  const most = formatGeometry(maxSize);
  throw new VncctlError('USAGE', `a screen of ${formatGeometry(size)} is larger than the image ${key} allows: ${most} at most`, {
    hint: `ask for a smaller one, or set maxSize in an entry of your own: vncctl up <client> --size ${most}`,
  });
}

/** The container's full description: the spec and what is this desktop's own. */
export function containerSpec(spec: DesktopSpec, own: DesktopOwn): ContainerSpec {
  const { entry } = spec;
  const { secret, client, idleExit } = entry.variables;
  return {
    image: spec.image,
    env: {
      ...(idleExit ? { [idleExit]: String(own.idleExitSeconds) } : {}),
      ...spec.env,
      ...(secret ? { [secret]: own.secret } : {}),
      ...(client && own.clientLabel !== undefined ? { [client]: own.clientLabel } : {}),
    },
    labels: own.labels,
    network: own.network ?? spec.network,
    limits: spec.limits,
    user: entry.user,
    capabilities: entry.capabilities,
    tmpfs: entry.tmpfs,
    init: entry.init,
    stopGraceSeconds: entry.stopGraceSeconds,
    logMaxBytes: LOG_MAX_BYTES,
    ...(own.publish ? { publish: { containerPort: entry.ports.web, ...own.publish } } : {}),
  };
}

/** What is known of a running desktop, as far as wishes are compared with it. */
export interface RunningDesktop extends Pick<ContainerDetails, 'env' | 'limits'> {
  /** Variables of which nobody knows what became of them since. */
  unknown?: readonly string[];
}

/** In words, each explicit wish that a running desktop does not fulfil as far as is known; empty when all are. */
export function unmetWishes(running: RunningDesktop, runningImageKey: string, asked: DesktopSpec, wishes: DesktopWishes, askedImage: boolean): string[] {
  const unmet: string[] = [];
  if (askedImage && runningImageKey !== asked.entry.key) return [`image ${runningImageKey} (asked: ${asked.entry.key})`];
  const { variables } = asked.entry;
  const compare = (what: string, variable: string | undefined, explicit: boolean): void => {
    if (!explicit || !variable || running.unknown?.includes(variable)) return;
    const now = running.env[variable] ?? '';
    const then = asked.env[variable] ?? '';
    if (now !== then) unmet.push(`${what} ${now || '(default)'} (asked: ${then || '(default)'})`);
  };
  compare('url', variables.url ?? variables.app, wishes.url !== undefined);
  compare('width', variables.width, wishes.size !== undefined);
  compare('height', variables.height, wishes.size !== undefined);
  for (const name of Object.keys(wishes.env)) compare(name, name, true);
  if (wishes.cpus !== undefined && running.limits.cpus !== wishes.cpus) unmet.push(`cpus ${running.limits.cpus} (asked: ${wishes.cpus})`);
  if (wishes.memoryBytes !== undefined && running.limits.memoryBytes !== wishes.memoryBytes) {
    unmet.push(`memory ${running.limits.memoryBytes} bytes (asked: ${wishes.memoryBytes})`);
  }
  return unmet;
}

function checkedSetting(entry: CatalogEntry, name: string, value: string): string {
  // Of the entry's own: every object has a `constructor`.
  const setting = Object.hasOwn(entry.settings, name) ? entry.settings[name] : undefined;
  if (!setting) {
    const known = Object.keys(entry.settings);
    const close = nearest(name, known);
    throw new VncctlError('USAGE', `the image ${entry.key} has no setting ${name}`, {
      hint: close ? `did you mean ${close}?` : known.length > 0 ? `its settings: ${known.join(', ')}` : 'it has no settings that a caller may change',
    });
  }
  if (setting.pattern !== undefined && !new RegExp(`^(?:${setting.pattern})$`).test(value)) {
    throw new VncctlError('USAGE', `"${value}" is no value for ${name} (${setting.description})`, { hint: `it has to match ${setting.pattern}` });
  }
  return value;
}

function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPage = url && (url.protocol === 'http:' || url.protocol === 'https:');
  if (text === 'about:blank' || (isPage && PRINTABLE_ASCII.test(text))) return;
  throw new VncctlError('USAGE', `"${text}" is no page address`, { hint: hintFor(text, url) });
}

/** Neither spaces nor letters that look like others: what is shown is what is opened. */
const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

function hintFor(text: string, url: URL | undefined): string {
  if (url && url.protocol !== 'http:' && url.protocol !== 'https:') return 'only http:// and https:// pages can be shown';
  if (url && !/[\s\p{C}]/u.test(text)) return `write it in plain letters: ${url.href}`;
  return `did you mean https://${text.trim().replace(/^https?:\/\//i, '').replace(/[\s\p{C}].*$/u, '')} ?`;
}

function specHash(spec: Omit<DesktopSpec, 'hash'>): string {
  const { entry, ...rest } = spec;
  return hashOf({ ...rest, user: entry.user, capabilities: entry.capabilities, tmpfs: entry.tmpfs, init: entry.init, ports: entry.ports });
}
