// Questions. Asked on stderr, and only where a person can answer; anywhere else the missing flag is named. The only importer of
// inquirer.
import { VncctlError } from '../errors.ts';
import { rawStream } from './clean-stream.ts';
import { isTerminal, type Streams } from './streams.ts';
import { harmless } from './text.ts';

/** What is said instead of asking (message and hint of NEEDS_CONFIRMATION), and what ends the question early. */
export interface ConfirmOptions {
  refusal: string;
  hint: string;
  signal?: AbortSignal;
}

/** Whether a question can be asked: stdin and stderr are terminals and --no-input was not given. */
export function canAsk(io: Streams): boolean {
  return io.input !== false && isTerminal(io.stdin) && isTerminal(io.stderr);
}

/** Asks for a yes; no is the default. Throws NEEDS_CONFIRMATION where it can't ask, INTERRUPTED on Ctrl-C. */
export async function confirm(io: Streams, question: string, { refusal, hint, signal }: ConfirmOptions): Promise<boolean> {
  if (!canAsk(io)) throw new VncctlError('NEEDS_CONFIRMATION', refusal, { hint });
  signal?.throwIfAborted();
  const { default: inquirer } = await import('inquirer');
  const ask = inquirer.createPromptModule({ input: io.stdin, output: rawStream(io.stderr), ...(signal ? { signal } : {}) });
  try {
    const { yes } = await ask([{ type: 'confirm', name: 'yes', message: harmless(question), default: false }]);
    return yes === true;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && ['ExitPromptError', 'AbortPromptError', 'CancelPromptError'].includes(error.name)) throw new VncctlError('INTERRUPTED', 'cancelled: nothing was done');
    throw error;
  }
}
