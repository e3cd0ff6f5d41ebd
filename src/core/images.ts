// Images of the catalog: whether each is there and up to date, and making it so.
import { VncctlError } from '../errors.ts';
import type { CatalogEntry } from './catalog.ts';
import { type ContextFile, contextHash } from './build-context.ts';
import type { Catalog } from './desktops.ts';
import type { CallOptions, Engine, ImageInfo, ProgressListener } from './engine.ts';
import { LABEL } from './labels.ts';
import { didYouMean } from './nearest.ts';
import { imageReference } from './spec.ts';

/** Reads what is not the engine's: template folders, and the base image that builds start from. */
export interface ImageSources {
  /** All files an entry's template is built from, the shared viewer page included. */
  contextOf(entry: CatalogEntry): Promise<ContextFile[]>;
  /** Packs a context as a tar stream. */
  pack(files: readonly ContextFile[]): NodeJS.ReadableStream;
  /** Makes the base image present and returns its reference. */
  ensureBase(engine: Engine, onProgress: ProgressListener, signal: AbortSignal): Promise<string>;
}

export interface ImageBuilding {
  engine: Engine;
  catalog: Catalog;
  sources: ImageSources;
}

export type ImageState = 'missing' | 'current' | 'outdated';

export interface ImageStatus {
  entry: CatalogEntry;
  reference: string;
  state: ImageState;
  /** Absent when missing. */
  image?: ImageInfo;
}

/** What the engine has of each entry; a built one whose template changed since is outdated. */
export async function imageStatuses(building: ImageBuilding, options?: CallOptions): Promise<ImageStatus[]> {
  return Promise.all(building.catalog.entries.map((entry) => imageStatus(building, entry, options)));
}

/** The same for one entry. */
export async function imageStatus(building: ImageBuilding, entry: CatalogEntry, options?: CallOptions): Promise<ImageStatus> {
  const reference = imageReference(entry);
  const image = await building.engine.images.find(reference, options);
  if (!image) return { entry, reference, state: 'missing' };
  const current = entry.source.kind === 'pull' || image.labels[LABEL.template] === (await templateHash(building, entry));
  return { entry, reference, state: current ? 'current' : 'outdated', image };
}

/** Makes an entry's image present: pulls it, or builds it and what it extends when missing or outdated. Returns whether anything was done. */
export async function ensureImage(building: ImageBuilding, entry: CatalogEntry, options: { signal: AbortSignal; onProgress: ProgressListener; force?: boolean }): Promise<boolean> {
  const { engine } = building;
  const { signal, onProgress } = options;
  if (entry.source.kind === 'pull') {
    if (!options.force && (await engine.images.find(entry.source.reference, { signal }))) return false;
    onProgress(`pulling ${entry.source.reference}`);
    await engine.images.pull(entry.source.reference, onProgress, { signal });
    return true;
  }
  const parent = parentOf(building, entry);
  if (parent) await ensureImage(building, parent, { signal, onProgress });
  const status = await imageStatus(building, entry, { signal });
  if (status.state === 'current' && !options.force) return false;
  const base = parent ? imageReference(parent) : await building.sources.ensureBase(engine, onProgress, signal);
  const files = await building.sources.contextOf(entry);
  onProgress(`building ${status.reference}${status.state === 'outdated' ? ' (its template changed)' : ''}`);
  await engine.images.build(
    building.sources.pack(files),
    { tag: status.reference, labels: { [LABEL.managed]: 'true', [LABEL.image]: entry.key, [LABEL.template]: await templateHash(building, entry) }, args: { BASE: base } },
    onProgress,
    { signal },
  );
  return true;
}

/** The entry of a key; IMAGE_NOT_FOUND, naming the nearest, when the catalog has none. */
export function getEntry(catalog: Catalog, key: string): CatalogEntry {
  const entry = catalog.find(key);
  if (entry) return entry;
  throw new VncctlError('IMAGE_NOT_FOUND', `the catalog has no image ${key}${didYouMean(key, catalog.entries.map((known) => known.key))}`, { hint: `it has: ${catalog.entries.map((known) => known.key).join(', ')}` });
}

// An image that extends another is outdated when that one's template changed: the parent's hash is part of its own.
async function templateHash(building: ImageBuilding, entry: CatalogEntry): Promise<string> {
  const parent = parentOf(building, entry);
  return contextHash(await building.sources.contextOf(entry), parent ? await templateHash(building, parent) : '');
}

function parentOf({ catalog }: ImageBuilding, entry: CatalogEntry): CatalogEntry | undefined {
  return entry.source.kind === 'template' && entry.source.extends ? getEntry(catalog, entry.source.extends) : undefined;
}
