// When a person is warned of a removal, and the time left in figures and for screen readers. Pure.

const WARN_WITHIN_MS = 10 * 60_000;

/** Whether a removal that far away is to be warned of; one that is overdue is, too. */
export function isWarned(leftMs: number): boolean {
  return leftMs < WARN_WITHIN_MS;
}

/** Minutes and seconds, `9:58`; the second that has begun counts, and there is never less than `0:00`. */
export function countdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Whole minutes for a sentence that is not to change every second: the one that has begun counts, so 1 is the last. */
export function minutesLeft(leftMs: number): number {
  return Math.max(1, Math.ceil(leftMs / 60_000));
}
