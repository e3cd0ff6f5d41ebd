// Other programs as core, the daemon and the embedded engine run them. Implemented in engine/run-program.ts and by the tests' fakes.

/** How a program ended; `exitCode` 127 when it could not be started at all or a signal ended it, 124 when the deadline did. Where it said nothing on stderr itself, that is told there. */
export interface ProgramResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  /** Added to the variables of this process. */
  env?: Readonly<Record<string, string>>;
  /** The program gets `env` and no other variable. */
  onlyEnv?: boolean;
  /** What it reads on stdin; nothing when absent. */
  input?: string;
  /** Started in a process group of its own, which the deadline or the signal ends as a whole: SIGTERM, and SIGKILL two seconds later. */
  ownGroup?: boolean;
  /** Each line of stdout and stderr as it comes. */
  onLine?: (line: string) => void;
  /** Killed after this; no bound when absent. */
  deadlineMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Runs a program to its end. Never throws for a program that fails; rejects with the signal's reason when that aborts. */
export type RunProgram = (file: string, args: readonly string[], options?: ProgramOptions) => Promise<ProgramResult>;
