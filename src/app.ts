// The composition root: from settings to the engine, the store and the use-cases' collaborators. Everything heavy is loaded on
// first use, so that a verb pays only for what it touches.
import { readFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Io } from './commands/context.ts';
import type { CatalogEntry } from './core/catalog.ts';
import { createCatalog } from './core/catalog-lookup.ts';
import { type Clock, systemClock } from './core/clock.ts';
import type { Catalog, Desktops, Installation, ProcessTable } from './core/desktops.ts';
import type { Endpoint } from './core/endpoint.ts';
import type { Engine } from './core/engine.ts';
import type { Naming } from './core/identity.ts';
import type { ImageBuilding } from './core/images.ts';
import type { DesktopProbe } from './core/readiness.ts';
import type { Store } from './core/store.ts';
import { VncctlError } from './errors.ts';
import { readSettings, type SettingName, type Settings, settingsOf, type SettingsReading } from './settings.ts';
import { type Paths, pathsOf } from './store/paths.ts';

/** Parts that tests replace. */
export interface AppParts {
  engine: Engine;
  store: Store;
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
  /** Drops connections, so that the process can end. */
  close(): void;
}
