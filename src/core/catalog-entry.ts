// Checks one catalog entry: from a parsed file to a CatalogEntry, or to every fault in it with its place. Defaults are here.
// Reading files and finding lines is store/catalog-files.ts.
import { type CatalogEntry, type CatalogFault, type CatalogLimits, type CatalogSetting, READY_STAGES } from './catalog.ts';
import { LIMIT_FORM, parseLimit } from './duration.ts';
import { LEASE_FIELDS, type LeaseChanges, type LeaseLengths } from './lease.ts';
import { bytesAt, lineAt, objectAt, onlyKnown, pathAt, secondsAt, wholeAt } from './catalog-values.ts';
import { LEAST_CPUS, LEAST_DISK_BYTES, LEAST_MEMORY_BYTES, LEAST_SHM_BYTES } from './limit-bounds.ts';
import { type Geometry, MAX_SIZE_DEFAULT, MAX_SIZE_FORM, parseMaxSize } from './size.ts';

/** Where an entry came from. `builtIn` entries are built from the folder their file is in; a user's `build` has to name one. */
export interface EntryOrigin {
  key: string;
  /** The file, or `built-in`. */
  origin: string;
  /** Folder that the file is in; absolute. */
  folder: string;
  builtIn: boolean;
  /** Joins a folder and a path relative to it. */
  join(folder: string, path: string): string;
}

type Path = CatalogFault['path'];

/** What a key of the catalog looks like. */
export const CATALOG_KEY = /^[a-z0-9][a-z0-9_.-]{0,62}$/;

const FIELDS = ['title', 'description', 'build', 'image', 'ports', 'viewer', 'websocket', 'variables', 'viewOnly', 'settings', 'limits', 'maxSize', 'needs', 'diskMax', 'lease', 'user', 'capabilities', 'tmpfs', 'init', 'stopGrace', 'removeSignal', 'ready', 'readyTimeout', 'settle'];
const VARIABLES = ['url', 'width', 'height', 'secret', 'client', 'app', 'idleExit'] as const;
const SIGNAL = /^SIG(HUP|INT|QUIT|USR1|USR2|TERM|WINCH)$/;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const REFERENCE = /^[a-zA-Z0-9][a-zA-Z0-9_./:@-]*$/;
const DEFAULT_LIMITS: CatalogLimits = { cpus: 2, memoryBytes: 1024 ** 3, pids: 512, shmSizeBytes: 256 * 1024 ** 2 };
const DEFAULT_NEEDS_BYTES = 256 * 1024 ** 2;

/** Checks a whole entry. All faults are found at once; with any fault there is no entry. */
export function checkEntry(value: unknown, from: EntryOrigin): { entry?: CatalogEntry; faults: CatalogFault[] } {
  const faults: CatalogFault[] = [];
  if (!CATALOG_KEY.test(from.key)) faults.push({ path: [], message: `"${from.key}" is no key of the catalog: lower-case letters, digits, "_", "." and "-"` });
  const fields = objectAt(value, [], faults);
  if (!fields) return { faults };
  onlyKnown(fields, FIELDS, [], faults);
  const entry: CatalogEntry = {
    key: from.key,
    title: lineAt(fields['title'], ['title'], faults),
    description: lineAt(fields['description'], ['description'], faults),
    source: sourceOf(fields, from, faults),
    ports: portsOf(fields['ports'], faults),
    viewerPath: pathAt(fields['viewer'], ['viewer'], '/', faults),
    websocketPath: pathAt(fields['websocket'], ['websocket'], '/websockify', faults),
    variables: variablesOf(fields['variables'], faults),
    ...viewOnlyOf(fields['viewOnly'], Object.hasOwn(Object(fields['variables']), 'secret'), faults),
    settings: settingsOf(fields['settings'], faults),
    limits: limitsOf(fields['limits'], faults),
    maxSize: maxSizeOf(fields['maxSize'], faults),
    needsBytes: bytesAt(fields['needs'], ['needs'], DEFAULT_NEEDS_BYTES, faults),
    ...diskMaxOf(fields['diskMax'], faults),
    lease: leaseOf(fields['lease'], faults),
    user: userOf(fields['user'], fields['image'] === undefined, faults),
    capabilities: capabilitiesOf(fields['capabilities'], faults),
    tmpfs: tmpfsOf(fields['tmpfs'], faults),
    init: initOf(fields['init'], faults),
    stopGraceSeconds: secondsAt(fields['stopGrace'], ['stopGrace'], 5, faults),
    ...removeSignalOf(fields['removeSignal'], faults),
    ready: stageOf(fields['ready'], fields['image'] === undefined, faults),
    readyTimeoutSeconds: secondsAt(fields['readyTimeout'], ['readyTimeout'], 60, faults),
    settleSeconds: secondsAt(fields['settle'], ['settle'], 0, faults),
    origin: from.origin,
  };
  return faults.length > 0 ? { faults } : { entry, faults };
}

