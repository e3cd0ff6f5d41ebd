// Every setting: one table with what it is called, which environment variables give it, its default and one sentence about it,
// and what is wrong with a value. Where values are looked for is core/setting-layers.ts. Reads no file; callers bring the texts.
import { READY_STAGES } from './core/catalog.ts';
import { CLIENT_ID_POLICIES } from './core/client-id.ts';
import { DIALECTS } from './core/dialects.ts';
import { milliseconds } from './core/duration.ts';
import { didYouMean } from './core/nearest.ts';
import { publicAddressOf, type PublicTemplate } from './core/public-address.ts';
import {
  describeOrigin,
  type Found,
  type Layer,
  layersOf,
  type Origin,
  type ProjectFile,
  refusedInProject,
  type SettingSources,
  type UserFile,
  type Variable,
} from './core/setting-layers.ts';
import * as types from './core/setting-types.ts';
import { SIDE_MAX, SIDE_MIN } from './core/size.ts';
import { VncctlError } from './errors.ts';

/** One row of the table. */
export interface SettingDefinition<T = unknown, D = T | undefined> {
  type: types.SettingType<T>;
  default: D;
  /** Variables of the systems vncctl descends from, strongest first; `VNCCTL_<NAME>` comes before them all. */
  ancestors: readonly Variable[];
  /** One sentence without a full stop. */
  about: string;
  /** Whether a .env file in the working directory may give it: it describes new desktops and nothing else. */
  inProject: boolean;
}

function setting<T, const D extends T | undefined>(type: types.SettingType<T>, fallback: D, about: string, ancestors: readonly (string | Variable)[] = []): SettingDefinition<T, D> {
  const named = ancestors.map((entry) => (typeof entry === 'string' ? { name: entry, adapt: (typed: string) => typed } : entry));
  return { type, default: fallback, about, ancestors: named, inProject: false };
}

/** A row that describes new desktops: a stranger's .env file can do no harm with it. */
function ofNewDesktops<T, D>(row: SettingDefinition<T, D>): SettingDefinition<T, D> {
  return { ...row, inProject: true };
}

