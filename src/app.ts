// The composition root: from settings to the engine, the store and the use-cases' collaborators. Everything heavy is loaded on
// first use, so that a verb pays only for what it touches.
import { readFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CatalogEntry } from './core/catalog.ts';
import type { Io } from './commands/context.ts';
import { createCatalog } from './core/catalog-lookup.ts';
import { type Clock, systemClock } from './core/clock.ts';
import type { Catalog, Desktops, Installation, ProcessTable } from './core/desktops.ts';
import type { Engine } from './core/engine.ts';
import { clientHash, type Naming } from './core/identity.ts';
import type { ImageBuilding, ImageSources } from './core/images.ts';
import type { InstanceJournal } from './core/journal.ts';
import type { HostPorts } from './core/ports.ts';
import type { DesktopProbe } from './core/readiness.ts';
import type { Store } from './core/store.ts';
import type { EmbeddedEngine, EmbeddedWiring } from './engine/embedded/operations.ts';
import { embeddedPaths } from './engine/embedded/paths.ts';
import { type Endpoint, machineFiles, resolveEndpoint } from './engine/endpoint.ts';
import { hostPorts } from './engine/host-ports.ts';
import { ownProcesses } from './engine/host-processes.ts';
import { isVncctlError, VncctlError } from './errors.ts';
import { isSettingName, readSettings, type SettingName, type Settings, type SettingsReading, settingsOf } from './settings.ts';
import { changeConfigFile, readConfigFile } from './store/config-file.ts';
import { createFileStore } from './store/file-store.ts';
import { withLock } from './store/lock.ts';
import { eventsFileOf, type Paths, instanceKeyFileOf, pathsOf, stateFileOf } from './store/paths.ts';
import { findProjectFile } from './store/project-file.ts';

/** Parts that tests replace. */
export interface AppParts {
  engine: Engine;
  store: Store;
  /** The built-in entries; the user's own are read all the same. */
  catalog: readonly CatalogEntry[];
  imageSources: ImageSources;
  hostPorts: HostPorts;
  probe: DesktopProbe;
  clock: Clock;
  processes: ProcessTable;
  homedir: string;
}

export interface App {
  readonly version: string;
  readonly settings: Settings;
  readonly reading: SettingsReading;
  readonly paths: Paths;
  readonly clock: Clock;
  /** Folder of the installed package: templates and built files. */
  readonly root: string;
  /** Where the engine is, and what chose it. ENGINE_MISSING when none is found. */
  endpoint(): Promise<Endpoint>;
  engine(): Promise<Engine>;
  store(): Promise<Store>;
  catalog(): Promise<Catalog>;
  /** Everything the use-cases of desktops work with. */
  desktops(): Promise<Desktops>;
  images(): Promise<ImageBuilding>;
  embedded(): Promise<EmbeddedEngine>;
  journal(): Promise<InstanceJournal>;
  /** Sets or (undefined) unsets one of the user's settings; the value is checked already. */
  changeSetting(name: string, value: string | number | boolean | undefined): Promise<void>;
  /** Drops connections, so that the process can end. */
  close(): void;
}

/** What this run was started with. */
export interface AppInput {
  io: Io;
  version: string;
  /** The program's own flags, as commander gives them. */
  flags: Readonly<Record<string, unknown>>;
}

