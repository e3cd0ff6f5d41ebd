// The composition root: from settings to the engine, the store and the use-cases' collaborators. Everything heavy is loaded on
// first use, so that a verb pays only for what it touches.
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lazyProbe, warmTools } from './app/lazy-tools.ts';
import { builtInCatalog, type CatalogSources, makeInstallation, readCatalog } from './app/installation.ts';
import type { CatalogEntry } from './core/catalog.ts';
import type { ServiceParts, Services } from './app/services.ts';
import type { DesktopGiver } from './app/desktop-giver.ts';
import { once } from './app/once.ts';
import { settingFlags } from './app/setting-flags.ts';
import type { DaemonOptions } from './app/watching.ts';
import type { Io } from './commands/context.ts';
import type { ActivitySource } from './core/activity.ts';
import { type Clock, systemClock } from './core/clock.ts';
import type { DaemonControl } from './core/control.ts';
import type { Catalog, Desktops, ProcessTable, WarmTools } from './core/desktops.ts';
import type { Engine } from './core/engine.ts';
import type { BootClock } from './core/gap.ts';
import { clientHash } from './core/identity.ts';
import type { ImageBuilding, ImageSources } from './core/images.ts';
import type { InstanceJournal } from './core/journal.ts';
import type { HostMemory } from './core/host-memory.ts';
import type { HostPorts } from './core/ports.ts';
import { gatewayAddress, type PublicAddress } from './core/public-address.ts';
import type { DesktopProbe } from './core/readiness.ts';
import type { Sweep, SweepOptions } from './core/reap.ts';
import type { Store } from './core/store.ts';
import type { TicketStore } from './core/tickets.ts';
import type { TokenStore } from './core/tokens.ts';
import type { Trial } from './core/test-image.ts';
import type { EmbeddedEngine, EmbeddedWiring } from './engine/embedded/operations.ts';
import { embeddedSocketOf } from './engine/embedded/paths.ts';
import { type Endpoint, machineFiles, resolveEndpoint } from './engine/endpoint.ts';
import { hostMemory } from './engine/host-memory.ts';
import { hostPorts } from './engine/host-ports.ts';
import { ownProcesses } from './engine/host-processes.ts';
import { isVncctlError } from './errors.ts';
import { readSettings, SETTINGS, type Settings, type SettingsReading, settingsOf } from './settings.ts';
import { changeConfigFile, readConfigFile } from './store/config-file.ts';
import { findDaemon, type RunningDaemon } from './store/daemon-lock.ts';
import { createFileStore } from './store/file-store.ts';
import { withInterruptibleLock, withLock } from './store/lock.ts';
import { daemonFileOf, daemonSocketOf, eventsFileOf, type Paths, instanceKeyFileOf, pathsOf, stateFileOf, ticketsFileOf, tokensFileOf } from './store/paths.ts';
import { findProjectFile } from './store/project-file.ts';

/** Parts that tests replace. */
export interface AppParts {
  engine: Engine;
  store: Store;
  /** The built-in entries; the user's own are read all the same. */
  catalog: readonly CatalogEntry[];
  imageSources: ImageSources;
  hostPorts: HostPorts;
  memory: HostMemory;
  probe: DesktopProbe;
  clock: Clock;
  processes: ProcessTable;
  warm: WarmTools;
  homedir: string;
  services: ServiceParts;
  activity: ActivitySource;
  boot: BootClock;
  control: DaemonControl;
}