/** Each setting that is right only together with another one. */
const PARTNERS: Readonly<Partial<Record<string, SettingName>>> = { portMin: 'portMax', portMax: 'portMin', publicUrl: 'host', host: 'publicUrl' };
const PORT = types.integer(1, 65_535);
const SIDE = types.integer(SIDE_MIN, SIDE_MAX);
const ENGINE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;
/** An ancestor's number in a unit of its own. */
const inUnit = (name: string, unit: string): Variable => ({ name, adapt: (typed) => (/^\d+(\.\d+)?$/.test(typed) && Number(typed) > 0 ? `${typed}${unit}` : typed) });
/** One side of `1920x1080x24`. */
const sideOf = (index: 0 | 1): Variable => ({ name: 'RUNNER_VNC_RESOLUTION', adapt: (typed) => typed.split('x')[index] ?? typed });
/** A JSON list, or one with commas. */
const corsList: Variable = { name: 'CONTROL_CORS_ORIGINS', adapt: (typed) => typed.replace(/^\[|\]$|["'\s]/g, '') };
const lastOfRange: Variable = { name: 'PORT_RANGE_END', adapt: (typed) => (/^\d+$/.test(typed) ? String(Number(typed) - 1) : typed) };

/** The table. An undefined default means "not set"; the sentence says what happens then. */
export const SETTINGS = {
  instance: setting(types.text('a name of lower-case letters, digits, "_", "." and "-", at most 31', /^[a-z0-9][a-z0-9_.-]{0,30}$/), 'default', 'this installation of vncctl; two on one host never see each other\'s desktops'),
  engine: setting(types.text('an endpoint like unix:///var/run/docker.sock or tcp://host:2376, or the word "embedded"', /^(embedded|(unix|tcp|ssh|http|https|npipe):\/\/\S+)$/), undefined, 'the container engine: an endpoint, or "embedded"; not set, it is found as the docker command finds it'),
  engineDeadline: setting(types.duration, milliseconds(15_000), 'how long one engine call may take'),
  image: ofNewDesktops(setting(types.text('a key of the catalog or an image reference', /^[a-zA-Z0-9][a-zA-Z0-9_./:@-]*$/), 'firefox-kiosk', 'the image of a new desktop: a key of the catalog or an image reference', ['VNC_IMAGE'])),
  url: ofNewDesktops(setting(types.webAddress, undefined, 'the page a new desktop shows; not set, a welcome page')),
  app: ofNewDesktops(setting(types.text('a program with its arguments, on one line', /^[^\n\r]+$/), undefined, 'the program of a new desktop as older set-ups spell it, like "firefox-kiosk https://example.org"; gives url where that is not set', ['VNC_APPNAME'])),
  width: ofNewDesktops(setting(SIDE, 1280, 'width of a new desktop in pixels', ['VNC_WIDTH', sideOf(0)])),
  height: ofNewDesktops(setting(SIDE, 720, 'height of a new desktop in pixels', ['VNC_HEIGHT', sideOf(1)])),
  host: setting(types.hostName, '127.0.0.1', 'host name in the links to desktops', ['VNC_HOST']),
  bind: setting(types.ipAddress, '127.0.0.1', 'address that desktops are published on; 0.0.0.0 opens them to the network'),
  portMin: setting(PORT, 5000, 'first port of the range desktops are published on', ['PORT_RANGE_MIN', 'PORT_RANGE_START']),
  portMax: setting(PORT, 5020, 'last port of the range desktops are published on', ['PORT_RANGE_MAX', lastOfRange]),
  containerPort: setting(PORT, 6080, 'port of noVNC inside images that are given by reference', ['VNC_CONTAINER_PORT']),
  network: setting(types.text('a network name of letters, digits, "_", "." and "-"', ENGINE_NAME), 'vncctl', 'network of the desktops; they can\'t reach each other on it', ['DOCKER_NETWORK_NAME']),
  hostAccess: setting(types.choice(['auto', 'on', 'off']), 'auto', 'whether desktops reach the services of this host and link-local addresses (of a cloud\'s metadata), decided when their network is made: on, off, or auto for off on the embedded engine and as the engine has it elsewhere'),
  subnet: setting(types.subnet, undefined, 'addresses of that network when it is made; not set, the engine chooses', ['DOCKER_NETWORK_SUBNET']),
  prefix: setting(types.text('a beginning of a container name: letters, digits, "_", "." and "-", the first a letter or digit', /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,30}$/), 'vnc_', 'what the names of the containers begin with', ['CONTAINER_BASE_NAME']),
  clientIds: setting(types.choice(CLIENT_ID_POLICIES), 'cpf', 'which client ids are taken: cpf, cpf-strict (right check digits only) or any'),
  naming: setting(types.choice(['labelled', 'plain', 'hashed']), undefined, 'how client ids appear: labelled (a keyed hash in container names, the id in labels), plain (the id in both) or hashed (the hash in both); not set, labelled, or plain where an older version has begun'),
  mask: setting(types.flag, false, 'whether tables hide the middle of client ids'),
  stateFile: setting(types.text('a path', /^[^\0]+$/), undefined, 'file that holds the state; not set, one for each instance in the state folder', ['STATE_FILE']),
  color: setting(types.choice(['auto', 'always', 'never']), 'auto', 'when to use colour: auto, always or never'),
  parallel: setting(types.integer(1, 64), 8, 'how many desktops are removed at once'),
  wait: ofNewDesktops(setting(types.choice(READY_STAGES), undefined, 'how far a desktop has to be before up returns: running, rfb, window or page; not set, the image decides')),
  idle: setting(types.limit, milliseconds(15 * 60_000), 'pause a desktop that nobody has looked at for this long; never switches it off'),
  removeAfter: setting(types.limit, milliseconds(8 * 3_600_000), 'remove a desktop that nobody has looked at for this long', [inUnit('IDLE_TIMEOUT_HOURS', 'h'), inUnit('CONTAINER_NO_CLIENT_TIMEOUT', 'm')]),
  inputIdle: setting(types.limit, 'never', 'remove a desktop that nobody has typed into or pointed at for this long'),
  ttl: setting(types.limit, 'never', 'remove a desktop this long after its creation or its last touch, used or not'),
  maxAge: setting(types.limit, 'never', 'remove a desktop this long after its creation, whatever happens'),
  warnBefore: setting(types.limit, milliseconds(5 * 60_000), 'how long before a removal it is announced'),
  pauseDirect: setting(types.flag, false, 'whether idle desktops that are reached through their own port are paused too; a look at one then wakes it within seconds, while the daemon runs'),
  pool: setting(types.imageCounts, [], 'how many warm desktops are kept ready, like firefox-kiosk=3,desktop=1, or a number for the default image; up then takes one instead of making one', ['WARM_POOL_SIZE', 'RUNNER_PREWARM_VNC', 'RUNNER_PREWARM_HEADLESS']),
  poolMaxAge: setting(types.limit, milliseconds(4 * 3_600_000), 'how old a warm desktop may become before it is replaced'),
  reserveMemory: setting(types.bytes, 256 * 1024 ** 2, 'how much of the host\'s memory stays free: a desktop that would take of it is not started; off, and nobody looks'),
  diskMax: setting(types.diskBytes, 2 * 1024 ** 3, 'how much a desktop may write to the disk of the host before the daemon removes it, where its image says nothing; off, and nobody looks'),
  queue: ofNewDesktops(setting(types.wait, 'off', 'how long up waits where there is no memory or no port for a new desktop, first come, first served; off, and it fails at once')),
  sweepInterval: setting(types.duration, milliseconds(30_000), 'how often the daemon looks at all desktops; with cron, how often cron does', [inUnit('CLEANUP_INTERVAL_MINUTES', 'm'), inUnit('RUNNER_PREWARM_CHECK_INTERVAL_SECONDS', 's')]),
  listen: setting(types.listenAddress, { host: '127.0.0.1', port: 8080 }, 'where the daemon answers, or off; while it does, links go through it and new desktops need no port', ['ORCHESTRATOR_PORT', 'CONTROL_PORT']),
  publicUrl: setting(types.publicTemplate, undefined, 'address of the daemon in the links where a proxy stands in front of it, like https://example.org/vnc or https://{id}.example.org/; not set, where the daemon answers'),
  trustedProxies: setting(types.networks, [], 'addresses and networks of proxies whose X-Forwarded headers are believed; none for nobody\'s'),
  tlsCert: setting(types.absolutePath, undefined, 'file with the certificate (PEM, with its chain) that the daemon answers with TLS by; read again when it changes'),
  tlsKey: setting(types.absolutePath, undefined, 'file with the key of that certificate'),
  connectTimeout: setting(types.duration, milliseconds(5_000), 'how long the screen of a desktop may take to answer a viewer', [inUnit('TCP_CONNECT_TIMEOUT_MS', 'ms')]),
  viewerTimeout: setting(types.duration, milliseconds(300_000), 'how long a viewer may be silent, also to pings, before it is dropped', [inUnit('TCP_IDLE_TIMEOUT_MS', 'ms'), inUnit('WS_READ_TIMEOUT_MS', 'ms')]),
  pingInterval: setting(types.duration, milliseconds(25_000), 'how often viewers are asked whether they are still there'),
  maxViewers: setting(types.integer(1, 100_000), 1_000, 'how many viewers the daemon serves at once', ['MAX_CONCURRENT_SESSIONS']),
  drain: setting(types.duration, milliseconds(30_000), 'how long a daemon that ends waits for viewers which do not leave when they are told to', [inUnit('SHUTDOWN_GRACE_MS', 'ms')]),
  auth: setting(types.choice(['token', 'none']), 'token', 'what the API asks of whoever comes over the network: token, or none where listen is an address of this machine only'),
  corsOrigins: setting(types.origins, [], 'origins whose pages may use the API, like https://example.org, with commas between; or * for all, without credentials; not set, nobody\'s', [corsList]),
  dialects: setting(types.words(DIALECTS), [], 'which of its ancestors\' clients the daemon answers too: kiosk-orchestrator, browser-fleet, curated-desktops, with commas between; not set, none'),
  logFormat: setting(types.choice(['auto', 'text', 'json']), 'auto', 'how the daemon writes its log: text, json, or auto for text that suits where it goes'),
  hook: setting(types.text('a command or a web address', /^[^\n\r]+$/), undefined, 'command that is run, or address that is posted to, when a desktop was created, got ready, was warned, paused, woken or removed'),
  hookTimeout: setting(types.duration, milliseconds(10_000), 'how long a hook may take'),
  timeout: ofNewDesktops(setting(types.duration, undefined, 'how long up waits for a desktop; not set, the image decides')),
} as const;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

type ValueOf<N extends SettingName> = (typeof SETTINGS)[N] extends SettingDefinition<infer T, infer D> ? (undefined extends D ? T | undefined : T) : never;

/** Every setting's value; undefined where nothing is set and there is no default. */
export type Settings = { readonly [N in SettingName]: ValueOf<N> };

/** One setting as found. `text` is as typed (the default's spelling otherwise); `fault` is set when it can't be used. */
export interface ResolvedSetting {
  name: SettingName;
  text: string;
  value: unknown;
  origin: Origin;
  fault?: string;
}

/** Everything that was found, right or wrong: `config list` shows it, `settingsOf` refuses what is wrong. */
export interface SettingsReading {
  settings: readonly ResolvedSetting[];
  warnings: readonly string[];
  /** The user file as it was read. */
  user: UserFile | undefined;
}

/** The row of a name; its value type is not known to the caller. */
export function definitionOf(name: SettingName): SettingDefinition {
  return SETTINGS[name] as SettingDefinition;
}

/** Whether a word is the name of a setting. */
export function isSettingName(word: string): word is SettingName {
  return Object.hasOwn(SETTINGS, word);
}

/** The setting of that name. Throws SETTING_NOT_FOUND with the nearest. */
export function getSettingName(word: string): SettingName {
  if (isSettingName(word)) return word;
  throw new VncctlError('SETTING_NOT_FOUND', `there is no setting "${word}"${didYouMean(word, SETTING_NAMES)}`, { hint: 'see them all: vncctl config list' });
}

/** vncctl's own variable of a setting: `portMin` is `VNCCTL_PORT_MIN`. */
export function ownVariable(name: SettingName): string {
  return `VNCCTL_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Every variable that gives a setting, strongest first. */
function variablesOf(name: SettingName): Variable[] {
  return [{ name: ownVariable(name), adapt: (typed) => typed }, ...definitionOf(name).ancestors];
}

/** Looks every setting up. Never throws: what is wrong is a `fault` of its setting. */
export function readSettings(sources: SettingSources): SettingsReading {
  const layers = layersOf(sources, variablesOf, inProject);
  const settings = SETTING_NAMES.map((name) => resolve(name, layers));
  checkPortRange(settings);
  checkPublicUrl(settings);
  const { project, user } = sources;
  return { settings, warnings: [...(project ? projectWarnings(project) : []), ...(user ? unknownKeys(user) : [])], user };
}

/** The values. Throws one BAD_SETTING that names every fault and where each came from. */
export function settingsOf(reading: Pick<SettingsReading, 'settings'>): Settings {
  const wrong = reading.settings.filter(({ fault }) => fault !== undefined);
  const [first] = wrong;
  if (first) {
    const lines = wrong.map(({ name, fault, origin }) => `${name}: ${fault} (from ${describeOrigin(origin)})`);
    const message = lines.length === 1 ? `wrong setting ${lines[0]}` : `${lines.length} settings are wrong:\n${lines.map((line) => `  ${line}`).join('\n')}`;
    throw new VncctlError('BAD_SETTING', message, { hint: cureOf(first) });
  }
  return Object.fromEntries(reading.settings.map(({ name, value }) => [name, value])) as unknown as Settings;
}

/** Checks a value that is about to be stored in the user file, alone and with what the file holds; returns the JSON to store. Throws BAD_SETTING. */
export function checkChange(name: SettingName, typed: string, user: UserFile): string | number | boolean {
  const { type } = definitionOf(name);
  const value = type.read(typed);
  if (value === undefined) throw new VncctlError('BAD_SETTING', `${name}: ${JSON.stringify(typed)} is not ${type.form}`, { hint: `take it back to its default: vncctl config unset ${name}` });
  const stored = type.json === 'text' ? typed : (value as number | boolean);
  const other = PARTNERS[name];
  if (other === undefined) return stored;
  // What the environment says today is no reason to refuse what is to hold tomorrow.
  const together = readSettings({ env: {}, user: { file: user.file, values: { ...user.values, [name]: stored } } }).settings;
  const fault = together.find((setting) => (setting.name === name || setting.name === other) && setting.fault !== undefined && setting.value !== undefined)?.fault;
  if (fault !== undefined) throw new VncctlError('BAD_SETTING', `${name}: ${fault}`, { hint: `set the other one first: vncctl config set ${other} …` });
  return stored;
}

function resolve(name: SettingName, layers: readonly Layer<SettingName>[]): ResolvedSetting {
  const { type, default: fallback } = definitionOf(name);
  for (const layer of layers) {
    const found = layer.find(name) ?? (name === 'url' ? pageOfApp(layer) : undefined);
    if (!found) continue;
    if (found.fault !== undefined) return { name, value: undefined, ...found };
    const value = type.read(found.text);
    if (value !== undefined) return { name, ...found, value };
    return { name, ...found, value, fault: `${JSON.stringify(found.text)} is not ${type.form}` };
  }
  return { name, text: fallback === undefined ? '' : type.spell(fallback), value: fallback, origin: { kind: 'default' } };
}

/** The page that the older spelling of the program names; it counts where its own layer doesn't set `url`. */
function pageOfApp(layer: Layer<SettingName>): Found | undefined {
  const app = layer.find('app');
  const page = app?.text.split(/\s+/).find((word) => /^https?:\/\//i.test(word));
  return app && page !== undefined ? { text: page, origin: app.origin } : undefined;
}

function checkPortRange(settings: readonly ResolvedSetting[]): void {
  const min = settings.find(({ name }) => name === 'portMin');
  const max = settings.find(({ name }) => name === 'portMax');
  if (typeof min?.value !== 'number' || typeof max?.value !== 'number' || min.value <= max.value) return;
  // Blame the one that somebody typed.
  const blamed = min.origin.kind === 'default' ? max : min;
  blamed.fault =
    blamed === min
      ? `${min.value} is above portMax, which is ${max.value} (${describeOrigin(max.origin)})`
      : `${max.value} is below portMin, which is ${min.value} (${describeOrigin(min.origin)})`;
}

function checkPublicUrl(settings: readonly ResolvedSetting[]): void {
  const [template, host] = [settings.find(({ name }) => name === 'publicUrl'), settings.find(({ name }) => name === 'host')];
  if (template?.value === undefined || typeof host?.value !== 'string' || publicAddressOf(template.value as PublicTemplate, host.value)) return;
  template.fault = `${JSON.stringify(template.text)} makes no host name with the host ${host.value} (${describeOrigin(host.origin)})`;
}

function inProject(name: SettingName): boolean {
  return definitionOf(name).inProject;
}

function projectWarnings(project: ProjectFile): string[] {
  if (project.refused !== undefined) return [`${project.file} is not read: ${project.refused}`];
  const ignored = refusedInProject(project, SETTING_NAMES, variablesOf, inProject);
  const [first] = ignored;
  if (!first) return [];
  const variables = ignored.map(({ variable }) => variable).join(', ');
  const cure = ignored.length === 1 ? `vncctl config set ${first.name} …` : `vncctl config import ${project.file}`;
  return [`ignored in ${project.file}, which gives only what describes new desktops: ${variables}; to set ${ignored.length === 1 ? 'it' : 'them'}: ${cure}`];
}

function unknownKeys({ file, values }: UserFile): string[] {
  return Object.keys(values)
    .filter((key) => !isSettingName(key))
    .map((key) => `unknown setting "${key}" in ${file}${didYouMean(key, SETTING_NAMES)}; ignored`);
}

function cureOf({ name, origin }: ResolvedSetting): string {
  switch (origin.kind) {
    case 'user':
      return `vncctl config unset ${name}   (or give it a right value with: vncctl config set ${name} …)`;
    case 'environment':
      return `change or unset ${origin.variable}; what is set, and where: vncctl config list`;
    case 'project':
      return `change ${origin.variable} in ${origin.file}; what is set, and where: vncctl config list`;
    case 'flag':
    case 'default':
      return 'what is set, and where: vncctl config list';
  }
}
