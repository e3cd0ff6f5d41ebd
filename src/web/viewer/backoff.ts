// How long to wait before the next attempt to connect. Pure; the timer belongs to connection.ts.

export const FIRST_DELAY_MS = 250;
export const LONGEST_DELAY_MS = 5000;

/** Delay before attempt number `failures` + 1, in milliseconds: 250 after the first failure, doubling up to 5000. */
export function retryDelayMs(failures: number): number {
  if (failures <= 0) return 0;
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 16));
}
