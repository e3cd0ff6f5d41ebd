// Daemons of a test's installation, each a process of its own whose log is read as it comes. Whatever a test did, what its
// daemons wrote and what the journal keeps is searched for the clients at its end.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect } from 'vitest';
import type { LifeEvent, LifeEventKind } from '../../src/core/journal.ts';
import type { Finished, Installation, RunningProcess } from './cli.ts';

/** A line of the log in JSON; `event` and `desktop` of life events. */
export interface LogLine {
  time: string;
  level: 'info' | 'warning' | 'error';
  message: string;
  event?: LifeEventKind;
  desktop?: string;
  cause?: string;
  removeAt?: string;
  [fact: string]: unknown;
}

/** What a line is known by: facts that are equal, a message that matches. */
export interface LineMatch {
  level?: LogLine['level'];
  message?: RegExp;
  event?: LifeEventKind;
  desktop?: string;
}

export interface TestDaemon extends RunningProcess {
  readonly pid: number;
  /** What it has logged so far. */
  lines(): LogLine[];
  /** The first line that matches, after another one where that is given; waits for it. Rejects with the whole log when it does not come, or the daemon ends. */
  line(match: LineMatch, options?: { after?: LogLine | undefined; withinMs?: number }): Promise<LogLine>;
  /** Its life events of one desktop so far. */
  eventsOf(desktop: string): LifeEventKind[];
  /** Ends it as a service manager does. */
  stop(): Promise<Finished>;
  /** kill -9. */
  kill(): Promise<void>;
}

export interface Daemons {
  /** Starts one that logs JSON. */
  start(env?: Readonly<Record<string, string>>, ...args: string[]): TestDaemon;
  /** The same once it has looked for the first time. */
  watching(env?: Readonly<Record<string, string>>, ...args: string[]): Promise<TestDaemon>;
  /** What the journal holds. */
  journal(): LifeEvent[];
}

const WITHIN_MS = 20_000;

/** To be called once in a file; `clients` are the digits of all that it makes desktops for. */
export function daemonsOf(installation: Installation, clients: readonly string[]): Daemons {
  const journalFile = join(dirname(installation.stateFile), 'events.jsonl');
  const started: TestDaemon[] = [];
  const journalText = (): string => (existsSync(journalFile) ? readFileSync(journalFile, 'utf8') : '');
  const start: Daemons['start'] = (env = {}, ...args) => {
    const daemon = testDaemon(installation.startWith(env, 'daemon', '--log-format', 'json', ...args));
    started.push(daemon);
    return daemon;
  };
  // Runs before the installation's own hook, which takes all of it away.
  afterEach(({ task }) => {
    const logs = started.splice(0).map((daemon) => daemon.stderr());
    if (task.result?.state === 'fail') process.stderr.write(logs.join('\n'));
    for (const log of logs) namesNobody(log, clients);
    namesNobody(journalText(), clients);
  });
  return {
    start,
    async watching(env, ...args) {
      const daemon = start(env, ...args);
      await daemon.line({ message: /^watching/ });
      return daemon;
    },
    journal: () =>
      journalText()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as LifeEvent),
  };
}

/** Fails where a text tells who somebody's client is: in either spelling, or by the name of a container. */
export function namesNobody(text: string, clients: readonly string[]): void {
  for (const digits of clients) {
    expect(text).not.toContain(digits);
    expect(text).not.toContain(digits.replace(/^(...)(...)(...)(..)$/, '$1.$2.$3-$4'));
  }
  expect(text).not.toContain('vnc_');
}

function testDaemon(process: RunningProcess): TestDaemon {
  const { child, finished, stderr } = process;
  const lines = (): LogLine[] =>
    stderr()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogLine);
  return {
    ...process,
    pid: child.pid ?? Number.NaN,
    lines,
    line: (match, { after, withinMs = WITHIN_MS } = {}) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(limit);
          child.stderr?.off('data', look);
        };
        const fail = (why: string): void => {
          end();
          reject(new Error(`${why}: ${describeMatch(match)}. Its log:\n${stderr()}`));
        };
        const look = (): void => {
          const all = lines();
          const from = after === undefined ? 0 : all.findIndex((line) => JSON.stringify(line) === JSON.stringify(after)) + 1;
          const found = all.slice(from).find((line) => isMatch(line, match));
          if (!found) return;
          end();
          resolve(found);
        };
        const limit = setTimeout(() => fail(`not within ${withinMs} ms`), withinMs);
        child.stderr?.on('data', look);
        finished.then(() => fail('the daemon ended before'), reject);
        look();
      }),
    eventsOf: (desktop) => lines().flatMap((line) => (line.desktop === desktop && line.event !== undefined ? [line.event] : [])),
    stop() {
      child.kill('SIGTERM');
      return finished;
    },
    async kill() {
      child.kill('SIGKILL');
      expect((await finished).signal).toBe('SIGKILL');
    },
  };
}

function isMatch(line: LogLine, { message, ...facts }: LineMatch): boolean {
  return (message === undefined || message.test(line.message)) && Object.entries(facts).every(([name, value]) => line[name] === value);
}

function describeMatch({ message, ...facts }: LineMatch): string {
  return JSON.stringify({ ...facts, ...(message ? { message: String(message) } : {}) });
}
