// What the API answers, as far as the dashboard reads it.

export type Status = 'starting' | 'ready' | 'paused' | 'stopped' | 'exiting' | 'failed' | 'lost';

/** Times are RFC 3339. */
export interface DesktopRow {
  id: string;
  client: string | null;
  status: Status;
  image: string;
  createdAt: string;
  lastUsedAt: string | null;
  expiresAt: string | null;
  why: string;
}

/** Null where nobody can tell. */
export interface DesktopFigures {
  id: string;
  viewers: number | null;
  lastInputAt: string | null;
  cpus: number | null;
  memoryBytes: number | null;
  memoryLimitBytes: number | null;
}

export interface Host {
  cpus: number;
  load: readonly number[];
  memoryBytes: number;
  freeMemoryBytes: number;
}

export interface LifeEventRow {
  at: string;
  event: string;
  desktop: string;
  client: string | null;
  cause: string;
  image: string | null;
}

export interface ImageRow {
  key: string;
  title: string;
  description: string;
  state: 'missing' | 'current' | 'outdated';
}

export interface OperationRow {
  id: string;
  status: 'running' | 'done' | 'failed';
  phases: readonly { name: string; ms: number }[];
  result: unknown;
  error: Failure | null;
}

export interface Failure {
  code: string;
  message: string;
  hint: string | null;
}

export type Scope = 'read' | 'operate' | 'admin';

/** The names that life events have in the stream. */
export const LIFE_EVENTS = ['created', 'ready', 'warned', 'kept', 'paused', 'woken', 'stopped', 'died', 'started', 'renamed', 'removed'] as const;
