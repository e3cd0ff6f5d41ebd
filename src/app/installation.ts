// What this installation is, out of its settings: its facts, how its clients are named, and its catalog. A part of the
// composition root, as app.ts is.
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { CatalogEntry } from '../core/catalog.ts';
import { createCatalog } from '../core/catalog-lookup.ts';
import type { Catalog, Installation } from '../core/desktops.ts';
import type { Naming } from '../core/identity.ts';
import type { Lease, LeaseField } from '../core/lease.ts';
import { describeOrigin } from '../core/setting-layers.ts';
import type { Store } from '../core/store.ts';
import { VncctlError } from '../errors.ts';
import type { Settings, SettingsReading } from '../settings.ts';
import { instanceKeyFileOf, type Paths } from '../store/paths.ts';

/** The facts of this installation. `settings` are the values of `reading`, which also knows where each came from. */
export async function makeInstallation(settings: Settings, reading: SettingsReading, paths: Paths, store: () => Promise<Store>): Promise<Installation> {
  return {
    instance: settings.instance,
    prefix: settings.prefix,
    naming: await namingOf(settings, paths, store),
    network: settings.network,
    subnet: settings.subnet ?? '',
    bindAddress: settings.bind,
    linkHost: settings.host,
    ports: { min: settings.portMin, max: settings.portMax },
    parallel: settings.parallel,
    hostCpus: availableParallelism(),
    hostMemoryBytes: totalmem(),
    defaults: { size: { width: settings.width, height: settings.height }, ...(settings.url === undefined ? {} : { url: settings.url }) },
    lease: leaseOfSettings(settings, reading),
    warnBeforeMs: settings.warnBefore === 'never' ? 0 : settings.warnBefore,
    pauseDirect: settings.pauseDirect,
    pool: settings.pool.map(({ image = settings.image, count }) => ({ image, count })),
    poolMaxAge: settings.poolMaxAge,
    reserveMemory: settings.reserveMemory,
    diskMax: settings.diskMax,
    sweepIntervalMs: settings.sweepInterval,
  };
}

/** The lease that the settings give every desktop, each length with its origin in words. */
export function leaseOfSettings(settings: Settings, { settings: resolved }: Pick<SettingsReading, 'settings'>): Lease {
  const lengthOf = (field: LeaseField): Lease[LeaseField] => {
    const origin = resolved.find(({ name }) => name === field)?.origin ?? { kind: 'default' };
    return { length: settings[field], from: describeOrigin(origin) };
  };
  return { idle: lengthOf('idle'), removeAfter: lengthOf('removeAfter'), inputIdle: lengthOf('inputIdle'), ttl: lengthOf('ttl'), maxAge: lengthOf('maxAge') };
}

/** Where the entries of a catalog come from. */
export interface CatalogSources {
  /** The built-in entries; absent: those of the installed package. */
  builtIn?: readonly CatalogEntry[] | undefined;
  /** Folder of the installed package. */
  root: string;
  /** Folder of the user's own entries. */
  userDir: string;
  containerPort: number;
}

/** The built-in entries and the user's. BAD_CATALOG_ENTRY when one of them is wrong. */
export async function readCatalog(sources: CatalogSources): Promise<Catalog> {
  const { loadCatalog } = await import('../store/catalog-files.ts');
  return createCatalog(await loadCatalog({ builtIn: builtInEntries(sources), userDir: sources.userDir }), sources);
}

/** The built-in entries alone. */
export function builtInCatalog(sources: CatalogSources): Catalog {
  return createCatalog(builtInEntries(sources), sources);
}

function builtInEntries({ builtIn, root }: CatalogSources): readonly CatalogEntry[] {
  if (builtIn) return builtIn;
  const file = join(root, 'dist/catalog.json');
  try {
    const entries = JSON.parse(readFileSync(file, 'utf8')) as CatalogEntry[];
    // Folders are relative in the file, so that a built package can be moved.
    return entries.map((entry) => (entry.source.kind === 'template' ? { ...entry, source: { ...entry.source, folder: join(root, entry.source.folder) } } : entry));
  } catch (error) {
    throw new VncctlError('BAD_CATALOG_ENTRY', `the built-in catalog can not be read: ${(error as Error).message}`, { hint: 'build it again: npm run build', cause: error });
  }
}

async function namingOf({ naming, instance }: Settings, paths: Paths, store: () => Promise<Store>): Promise<Naming> {
  const kind = naming ?? (await (await store()).read()).naming ?? 'plain';
  const { findInstanceKey, getInstanceKey } = await import('../store/instance-key.ts');
  const file = instanceKeyFileOf(paths, instance);
  if (kind !== 'plain') return { kind, key: await getInstanceKey(file) };
  const key = await findInstanceKey(file);
  return key === undefined ? { kind } : { kind, key };
}
