import { describe, expect, it } from 'vitest';
import { type GatewayView, LOOKS_UNTIL_UNREACHABLE, nextLookMs, parseDesktopState, shownState } from '../../../../src/web/viewer/gateway-state.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

describe('the state that a gateway tells', () => {
  it('is read with everything in it', () => {
    const body = { status: 'ready', removeAt: '2026-03-01T12:05:00Z', reason: 'older than 8h', canKeep: false, viewOnly: true, phaseMs: { start: 310, rfb: 620.5 } };
    expect(parseDesktopState(body, null, NOW)).toEqual({
      status: 'ready',
      removeAtMs: NOW + 300_000,
      reason: 'older than 8h',
      canKeep: false,
      viewOnly: true,
      phaseMs: [['start', 310], ['rfb', 620.5]],
    });
  });

  it('may be no more than a status: then nothing is planned, and the person is in control', () => {
    expect(parseDesktopState({ status: 'waking' }, null, NOW)).toEqual({ status: 'waking', canKeep: true, viewOnly: false, phaseMs: [] });
  });

  it('is unknown where a proxy answers with something else', () => {
    for (const body of [undefined, null, 'ready', 7, [], {}, { status: 'fine' }, { error: 'ready' }]) expect(parseDesktopState(body, null, NOW)).toBeUndefined();
  });

  it('loses only those of its fields that are damaged', () => {
    const body = { status: 'ready', removeAt: 'soon', reason: 7, canKeep: 'no', viewOnly: 'yes', phaseMs: { start: '1', rfb: 2 } };
    expect(parseDesktopState(body, null, NOW)).toEqual({ status: 'ready', canKeep: true, viewOnly: false, phaseMs: [['rfb', 2]] });
  });

  it('counts a removal by the clock of the server, and ignores the second that its clock may be off by', () => {
    const at = (date: string) => parseDesktopState({ status: 'ready', removeAt: '2026-03-01T12:05:00Z' }, date, NOW)?.removeAtMs;
    expect(at('Sun, 01 Mar 2026 12:03:00 GMT')).toBe(NOW + 120_000);
    expect(at('Sun, 01 Mar 2026 11:00:00 GMT')).toBe(NOW + 65 * 60_000);
    expect(at('Sun, 01 Mar 2026 11:59:58 GMT')).toBe(NOW + 300_000);
    expect(at('yesterday')).toBe(NOW + 300_000);
  });
});

describe('what the person is shown', () => {
  const view = (changes: Partial<GatewayView>): GatewayView => ({ connected: false, everConnected: false, status: 'ready', silentLooks: 0, ...changes });

  it.each(['starting', 'paused', 'waking', 'stopped', 'no-room', 'no-view-only'] as const)('is that the desktop is %s, before there is a picture', (status) => {
    expect(shownState(view({ status }))).toBe(status);
    expect(shownState(view({ status, everConnected: true }))).toBe(status);
  });

  it('is the picture, but for a desktop that stands still behind it', () => {
    for (const status of ['ready', 'starting', undefined] as const) expect(shownState(view({ status, connected: true }))).toBe('connected');
    expect(shownState(view({ status: 'paused', connected: true }))).toBe('paused');
    expect(shownState(view({ status: 'gone', connected: true }))).toBe('taken-away');
  });

  it('is a connection that comes or comes back, while the desktop is ready or nothing is known yet', () => {
    expect(shownState(view({}))).toBe('connecting');
    expect(shownState(view({ everConnected: true }))).toBe('reconnecting');
    expect(shownState(view({ status: undefined }))).toBe('connecting');
  });

  it('is a server that does not answer only after some looks, and never over a picture', () => {
    expect(shownState(view({ everConnected: true, silentLooks: LOOKS_UNTIL_UNREACHABLE - 1 }))).toBe('reconnecting');
    expect(shownState(view({ everConnected: true, silentLooks: LOOKS_UNTIL_UNREACHABLE }))).toBe('unreachable');
    expect(shownState(view({ connected: true, silentLooks: 100 }))).toBe('connected');
  });

  it('is no old status while the server does not answer', () => {
    expect(shownState(view({ status: 'starting', silentLooks: 1 }))).toBe('connecting');
  });
});

describe('the next look', () => {
  it('comes soon while the desktop comes, after a second without a connection, and after twenty with one', () => {
    for (const state of ['starting', 'paused', 'waking', 'stopped'] as const) expect(nextLookMs(state, undefined)).toBe(250);
    expect(nextLookMs('no-room', undefined)).toBe(1000);
    expect(nextLookMs('reconnecting', undefined)).toBe(1000);
    expect(nextLookMs('unreachable', 5)).toBe(1000);
    expect(nextLookMs('connected', undefined)).toBe(20_000);
    expect(nextLookMs('connected', 3_600_000)).toBe(20_000);
  });

  it('comes when a removal is due, and every second after that', () => {
    expect(nextLookMs('connected', 7000)).toBe(7000);
    expect(nextLookMs('connected', 200)).toBe(1000);
    expect(nextLookMs('connected', -5000)).toBe(1000);
  });
});