/** Puts the program together. Reads the settings at once (BAD_SETTING when they can't be used) and dials nothing. */
export function createApp(input: AppInput, parts: Partial<AppParts> = {}): App {
  const { io } = input;
  const warn = (message: string): void => void io.stderr.write(`warning: ${message}\n`);
  const home = parts.homedir ?? homedir();
  const clock = parts.clock ?? systemClock;
  const paths = pathsOf(io.env, home);
  const reading = readSettings({
    flags: settingFlags(input.flags),
    env: io.env,
    project: findProjectFile(io.cwd),
    user: { file: paths.userFile, values: readConfigFile(paths.userFile) },
  });
  // Known even where other settings are wrong, since that failure is printed too. A choice in a file gives way to NO_COLOR.
  const color = reading.settings.find(({ name }) => name === 'color');
  if (color?.origin.kind === 'flag' || (color?.origin.kind !== 'default' && !io.env['NO_COLOR'])) io.color = color?.value as Io['color'];
  let settings: Settings | undefined;
  const getSettings = (): Settings => {
    if (settings) return settings;
    for (const warning of reading.warnings) warn(warning);
    settings = settingsOf(reading);
    return settings;
  };
  // The built files and src/app.ts are all one folder below the root of the package.
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  let opened: Engine | undefined;

  const locate = (): Endpoint => {
    const { host, context } = input.flags as { host?: string; context?: string };
    return resolveEndpoint({
      flags: { host, context },
      env: io.env,
      setting: getSettings().engine,
      embeddedSocket: embeddedPaths(paths.state).socket,
      home,
      uid: process.getuid?.(),
      platform: process.platform,
      files: machineFiles,
    });
  };

  const endpoint = once(async (): Promise<Endpoint> => {
    const found = locate();
    if (found.warning) warn(found.warning);
    return found;
  });

  const engine = once(async (): Promise<Engine> => {
    if (parts.engine) return parts.engine;
    const [found, { connectDocker }] = await Promise.all([endpoint(), import('./engine/docker/engine.ts')]);
    opened = connectDocker(found, { deadlineMs: getSettings().engineDeadline });
    return opened;
  });

  const store = once(async (): Promise<Store> => {
    const { instance, stateFile } = getSettings();
    return parts.store ?? createFileStore({ file: stateFileOf(paths, instance, stateFile), warn, now: () => clock.now() });
  });

  const builtIn = (): readonly CatalogEntry[] => parts.catalog ?? readBuiltInCatalog(root);
  const catalogOf = (entries: readonly CatalogEntry[]): Catalog => createCatalog(entries, { containerPort: getSettings().containerPort });

  const catalog = once(async (): Promise<Catalog> => {
    const { loadCatalog } = await import('./store/catalog-files.ts');
    return catalogOf(await loadCatalog({ builtIn: builtIn(), userDir: paths.catalog }));
  });

  // A mistake in somebody's entry must not keep them from listing or removing what is there; `up` asks for the catalog itself.
  const catalogOrBuiltIn = async (): Promise<Catalog> => {
    try {
      return await catalog();
    } catch (error) {
      if (!isVncctlError(error, 'BAD_CATALOG_ENTRY')) throw error;
      warn(`only the built-in catalog is used: ${error.message}`);
      return catalogOf(builtIn());
    }
  };

  const installation = once(async (): Promise<Installation> => {
    const values = getSettings();
    return {
      instance: values.instance,
      prefix: values.prefix,
      naming: values.naming === 'hashed' ? await hashedNaming(paths, values.instance) : { kind: 'plain' },
      network: values.network,
      subnet: values.subnet ?? '',
      bindAddress: values.bind,
      linkHost: values.host,
      ports: { min: values.portMin, max: values.portMax },
      parallel: values.parallel,
      hostCpus: availableParallelism(),
      defaults: { size: { width: values.width, height: values.height }, ...(values.url === undefined ? {} : { url: values.url }) },
    };
  });

  return {
    version: input.version,
    get settings() {
      return getSettings();
    },
    reading,
    paths,
    clock,
    root,
    endpoint,
    engine,
    store,
    catalog,
    desktops: once(async (): Promise<Desktops> => {
      const [theInstallation, theEngine, theStore, theCatalog] = await Promise.all([installation(), engine(), store(), catalogOrBuiltIn()]);
      return {
        installation: theInstallation,
        engine: theEngine,
        store: theStore,
        catalog: theCatalog,
        probe: parts.probe ?? lazyProbe(clock),
        clock,
        hostPorts: parts.hostPorts ?? hostPorts,
        processes: parts.processes ?? ownProcesses,
      };
    }),
    images: once(async (): Promise<ImageBuilding> => {
      const [theEngine, theCatalog, sources] = await Promise.all([engine(), catalog(), parts.imageSources ?? imageSources(root, clock)]);
      return {
        engine: theEngine,
        catalog: theCatalog,
        sources,
        exclusively: (name, signal, work) => exclusively(join(paths.state, `image-${name.replace(/[^A-Za-z0-9_.-]/g, '_')}`), signal, work),
      };
    }),
    embedded: once(async (): Promise<EmbeddedEngine> => {
      const { embeddedEngine } = await import('./engine/embedded/operations.ts');
      const setEngine = (value: string | undefined): Promise<void> => changeConfigFile(paths.userFile, { engine: value });
      return embeddedEngine({
        stateFolder: paths.state,
        clock,
        locate,
        lock: folderLock,
        remember: () => setEngine('embedded'),
        forget: async () => {
          if (readConfigFile(paths.userFile)['engine'] === 'embedded') await setEngine(undefined);
        },
      });
    }),
    journal: once(async (): Promise<InstanceJournal> => {
      const { instance } = getSettings();
      const [{ createEventJournal }, { getInstanceKey }] = await Promise.all([import('./store/event-journal.ts'), import('./store/instance-key.ts')]);
      const key = await getInstanceKey(instanceKeyFileOf(paths, instance));
      return { ...createEventJournal({ file: eventsFileOf(paths, instance), clock, warn }), hashOf: (client) => clientHash(client, key) };
    }),
    changeSetting: (name, value) => changeConfigFile(paths.userFile, { [name]: value }),
    close: () => opened?.close(),
  };
}

