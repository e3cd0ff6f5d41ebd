import { describe, expect, it } from 'vitest';
import { ATTEMPTS_UNTIL_GONE, stateAfter } from '../../../../src/web/viewer/state.ts';

const ending = { failures: 1, everConnected: false, refusedKey: false, reachable: true };

describe('the state after a connection ended', () => {
  it('is a wrong key whenever the key was refused', () => {
    expect(stateAfter({ ...ending, refusedKey: true, failures: 100, reachable: false })).toBe('wrong-key');
  });

  it('is a desktop that starts while its page answers and its screen does not yet', () => {
    expect(stateAfter(ending)).toBe('starting');
  });

  it('is reconnecting for somebody who has seen the desktop', () => {
    expect(stateAfter({ ...ending, everConnected: true, reachable: false })).toBe('reconnecting');
  });

  it('is gone only after all attempts failed and the page does not answer either', () => {
    const silent = { ...ending, everConnected: true, reachable: false };
    expect(stateAfter({ ...silent, failures: ATTEMPTS_UNTIL_GONE - 1 })).toBe('reconnecting');
    expect(stateAfter({ ...silent, failures: ATTEMPTS_UNTIL_GONE })).toBe('gone');
    expect(stateAfter({ ...silent, failures: ATTEMPTS_UNTIL_GONE, reachable: true })).toBe('reconnecting');
  });
});