function sourceOf(fields: Record<string, unknown>, from: EntryOrigin, faults: CatalogFault[]): CatalogEntry['source'] {
  const none: CatalogEntry['source'] = { kind: 'template', folder: from.folder };
  const { build, image } = fields;
  if ((build === undefined) === (image === undefined)) {
    faults.push({ path: build === undefined ? [] : ['image'], message: build === undefined ? 'one of build and image is needed' : 'build and image exclude each other' });
    return none;
  }
  if (image !== undefined) {
    if (typeof image === 'string' && REFERENCE.test(image)) return { kind: 'pull', reference: image };
    faults.push({ path: ['image'], message: 'an image reference like registry.example/name:tag is expected' });
    return none;
  }
  const options = objectAt(build, ['build'], faults);
  if (!options) return none;
  onlyKnown(options, ['extends', 'folder'], ['build'], faults);
  let extending: string | undefined;
  if (options['extends'] !== undefined) {
    if (typeof options['extends'] === 'string' && CATALOG_KEY.test(options['extends']) && options['extends'] !== from.key) extending = options['extends'];
    else faults.push({ path: ['build', 'extends'], message: 'the key of another entry is expected' });
  }
  let { folder } = from;
  if (options['folder'] !== undefined) {
    if (typeof options['folder'] === 'string' && options['folder'] !== '') folder = from.join(from.folder, options['folder']);
    else faults.push({ path: ['build', 'folder'], message: 'a path relative to this file is expected' });
  } else if (!from.builtIn) {
    faults.push({ path: ['build'], message: 'folder is missing: the folder with the Dockerfile, relative to this file' });
  }
  return { kind: 'template', folder, ...(extending === undefined ? {} : { extends: extending }) };
}

function portsOf(value: unknown, faults: CatalogFault[]): CatalogEntry['ports'] {
  const fields = value === undefined ? {} : (objectAt(value, ['ports'], faults) ?? {});
  onlyKnown(fields, ['web', 'rfb', 'claim'], ['ports'], faults);
  const portAt = (name: string, fallback: number): number => wholeAt(fields[name], ['ports', name], { min: 1, max: 65_535, fallback }, faults);
  return {
    web: portAt('web', 6080),
    ...(fields['rfb'] === undefined ? {} : { rfb: portAt('rfb', 5900) }),
    ...(fields['claim'] === undefined ? {} : { claim: portAt('claim', 5901) }),
  };
}

function variablesOf(value: unknown, faults: CatalogFault[]): CatalogEntry['variables'] {
  const fields = value === undefined ? {} : (objectAt(value, ['variables'], faults) ?? {});
  onlyKnown(fields, VARIABLES, ['variables'], faults);
  const variables: CatalogEntry['variables'] = {};
  for (const role of VARIABLES) {
    const name = fields[role];
    if (name === undefined) continue;
    if (typeof name === 'string' && VARIABLE_NAME.test(name)) variables[role] = name;
    else faults.push({ path: ['variables', role], message: 'the name of an environment variable is expected' });
  }
  return variables;
}

