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
  /** Runs `work` while no other process does anything under the same name. */
  exclusively<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
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

/** One image as the command line and the API show it; null where it is missing. */
export function imageFacts({ entry, reference, state, image }: ImageStatus) {
  const { key, title, description, source, origin } = entry;
  return { key, title, description, source: source.kind, reference, state, sizeBytes: image?.sizeBytes ?? null, createdAt: image?.createdAt ?? null, origin };
}

/** The same for one entry. */
export async function imageStatus(building: ImageBuilding, entry: CatalogEntry, options?: CallOptions): Promise<ImageStatus> {
  const reference = imageReference(entry);
  const image = await building.engine.images.find(reference, options);
  if (!image) return { entry, reference, state: 'missing' };
  const current = entry.source.kind === 'pull' || image.labels[LABEL.template] === (await templateHash(building, entry));
  return { entry, reference, state: current ? 'current' : 'outdated', image };
}

export interface EnsureOptions {
  signal: AbortSignal;
  onProgress: ProgressListener;
  /** Also when the image is there and up to date. */
  force?: boolean;
}

/** Makes an entry's image present: pulls it, or builds it and what it extends when missing or outdated; twenty at once do it once. Returns whether anything was done. */
export async function ensureImage(building: ImageBuilding, entry: CatalogEntry, options: EnsureOptions): Promise<boolean> {
  const parent = parentOf(building, entry);
  if (parent) await ensureImage(building, parent, { signal: options.signal, onProgress: options.onProgress });
  const isCurrent = async (): Promise<boolean> => !options.force && (await imageStatus(building, entry, { signal: options.signal })).state === 'current';
  if (await isCurrent()) return false;
  return building.exclusively(entry.key, options.signal, async () => {
    // Another process may have done it while this one waited.
    if (await isCurrent()) return false;
    await (entry.source.kind === 'pull' ? pull(building, entry.source.reference, options) : build(building, entry, options));
    return true;
  });
}

async function pull({ engine }: ImageBuilding, reference: string, { signal, onProgress }: EnsureOptions): Promise<void> {
  onProgress(`pulling ${reference}`);
  await engine.images.pull(reference, onProgress, { signal });
}

async function build(building: ImageBuilding, entry: CatalogEntry, { signal, onProgress, force }: EnsureOptions): Promise<void> {
  const { engine, sources } = building;
  const parent = parentOf(building, entry);
  const base = parent ? imageReference(parent) : await sources.ensureBase(engine, onProgress, signal);
  const files = await sources.contextOf(entry);
  const tag = imageReference(entry);
  const changed = !force && (await engine.images.find(tag, { signal }));
  onProgress(`building ${tag}${changed ? ' (its template changed)' : ''}`);
  const labels = { [LABEL.managed]: 'true', [LABEL.image]: entry.key, [LABEL.template]: await templateHash(building, entry) };
  await engine.images.build(sources.pack(files), { tag, labels, args: { BASE: base } }, onProgress, { signal });
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
