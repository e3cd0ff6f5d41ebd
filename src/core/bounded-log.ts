// A log for what people from outside can make happen as often as they like: so many lines of one kind about one of them are
// written in a minute, and at its end one line says how many more there were. A loop must not fill the disk.
import type { Clock } from './clock.ts';
import type { Log, LogFacts, LogLevel } from './log.ts';

export interface BoundedLog extends Log {
  /** Tells what was counted in minutes that are over, with the facts that all of those lines had; in all minutes with `all`, at the end. To be called now and then. */
  settle(options?: { all?: boolean }): void;
}

export interface LogBounds {
  /** How many lines of one kind about one ticket, or about one desktop where no ticket is named, are written in a minute. */
  each: number;
  /** How many of one kind are written in a minute about all of them. */
  all: number;
}

interface Count {
  level: LogLevel;
  message: string;
  facts: LogFacts;
  endsAtMs: number;
  written: number;
  more: number;
}

const MINUTE_MS = 60_000;
/** How many kinds and subjects are counted apart; what comes beyond them is counted by its kind alone. */
const MOST_COUNTS = 1_000;
const BOUNDS: LogBounds = { each: 20, all: 600 };

/** Nothing was counted yet. */
export function createBoundedLog(log: Log, clock: Pick<Clock, 'monotonicMs'>, { each, all }: LogBounds = BOUNDS): BoundedLog {
  const counts = new Map<string, Count>();

  const tell = ({ level, message, facts, more }: Count): void => {
    if (more > 0) log.write(level, `${message} … and ${more} more in the last minute`, facts);
  };
  const settle: BoundedLog['settle'] = ({ all: everything = false } = {}) => {
    const nowMs = clock.monotonicMs();
    for (const [key, count] of counts) {
      if (!everything && count.endsAtMs > nowMs) continue;
      counts.delete(key);
      tell(count);
    }
  };
  const countOf = (key: string, level: LogLevel, message: string): Count => {
    const known = counts.get(key);
    if (known) return known;
    const count = { level, message, facts: {}, endsAtMs: clock.monotonicMs() + MINUTE_MS, written: 0, more: 0 };
    counts.set(key, count);
    return count;
  };

  return {
    write(level, message, facts = {}) {
      settle();
      const key = `${message}\0${facts['ticket'] ?? facts.desktop ?? ''}`;
      const ofKind = countOf(message, level, message);
      if (ofKind.written >= all || (counts.size >= MOST_COUNTS && !counts.has(key))) {
        ofKind.more++;
        return;
      }
      const own = countOf(key, level, message);
      if (own.written >= each) {
        own.more++;
        own.facts = common(own.facts, facts);
        return;
      }
      own.written++;
      own.facts = own.written === 1 ? facts : common(own.facts, facts);
      ofKind.written++;
      log.write(level, message, facts);
    },
    settle,
  };
}

/** The facts that both have. */
function common(one: LogFacts, other: LogFacts): LogFacts {
  return Object.fromEntries(Object.entries(one).filter(([name, value]) => other[name] === value));
}
