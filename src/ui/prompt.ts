// Questions to a person, on stderr, only where one can answer. The only importer of inquirer.
import { VncctlError } from '../errors.ts';
import { canAsk, type Io } from './io.ts';

export interface Question {
  /** Said instead of asking where nobody can answer; `hint` is the command that needs no question. */
  refusal: string;
  hint: string;
  signal: AbortSignal;
}

/** A yes-or-no question, no by default. NEEDS_CONFIRMATION off a terminal or with --no-input; INTERRUPTED on Ctrl-C. */
export async function confirm(io: Io, message: string, { refusal, hint, signal }: Question): Promise<boolean> {
  if (!canAsk(io)) throw new VncctlError('NEEDS_CONFIRMATION', `${refusal}, and there is nobody to ask`, { hint });
  const { default: inquirer } = await import('inquirer');
  const prompt = inquirer.createPromptModule({ input: io.stdin, output: io.stderr, signal });
  try {
    const { yes } = await prompt([{ type: 'confirm', name: 'yes', message, default: false }]);
    return yes;
  } catch (error) {
    if (error instanceof Error && /ExitPromptError|AbortPromptError/.test(error.name)) throw new VncctlError('INTERRUPTED', 'nothing was changed');
    throw error;
  }
}
