// The daemon's log on a stream: lines for a person at a terminal, for journald, for a file, or JSON. A line is always one line, and nothing
// in it steers a terminal. Colour comes from whoever makes the log.
import type { Log, LogFacts, LogLevel } from '../core/log.ts';

/** `text` fits itself to where it goes. */
export type LogFormat = 'text' | 'json';

/** How lines look. `terminal`: time of day. `journald`: a priority, and no time since journald has its own. `plain`: RFC 3339 time. */
export type LogShape = 'terminal' | 'journald' | 'plain' | 'json';

/** What a log needs of a stream. */
export interface LogStream {
  write(text: string): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface LogOptions {
  stream: LogStream;
  shape: LogShape;
  now: () => Date;
  /** Colours a part of a line on a terminal; absent: no colour. */
  paint?: ((colour: 'yellow' | 'red' | 'dim', text: string) => string) | undefined;
}

/** The shape of a format on a stream. */
export function logShapeOf(format: LogFormat, stream: { terminal: boolean; journald: boolean }): LogShape {
  if (format === 'json') return 'json';
  if (stream.journald) return 'journald';
  return stream.terminal ? 'terminal' : 'plain';
}

/** Whether journald reads a stream: JOURNAL_STREAM names its device and inode (systemd.exec(5)). A child of a service inherits the variable, but not always the stream. */
export function isJournalStream(env: Readonly<Record<string, string | undefined>>, identity: { dev: number | bigint; ino: number | bigint } | undefined): boolean {
  return identity !== undefined && env['JOURNAL_STREAM'] === `${identity.dev}:${identity.ino}`;
}

/** A log on `stream`. A stream that breaks loses lines and nothing else. */
export function createLog({ stream, shape, now, paint = (_, text) => text }: LogOptions): Log {
  stream.on('error', () => {});
  const spell = shape === 'json' ? jsonLine : textLine;
  return {
    write(level, message, facts = {}) {
      try {
        stream.write(`${spell({ level, message, facts: inOrder(facts), now: now(), shape, paint })}\n`);
      } catch {
        // A stream that was closed: there is nobody left to tell.
      }
    },
  };
}

type Fact = readonly [name: string, value: string | number | boolean];

interface Line {
  level: LogLevel;
  message: string;
  facts: readonly Fact[];
  now: Date;
  shape: LogShape;
  paint: NonNullable<LogOptions['paint']>;
}

const FIRST: readonly string[] = ['event', 'desktop', 'cause'];

const FOR_PROGRAMS: readonly string[] = ['event', 'image'];

/** What a life event is made of first, the rest by name: the same facts are always found at the same place. */
function inOrder(facts: LogFacts): Fact[] {
  const rest = Object.keys(facts)
    .filter((name) => !FIRST.includes(name))
    .sort();
  return [...FIRST, ...rest].flatMap((name) => {
    const value = facts[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}

function jsonLine({ level, message, facts, now }: Line): string {
  return withoutControls(JSON.stringify({ time: now.toISOString(), level, message, ...Object.fromEntries(facts) }));
}

// Priorities as sd-daemon(3) has them.
const PRIORITY: Readonly<Record<LogLevel, string>> = { error: '<3>', warning: '<4>', info: '<6>' };

function textLine({ level, message, facts, now, shape, paint }: Line): string {
  const terminal = shape === 'terminal';
  // A person reads the message; programs look for the event.
  const pairs = facts.filter(([name]) => !(terminal && FOR_PROGRAMS.includes(name))).map(([name, value]) => `${name}=${quoted(String(value))}`).join(' ');
  const said = withoutControls(message);
  if (shape === 'journald') return `${PRIORITY[level]}${said}${pairs === '' ? '' : ` ${pairs}`}`;
  const colour = (name: 'yellow' | 'red' | 'dim', text: string): string => (terminal && text !== '' ? paint(name, text) : text);
  const time = colour('dim', terminal ? now.toTimeString().slice(0, 8) : now.toISOString());
  const mark = level === 'info' ? '' : `${colour(level === 'error' ? 'red' : 'yellow', `${level}:`)} `;
  return `${time} ${mark}${said}${pairs === '' ? '' : ` ${colour('dim', pairs)}`}`;
}

function quoted(value: string): string {
  return /^[^\s"'=\\\p{C}\u2028\u2029]+$/u.test(value) ? value : withoutControls(JSON.stringify(value));
}

/** Every character that moves a cursor, ends a line or turns the direction of writing, spelled as JSON spells it. */
function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
