// A failure in the words of a log line: its message for an expected one, where it happened for a bug.
import { isVncctlError } from '../errors.ts';

/** One line; lines of the failure are joined. */
export function wordsOf(error: unknown): string {
  if (isVncctlError(error)) return oneLine(error.message);
  return error instanceof Error ? oneLine(error.stack ?? error.message) : oneLine(String(error));
}

const oneLine = (text: string): string => text.split('\n').map((line) => line.trim()).filter((line) => line !== '').join(' | ');