function viewOnlyOf(value: unknown, hasSecret: boolean, faults: CatalogFault[]): Pick<CatalogEntry, 'viewOnly'> {
  if (value !== undefined && value !== 'password') faults.push({ path: ['viewOnly'], message: 'password is expected, or nothing' });
  else if (value && !hasSecret) faults.push({ path: ['viewOnly'], message: 'it needs variables.secret, which its password follows from' });
  return value === 'password' ? { viewOnly: value } : {};
}

function settingsOf(value: unknown, faults: CatalogFault[]): CatalogEntry['settings'] {
  const settings = new Map<string, CatalogSetting>();
  for (const [name, setting] of Object.entries(value === undefined ? {} : (objectAt(value, ['settings'], faults) ?? {}))) {
    const path = ['settings', name];
    if (!VARIABLE_NAME.test(name)) faults.push({ path, message: `"${name}" is no name of an environment variable` });
    const checked = settingOf(setting, path, faults);
    if (checked) settings.set(name, checked);
  }
  return Object.fromEntries(settings);
}

function settingOf(value: unknown, path: Path, faults: CatalogFault[]): CatalogSetting | undefined {
  const fields = objectAt(value, path, faults);
  if (!fields) return undefined;
  onlyKnown(fields, ['description', 'default', 'pattern'], path, faults);
  const setting: CatalogSetting = { description: lineAt(fields['description'], [...path, 'description'], faults) };
  let pattern: RegExp | undefined;
  if (fields['pattern'] !== undefined) {
    pattern = typeof fields['pattern'] === 'string' ? compile(fields['pattern']) : undefined;
    if (pattern) setting.pattern = String(fields['pattern']);
    else faults.push({ path: [...path, 'pattern'], message: 'a regular expression in quotes is expected' });
  }
  const preset = fields['default'];
  if (preset === undefined) return setting;
  if (typeof preset === 'object') faults.push({ path: [...path, 'default'], message: 'text or a number is expected' });
  else setting.default = String(preset);
  if (pattern && setting.default !== undefined && !pattern.test(setting.default)) faults.push({ path: [...path, 'default'], message: `"${setting.default}" does not match its own pattern` });
  return setting;
}

function limitsOf(value: unknown, faults: CatalogFault[]): CatalogLimits {
  const fields = value === undefined ? {} : (objectAt(value, ['limits'], faults) ?? {});
  onlyKnown(fields, ['cpus', 'memory', 'pids', 'shm'], ['limits'], faults);
  const { cpus } = fields;
  const cpusRight = cpus === undefined || (typeof cpus === 'number' && cpus >= LEAST_CPUS && cpus <= 1024);
  if (!cpusRight) faults.push({ path: ['limits', 'cpus'], message: `a number of processors like 2 or 0.5 is expected, ${LEAST_CPUS} at least` });
  return {
    cpus: typeof cpus === 'number' && cpusRight ? cpus : DEFAULT_LIMITS.cpus,
    memoryBytes: bytesAt(fields['memory'], ['limits', 'memory'], DEFAULT_LIMITS.memoryBytes, faults, LEAST_MEMORY_BYTES),
    pids: wholeAt(fields['pids'], ['limits', 'pids'], { min: 16, max: 1_000_000, fallback: DEFAULT_LIMITS.pids }, faults),
    shmSizeBytes: bytesAt(fields['shm'], ['limits', 'shm'], DEFAULT_LIMITS.shmSizeBytes, faults, LEAST_SHM_BYTES),
  };
}

function maxSizeOf(value: unknown, faults: CatalogFault[]): Geometry {
  const size = value === undefined ? MAX_SIZE_DEFAULT : parseMaxSize(String(value));
  if (size === undefined) faults.push({ path: ['maxSize'], message: `${MAX_SIZE_FORM} is expected` });
  return size ?? MAX_SIZE_DEFAULT;
}

function diskMaxOf(value: unknown, faults: CatalogFault[]): Pick<CatalogEntry, 'diskMax'> {
  if (value === undefined) return {};
  // Some readers of YAML take an off without quotes for false.
  const off = value === false || (typeof value === 'string' && value.toLowerCase() === 'off');
  return { diskMax: off ? 'off' : bytesAt(value, ['diskMax'], 0, faults, LEAST_DISK_BYTES) };
}

