import { describe, expect, it } from 'vitest';
import { countdown, isWarned, minutesLeft } from '../../../../src/web/viewer/warning.ts';

describe('the warning of a removal', () => {
  it('begins when less than ten minutes are left, and stays when it is overdue', () => {
    expect([600_001, 600_000, 599_999, 1, 0, -60_000].map(isWarned)).toEqual([false, false, true, true, true, true]);
  });

  it('counts minutes and seconds down to nothing and not further', () => {
    expect([599_999, 599_000, 61_000, 60_000, 59_001, 900, 0, -5000].map(countdown)).toEqual(['10:00', '9:59', '1:01', '1:00', '1:00', '0:01', '0:00', '0:00']);
  });

  it('says a number that changes once a minute', () => {
    expect([599_999, 540_001, 540_000, 60_001, 60_000, 1, -1].map(minutesLeft)).toEqual([10, 10, 9, 2, 1, 1, 1]);
  });
});
