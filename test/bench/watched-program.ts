// A program that runs while it is looked at from outside, as Linux tells of it in /proc: its CPU time, memory and open files.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface WatchedProgram {
  readonly pid: number;
  /** CPU time it has used so far, in milliseconds (of its threads, counted in hundredths of a second). */
  cpuMs(): number;
  /** Its resident memory, in millions of bytes. */
  residentMB(): number;
  openFiles(): number;
  /** Resolves with the match as soon as stderr holds one; rejects when it ends first or takes longer than a minute. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  /** Ends it, by force after ten seconds. */
  stop(): Promise<void>;
}

// Of USER_HZ, in which Linux counts for whoever reads /proc.
const TICK_MS = 10;
const SAID_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 10_000;

/** Starts it; its stdout goes nowhere. */
export function startProgram(program: string, args: readonly string[], env: NodeJS.ProcessEnv): WatchedProgram {
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  let heard = (): void => {};
  let running = true;
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    heard();
  });
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      running = false;
      heard();
      resolve();
    };
    child.once('close', end);
    child.once('error', end);
  });
  const proc = (name: string): string => `/proc/${child.pid}/${name}`;
  // The name of the program comes first and may hold anything.
  const statFields = (): string[] => readFileSync(proc('stat'), 'utf8').replace(/^.*\) /s, '').split(' ');

  return {
    pid: child.pid ?? 0,
    cpuMs() {
      const fields = statFields();
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    },
    residentMB: () => (Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(proc('status'), 'utf8'))?.[1]) * 1024) / 1e6,
    openFiles: () => readdirSync(proc('fd')).length,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const fail = (why: string): void => {
          clearTimeout(late);
          reject(new Error(`${program} ${args.join(' ')} ${why}, and said: ${stderr.trim()}`));
        };
        const late = setTimeout(() => fail(`did not say ${pattern.source} in time`), SAID_WITHIN_MS);
        heard = () => {
          const match = pattern.exec(stderr);
          if (match) {
            clearTimeout(late);
            resolve(match);
          } else if (!running) fail('ended');
        };
        heard();
      }),
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(late);
    },
  };
}
