// What the embedded engine needs of the machine, as one interface: the tests bring their own or put it into a network
// namespace. Owned here, implemented in machine.ts.
import type { Clock } from '../../core/clock.ts';
import type { RunProgram } from '../../core/run-program.ts';

/** One process of the machine. */
export interface ProcessInfo {
  pid: number;
  parent: number;
  /** Empty for kernel threads and zombies. */
  argv: readonly string[];
  /** Identity of its network namespace; undefined when it may not be read. */
  networkNamespace: string | undefined;
}

/** A program that outlives this one. */
export interface DetachedProcess {
  pid: number;
  /** Whether it has ended, seen from here. */
  hasEnded(): boolean;
}

/** What is at a Unix socket: an engine, one we may not use, or nothing. */
export type SocketAnswer = 'answers' | 'denied' | 'silent';

/** The machine as the embedded engine sees it. */
export interface EmbeddedSystem {
  platform: NodeJS.Platform;
  uid: number | undefined;
  /** Text of /etc/os-release; empty where there is none. */
  osRelease: string;
  clock: Clock;
  run: RunProgram;
  /** Absolute path of a program, looked for in PATH and the usual sbin folders. */
  findProgram(name: string): string | undefined;
  /** Starts a program in a session of its own with both outputs appended to `logPath`. */
  startDetached(file: string, args: readonly string[], logPath: string): Promise<DetachedProcess>;
  processes(): readonly ProcessInfo[];
  /** A process that has ended already is success. */
  kill(pid: number, signal: NodeJS.Signals): void;
  /** Identity of the network namespace an engine started here would be in. */
  networkNamespace(): string;
  /** Mount points of the machine. */
  mountPoints(): readonly string[];
  askSocket(path: string, deadlineMs: number): Promise<SocketAnswer>;
  /** Whether the engine at a socket says that its containers survive its end; undefined when it does not answer. */
  containersSurvive(path: string, deadlineMs: number): Promise<boolean | undefined>;
  /** Runs `work` while no other process runs its own with the same folder; waits up to `waitMs` for that, then STORE_LOCKED. */
  withLock<T>(folder: string, waitMs: number, work: () => Promise<T>): Promise<T>;
}