export interface App {
  readonly version: string;
  readonly settings: Settings;
  readonly reading: SettingsReading;
  readonly paths: Paths;
  /** Path of the Unix socket where the daemon of the instance answers, if one runs. */
  readonly socket: string;
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
  /** What trying to leave a kiosk needs. BAD_ESCAPE_TABLE when the table of tries can't be used. */
  trial(): Promise<Trial>;
  /** Gives out desktops, by the daemon where one runs that would do the same. */
  giver(): Promise<DesktopGiver>;
  embedded(): Promise<EmbeddedEngine>;
  /** Tells who uses which desktop. */
  activity(): Promise<ActivitySource>;
  /** The daemon of the instance that runs now; undefined when none does. */
  daemon(): RunningDaemon | undefined;
  /** The daemon of the instance, to be asked. DAEMON_NOT_RUNNING when none runs, or one that can't be. */
  control(): Promise<DaemonControl>;
  /** One sweep by this process; a dry run changes nothing. */
  sweepOnce(options: Pick<SweepOptions, 'signal' | 'dryRun'>): Promise<Sweep>;
  /** Watches until the signal aborts. DAEMON_RUNNING when another process does, PORT_TAKEN when the door can't be opened. */
  runDaemon(options: DaemonOptions): Promise<void>;
  /** What installing the daemon as a service needs. */
  services(): Promise<Services>;
  /** The tickets to the desktops of the instance. */
  tickets(): Promise<TicketStore>;
  /** The tokens to the API of the instance. */
  tokens(): Promise<TokenStore>;
  /** What happened to the desktops of the instance. */
  journal(): Promise<InstanceJournal>;
  /** Sets or (undefined) unsets one of the user's settings; the value is checked already. */
  changeSetting(name: string, value: string | number | boolean | undefined): Promise<void>;
  /** Hands warnings to somebody else from now on; without it they are lines on stderr. */
  warnThrough(tell: (message: string) => void): void;
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

const IMAGE_WAIT_MS = 60 * 60_000;

/** Puts the program together. Reads the settings at once (BAD_SETTING when they can't be used) and dials nothing. */
export function createApp(input: AppInput, parts: Partial<AppParts> = {}): App {
  const { io } = input;
  let tellWarning = (message: string): void => void io.stderr.write(`warning: ${message}\n`);
  const warn = (message: string): void => tellWarning(message);
  const home = parts.homedir ?? homedir();
  const clock = parts.clock ?? systemClock;
  const paths = pathsOf(io.env, home);
  const reading = readSettings({
    flags: settingFlags(input.flags),
    env: io.env,
    project: findProjectFile(io.cwd, process.getuid?.()),
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
  let looking: ActivitySource | undefined;

  const locate = (): Endpoint => {
    const { host, context } = input.flags as { host?: string; context?: string };
    return resolveEndpoint({
      flags: { host, context },
      env: io.env,
      setting: getSettings().engine,
      embeddedSocket: embeddedSocketOf(paths.state),
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
    const [found, { connectEngine }] = await Promise.all([endpoint(), import('./app/connect-engine.ts')]);
    opened = await connectEngine(found, getSettings(), { clock, lock: folderLock });
    return opened;
  });

  const store = once(async (): Promise<Store> => {
    const { instance, stateFile } = getSettings();
    return parts.store ?? createFileStore({ file: stateFileOf(paths, instance, stateFile), warn, now: () => clock.now() });
  });

  const catalogSources = (): CatalogSources => ({ builtIn: parts.catalog, root, userDir: paths.catalog, containerPort: getSettings().containerPort });
  const catalog = once(() => readCatalog(catalogSources()));

  // A mistake in somebody's entry must not keep them from listing or removing what is there; `up` asks for the catalog itself.
  const catalogOrBuiltIn = async (): Promise<Catalog> => {
    try {
      return await catalog();
    } catch (error) {
      if (!isVncctlError(error, 'BAD_CATALOG_ENTRY')) throw error;
      warn(`only the built-in catalog is used: ${error.message}`);
      return builtInCatalog(catalogSources());
    }
  };

  const installation = once(() => makeInstallation(getSettings(), reading, paths, store));

  const gatewayOf = (daemon: RunningDaemon | undefined): PublicAddress | undefined => daemon && gatewayAddress(daemon, getSettings());

  const app: App = {
    version: input.version,
    get settings() {
      return getSettings();
    },
    reading,
    paths,
    // Known even where other settings are wrong.
    socket: daemonSocketOf(paths, String(reading.settings.find(({ name }) => name === 'instance')?.value ?? SETTINGS.instance.default), io.env),
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
        memory: parts.memory ?? hostMemory,
        processes: parts.processes ?? ownProcesses,
        warm: parts.warm ?? warmTools(theEngine, theInstallation.instance),
        gateway: gatewayOf(app.daemon()),
      };
    }),
    images: once(async (): Promise<ImageBuilding> => {
      const [theEngine, theCatalog, sources] = await Promise.all([engine(), catalog(), parts.imageSources ?? imageSources(root, clock)]);
      return {
        engine: theEngine,
        catalog: theCatalog,
        sources,
        exclusively: (name, signal, work) => withInterruptibleLock(join(paths.state, `image-${name.replace(/[^A-Za-z0-9_.-]/g, '_')}`), signal, work, IMAGE_WAIT_MS),
      };
    }),
    trial: async () => (await import('./app/trial.ts')).createTrial({ root, clock }),
    giver: once(async (): Promise<DesktopGiver> => (await import('./app/desktop-giver.ts')).createDesktopGiver({ app, io, debug: input.flags['debug'] === true })),
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
    services: once(async (): Promise<Services> => (await import('./app/services.ts')).createServices({ env: io.env, home, root }, parts.services)),
    activity: once(async (): Promise<ActivitySource> => {
      if (parts.activity) return parts.activity;
      const [theEngine, { createDirectPresence }] = await Promise.all([engine(), import('./engine/presence/direct.ts')]);
      looking = createDirectPresence({ engine: theEngine, clock });
      return looking;
    }),
    daemon: () => findDaemon(daemonFileOf(paths, getSettings().instance), ownProcesses),
    control: async () => parts.control ?? (await import('./app/control.ts')).openControl(app.daemon()),
    sweepOnce: async (options) => (await import('./app/watching.ts')).sweepOnce({ app, parts }, options),
    runDaemon: async (options) => (await import('./app/watching.ts')).runDaemon({ app, parts, io, again: (kept) => createApp(input, { ...parts, ...kept }) }, options),
    tickets: once(async (): Promise<TicketStore> => {
      const { createTicketFile } = await import('./store/ticket-file.ts');
      return createTicketFile({ file: ticketsFileOf(paths, getSettings().instance), warn, now: () => clock.now() });
    }),
    tokens: once(async (): Promise<TokenStore> => (await import('./store/token-file.ts')).createTokenFile({ file: tokensFileOf(paths, getSettings().instance), warn, now: () => clock.now() })),
    journal: once(async (): Promise<InstanceJournal> => {
      const { instance } = getSettings();
      const [{ createEventJournal }, { getInstanceKey }] = await Promise.all([import('./store/event-journal.ts'), import('./store/instance-key.ts')]);
      const key = await getInstanceKey(instanceKeyFileOf(paths, instance));
      return { ...createEventJournal({ file: eventsFileOf(paths, instance), clock, warn }), hashOf: (client) => clientHash(client, key) };
    }),
    changeSetting: (name, value) => changeConfigFile(paths.userFile, { [name]: value }),
    warnThrough: (tell) => void (tellWarning = tell),
    close() {
      looking?.close();
      opened?.close();
    },
  };
  return app;
}

/** The store's lock, for what else only one process may do at a time. */
const folderLock: EmbeddedWiring['lock'] = (folder, waitMs, work) => withLock(folder, () => work(), waitMs);

async function imageSources(root: string, clock: Clock): Promise<ImageSources> {
  const { baseImageFrom, createImageSources } = await import('./engine/image-sources.ts');
  return createImageSources(join(root, 'dist/viewer'), baseImageFrom(clock, folderLock));
}
