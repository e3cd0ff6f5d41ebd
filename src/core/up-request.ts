// What somebody typed, or wrote into a body, for a new desktop: read into the request that `up` carries out. Which words a caller
// uses for its fields in a failure is its own.
import { VncctlError } from '../errors.ts';
import type { ReadyStage } from './catalog.ts';
import type { ClientId } from './client-id.ts';
import type { Catalog } from './desktops.ts';
import { LIMIT_FORM, type Milliseconds, parseDuration, parseLimit } from './duration.ts';
import { getEntry } from './images.ts';
import { LEASE_FIELDS, type LeaseChanges, type LeaseField } from './lease.ts';
import { LEAST_CPUS, LEAST_MEMORY_BYTES } from './limit-bounds.ts';
import { wait } from './setting-types.ts';
import { parseBytes, parseGeometry } from './size.ts';
import type { DesktopWishes } from './spec.ts';
import type { UpRequest } from './up-run.ts';

/** The words as they came. */
export interface UpWords extends Readonly<Partial<Record<LeaseField, string | undefined>>> {
  readonly image?: string | undefined;
  readonly url?: string | undefined;
  readonly size?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cpus?: string | undefined;
  readonly memory?: string | undefined;
  readonly wait?: ReadyStage | undefined;
  readonly timeout?: string | undefined;
  readonly queue?: string | undefined;
  readonly recreate?: boolean | undefined;
  readonly direct?: boolean | undefined;
}

type UpField = keyof UpWords;

export interface UpReading {
  catalog: Catalog;
  /** What counts where nothing was said. */
  defaults: { image: string; wait?: ReadyStage | undefined; timeout?: Milliseconds | undefined; queue?: Milliseconds | 'off' | undefined };
  /** What the caller's words call a field, and where it is explained. */
  called: (field: UpField) => string;
  hint: string;
}

/** The request. USAGE for a word that is not of its form, IMAGE_NOT_FOUND for an image that the catalog doesn't have. */
export function readUpRequest(client: ClientId, words: UpWords, reading: UpReading): UpRequest {
  const { catalog, defaults } = reading;
  const entry = getEntry(catalog, words.image ?? defaults.image);
  const stage = words.wait ?? defaults.wait;
  const timeoutMs = words.timeout === undefined ? defaults.timeout : read('timeout', words.timeout, parseDuration, 'a duration like 30s or 2m', reading);
  const queue = words.queue === undefined ? defaults.queue : read('queue', words.queue, wait.read, wait.form, reading);
  return {
    client,
    entry,
    wishes: readWishes(words, reading),
    askedImage: words.image !== undefined,
    recreate: words.recreate ?? false,
    lease: readLease(words, reading),
    ...(stage === undefined ? {} : { stage }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(queue === undefined || queue === 'off' ? {} : { queueMs: queue }),
  };
}

function readLease(words: UpWords, reading: UpReading): LeaseChanges {
  const said = LEASE_FIELDS.flatMap((field) => (words[field] === undefined ? [] : [[field, words[field]] as const]));
  return Object.fromEntries(said.map(([field, text]) => [field, read(field, text, parseLimit, LIMIT_FORM, reading)]));
}

function readWishes(words: UpWords, reading: UpReading): DesktopWishes {
  const { url, size, cpus, memory, direct, env = {} } = words;
  return {
    env,
    ...(url === undefined ? {} : { url }),
    ...(size === undefined ? {} : { size: read('size', size, parseGeometry, 'a size like 1280x720', reading) }),
    ...(cpus === undefined ? {} : { cpus: read('cpus', cpus, parseCpus, 'a number of processors like 1.5, at least 0.01', reading) }),
    ...(direct ? { direct: true } : {}),
    ...(memory === undefined ? {} : { memoryBytes: read('memory', memory, parseMemory, 'a size like 512m or 1g, at least 6m', reading) }),
  };
}

function parseCpus(text: string): number | undefined {
  const cpus = Number(text);
  return text.trim() !== '' && Number.isFinite(cpus) && cpus >= LEAST_CPUS ? cpus : undefined;
}

function parseMemory(text: string): number | undefined {
  const bytes = parseBytes(text);
  return bytes !== undefined && bytes >= LEAST_MEMORY_BYTES ? bytes : undefined;
}

function read<T>(field: UpField, text: string, parse: (text: string) => T | undefined, form: string, { called, hint }: UpReading): T {
  const value = parse(text);
  if (value === undefined) throw new VncctlError('USAGE', `${called(field)}: "${text}" is not ${form}`, { hint });
  return value;
}
