// A log that a test reads.
import type { Log, LogFacts, LogLevel } from '../../src/core/log.ts';

export interface FakeLog extends Log {
  readonly lines: { level: LogLevel; message: string; facts: LogFacts }[];
}

/** Empty at first. */
export function createFakeLog(): FakeLog {
  const lines: FakeLog['lines'] = [];
  return { lines, write: (level, message, facts = {}) => void lines.push({ level, message, facts }) };
}
