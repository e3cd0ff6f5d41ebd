// The catalog: curated images and what a caller may change about each. Owns the shape of an entry and the checking of one;
// reading files (and their line numbers) is store/catalog-files.ts.
import type { LeaseChanges } from './lease.ts';
import type { Geometry } from './size.ts';

/** How far a desktop has to be before `up` returns. Each stage includes those before it. */
export type ReadyStage = 'running' | 'rfb' | 'window' | 'page';
export const READY_STAGES: readonly ReadyStage[] = ['running', 'rfb', 'window', 'page'];

/** A setting of an image that a caller may give with `--env KEY=value`. */
export interface CatalogSetting {
  description: string;
  default?: string;
  /** A regular expression the whole value must match. */
  pattern?: string;
}

export interface CatalogLimits {
  cpus: number;
  memoryBytes: number;
  pids: number;
  shmSizeBytes: number;
}

/** One curated image. */
export interface CatalogEntry {
  key: string;
  title: string;
  description: string;
  /** Built from a template folder, or pulled by reference. */
  source: { kind: 'template'; folder: string; extends?: string } | { kind: 'pull'; reference: string };
  /** Ports inside the container: of noVNC (HTTP and WebSocket) and, where the image has them, of raw RFB and of the one message that opens another page in a desktop which waits for its client. */
  ports: { web: number; rfb?: number; claim?: number };
  /** Page the link opens, relative to the web port. */
  viewerPath: string;
  /** WebSocket path of the RFB stream on the web port. */
  websocketPath: string;
  /** Environment variables through which the image takes what every desktop has; absent: not supported by it. `idleExit` takes the seconds without a viewer after which it ends by itself, 0 for never. */
  variables: { url?: string; width?: string; height?: string; secret?: string; client?: string; app?: string; idleExit?: string };
  /** How its VNC server lets a viewer in without the clipboard: by a second password (view-only.ts). Absent: it can't, and there are no view-only links. */
  viewOnly?: 'password';
  settings: Readonly<Record<string, CatalogSetting>>;
  limits: CatalogLimits;
  /** The largest screen that a viewer or a caller may ask for. */
  maxSize: Geometry;
  /** Memory in bytes that one takes until it shows its page: what the host must have free before it starts. */
  needsBytes: number;
  /** Lengths of the lease of its desktops that differ from the settings'. */
  lease: LeaseChanges;
  /** How much one may write to the host's disk, in bytes; absent: as the settings say. */
  diskMax?: number | 'off';
  /** User the container runs as; `image` keeps the image's own. */
  user: string;
  capabilities: readonly string[];
  tmpfs: Readonly<Record<string, string>>;
  /** Whose init process is the first one of the container: the engine's, or one that the image starts itself. */
  init: 'engine' | 'image';
  stopGraceSeconds: number;
  /** The signal that ends one which is removed, quicker than its own stop signal: nothing is written down that goes with the container. Absent: its own. */
  removeSignal?: string;
  /** The stage `up` waits for when none is asked for: the last one this image can show. */
  ready: ReadyStage;
  /** Seconds a desktop of this image is given to get there. */
  readyTimeoutSeconds: number;
  /** Seconds for which it goes on with its start after that: a warm one is frozen when they are over. */
  settleSeconds: number;
  /** File the entry came from; `built-in` for the project's own. */
  origin: string;
}

/** One fault of an entry: where in it, as a path of keys, and what is wrong. */
export interface CatalogFault {
  path: readonly (string | number)[];
  message: string;
}
