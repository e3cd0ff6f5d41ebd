import { describe, expect, it } from 'vitest';
import { retryDelayMs } from '../../../../src/web/viewer/backoff.ts';

describe('the wait before the next attempt', () => {
  it('starts at a quarter of a second, doubles, and never exceeds five seconds', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 1000].map(retryDelayMs)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
  });

  it('is nothing where nothing failed', () => {
    expect(retryDelayMs(0)).toBe(0);
  });
});
