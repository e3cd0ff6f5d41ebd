// How the daemon says what it does, a line at a time. Implemented in daemon/log.ts and by the tests' fake.
import type { DesktopId } from './store.ts';

export type LogLevel = 'info' | 'warning' | 'error';

/** What one line holds beside its message: short facts, never a client id and never a secret. */
export interface LogFacts {
  /** The life event it tells. */
  event?: string;
  desktop?: DesktopId;
  cause?: string;
  [name: string]: string | number | boolean | undefined;
}

export interface Log {
  /** One line; a message is a sentence without a full stop. */
  write(level: LogLevel, message: string, facts?: LogFacts): void;
}
