// What every verb is given: the streams, the global flags and the way to the program behind them.
import type { Command } from 'commander';
import type { App } from '../app.ts';
import type { Streams } from '../ui/streams.ts';

/** Where a run reads and writes, and where it stands. */
export interface Io extends Streams {
  cwd: string;
}

/** Given to every verb's `define`. */
export interface CommandContext {
  io: Io;
  /** Fires on the first Ctrl-C or SIGTERM: what is half-made is to be undone. */
  signal: AbortSignal;
  /** The program with its settings; BAD_SETTING when they can't be used. Made once, on first use. */
  app(): App;
  /** Makes the run end with this exit code although nothing was thrown. */
  setExitCode(code: number): void;
  /** Loads the file of a verb and gives its command the arguments, options and commands of its own. Does nothing for a command that is no verb or was loaded before. */
  loadVerb(command: Command): Promise<void>;
}