function leaseOf(value: unknown, faults: CatalogFault[]): LeaseChanges {
  const fields = value === undefined ? {} : (objectAt(value, ['lease'], faults) ?? {});
  onlyKnown(fields, LEASE_FIELDS, ['lease'], faults);
  const lease: Partial<LeaseLengths> = {};
  for (const field of LEASE_FIELDS) {
    const typed = fields[field];
    if (typed === undefined) continue;
    const length = typeof typed === 'string' || typed === 0 ? parseLimit(String(typed)) : undefined;
    if (length === undefined) faults.push({ path: ['lease', field], message: `${LIMIT_FORM} is expected` });
    else lease[field] = length;
  }
  return lease;
}

// An image of somebody else's brings its own user; a template of ours is made for an ordinary one.
function userOf(value: unknown, isTemplate: boolean, faults: CatalogFault[]): string {
  const fallback = isTemplate ? '1000:1000' : 'image';
  if (value === undefined) return fallback;
  if (typeof value === 'string' && /^(image|[a-z_][a-z0-9_-]*(:[a-z_][a-z0-9_-]*)?|\d+(:\d+)?)$/.test(value)) return value;
  // Without quotes some readers of YAML take 1000:1000 for a number to the base of 60.
  faults.push({ path: ['user'], message: 'a user like "1000:1000" in quotes is expected, or image for the image\'s own' });
  return fallback;
}

function capabilitiesOf(value: unknown, faults: CatalogFault[]): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    faults.push({ path: ['capabilities'], message: 'a list is expected' });
    return [];
  }
  const names: string[] = [];
  for (const [index, name] of value.entries()) {
    if (typeof name === 'string' && /^(CAP_)?[A-Z_]+$/.test(name) && name !== 'ALL') names.push(name.replace(/^CAP_/, ''));
    else faults.push({ path: ['capabilities', index], message: 'the name of one Linux capability like CHOWN is expected' });
  }
  return names;
}

function tmpfsOf(value: unknown, faults: CatalogFault[]): CatalogEntry['tmpfs'] {
  const tmpfs: Record<string, string> = {};
  for (const [place, options] of Object.entries(value === undefined ? {} : (objectAt(value, ['tmpfs'], faults) ?? {}))) {
    if (!place.startsWith('/')) faults.push({ path: ['tmpfs', place], message: 'an absolute path is expected' });
    if (typeof options === 'string') tmpfs[place] = options;
    else if (options === null) tmpfs[place] = '';
    else faults.push({ path: ['tmpfs', place], message: 'mount options like "rw,size=64m" are expected' });
  }
  return tmpfs;
}

function initOf(value: unknown, faults: CatalogFault[]): CatalogEntry['init'] {
  if (value === undefined || value === 'engine') return 'engine';
  if (value !== 'image') faults.push({ path: ['init'], message: 'one of engine, image is expected' });
  return 'image';
}

function removeSignalOf(value: unknown, faults: CatalogFault[]): Pick<CatalogEntry, 'removeSignal'> {
  if (value === undefined) return {};
  if (typeof value === 'string' && SIGNAL.test(value)) return { removeSignal: value };
  faults.push({ path: ['removeSignal'], message: 'the name of a signal that a program can answer, like SIGUSR1, is expected' });
  return {};
}

// Of an image that is only known by its reference no more can be promised than that VNC answers.
function stageOf(value: unknown, isTemplate: boolean, faults: CatalogFault[]): CatalogEntry['ready'] {
  const fallback = isTemplate ? 'page' : 'rfb';
  if (value === undefined) return fallback;
  const stage = READY_STAGES.find((name) => name === value);
  if (!stage) faults.push({ path: ['ready'], message: `one of ${READY_STAGES.join(', ')} is expected` });
  return stage ?? fallback;
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    return undefined;
  }
}