/** Only what was typed: the program's flags that are settings too. */
function settingFlags(flags: Readonly<Record<string, unknown>>): Partial<Record<SettingName, string>> {
  const typed: Partial<Record<SettingName, string>> = {};
  for (const [name, value] of Object.entries(flags)) {
    // `host` is the engine's address as a flag and the links' host name as a setting.
    if (name !== 'host' && isSettingName(name) && typeof value === 'string') typed[name] = value;
  }
  if (flags['color'] === false) typed.color = 'never';
  return typed;
}

async function hashedNaming(paths: Paths, instance: string): Promise<Naming> {
  const { getInstanceKey } = await import('./store/instance-key.ts');
  return { kind: 'hashed', key: await getInstanceKey(instanceKeyFileOf(paths, instance)) };
}

function readBuiltInCatalog(root: string): CatalogEntry[] {
  const file = join(root, 'dist/catalog.json');
  try {
    const entries = JSON.parse(readFileSync(file, 'utf8')) as CatalogEntry[];
    // Folders are relative in the file, so that a built package can be moved.
    return entries.map((entry) => (entry.source.kind === 'template' ? { ...entry, source: { ...entry.source, folder: join(root, entry.source.folder) } } : entry));
  } catch (error) {
    throw new VncctlError('BAD_CATALOG_ENTRY', `the built-in catalog can not be read: ${(error as Error).message}`, { hint: 'build it again: npm run build', cause: error });
  }
}

/** The store's lock, for what else only one process may do at a time. */
const folderLock: EmbeddedWiring['lock'] = (folder, waitMs, work) => withLock(folder, () => work(), waitMs);

const IMAGE_WAIT_MS = 60 * 60_000;

/** The same for work that may be interrupted while it waits for its turn. */
function exclusively<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const interrupted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  const done = withLock(
    name,
    () => {
      signal.throwIfAborted();
      return work();
    },
    IMAGE_WAIT_MS,
  );
  return Promise.race([done, interrupted]);
}

async function imageSources(root: string, clock: Clock): Promise<ImageSources> {
  const { baseImageFrom, createImageSources } = await import('./engine/image-sources.ts');
  return createImageSources(join(root, 'dist/viewer'), baseImageFrom(clock, folderLock));
}

// The protocol code is loaded when something is really waited for.
function lazyProbe(clock: Clock): DesktopProbe {
  const probe = once(async () => (await import('./rfb/readiness.ts')).createProbe({ clock }));
  return {
    waitFor: async (stage, target, options) => (await probe()).waitFor(stage, target, options),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
