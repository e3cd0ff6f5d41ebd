import { expect, test } from 'vitest';
import type { DesktopId } from '../../../src/core/store.ts';
import { createOpenings, type TellStep } from '../../../src/gateway/openings.ts';
import { VncctlError } from '../../../src/errors.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const ONE = 'one' as DesktopId;
const OTHER = 'other' as DesktopId;

test('a desktop that is being opened says what is done, and how long it took', async () => {
  const clock = createFakeClock({ passUpToMs: 0 });
  const openings = createOpenings(clock);
  let tell: TellStep = () => {};
  let end = (): void => {};
  const opening = openings.during(ONE, 'full', async (given) => {
    tell = given;
    await new Promise<void>((resolve) => (end = resolve));
  });
  expect(openings.addedTo(ONE, 'full', { status: 'paused' })).toEqual({ status: 'waking', phaseMs: {} });
  expect(openings.addedTo(ONE, 'full', { status: 'stopped' })).toEqual({ status: 'starting', phaseMs: {} });
  expect(openings.addedTo(OTHER, 'full', { status: 'stopped' })).toEqual({ status: 'stopped' });
  clock.advance(340);
  tell('start');
  expect(openings.addedTo(ONE, 'full', { status: 'starting' })).toEqual({ status: 'starting', phaseMs: { start: 340 } });
  expect(openings.addedTo(ONE, 'full', { status: 'gone', reason: 'ttl' })).toMatchObject({ status: 'gone' });
  end();
  await opening;
  expect(openings.addedTo(ONE, 'full', { status: 'paused' })).toEqual({ status: 'paused' });
});

test('of several at once each counts, also one that fails', async () => {
  const openings = createOpenings(createFakeClock());
  let fail = (_: Error): void => {};
  const [first, second] = [openings.during(ONE, 'full', () => new Promise((_, reject) => (fail = reject))), openings.during(ONE, 'full', async () => 'open')];
  expect(await second).toBe('open');
  expect(openings.addedTo(ONE, 'full', { status: 'paused' }).status).toBe('waking');
  fail(new Error('lost'));
  await expect(first).rejects.toThrow('lost');
  expect(openings.addedTo(ONE, 'full', { status: 'paused' }).status).toBe('paused');
});

test('of one for which there was no memory that is told, while it is tried again too, until something starts it', async () => {
  const openings = createOpenings(createFakeClock());
  const refuse = (): Promise<never> => Promise.reject(new VncctlError('NO_MEMORY', 'too little'));
  await expect(openings.during(ONE, 'full', refuse)).rejects.toThrow('too little');
  expect(openings.addedTo(ONE, 'full', { status: 'stopped' })).toEqual({ status: 'no-room' });
  expect(openings.addedTo(OTHER, 'full', { status: 'stopped' })).toEqual({ status: 'stopped' });
  let end = (): void => {};
  const again = openings.during(ONE, 'full', () => new Promise<void>((resolve) => (end = resolve)));
  expect(openings.addedTo(ONE, 'full', { status: 'stopped' }).status).toBe('no-room');
  expect(openings.addedTo(ONE, 'full', { status: 'ready' })).toEqual({ status: 'ready', phaseMs: {} });
  end();
  await again;
  expect(openings.addedTo(ONE, 'full', { status: 'stopped' }).status).toBe('stopped');
  await expect(openings.during(ONE, 'full', refuse)).rejects.toThrow('too little');
  await openings.during(ONE, 'full', async (tell) => tell('start'));
  expect(openings.addedTo(ONE, 'full', { status: 'stopped' }).status).toBe('stopped');
  await expect(openings.during(ONE, 'full', () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  expect(openings.addedTo(ONE, 'full', { status: 'stopped' }).status).toBe('stopped');
});

test('one that could not be shown view-only says so to those who may only look, until it was shown so or is gone', async () => {
  const openings = createOpenings(createFakeClock());
  const refuse = () => Promise.reject(new VncctlError('VIEW_ONLY_REFUSED', 'no'));
  await openings.during(ONE, 'view-only', refuse).catch(() => undefined);
  expect(openings.addedTo(ONE, 'view-only', { status: 'ready' })).toEqual({ status: 'no-view-only' });
  expect(openings.addedTo(ONE, 'full', { status: 'ready' })).toEqual({ status: 'ready' });
  expect(openings.addedTo(OTHER, 'view-only', { status: 'ready' })).toEqual({ status: 'ready' });
  await openings.during(ONE, 'full', async () => undefined);
  expect(openings.addedTo(ONE, 'view-only', { status: 'ready' }).status).toBe('no-view-only');
  await openings.during(ONE, 'view-only', async () => undefined);
  expect(openings.addedTo(ONE, 'view-only', { status: 'ready' })).toEqual({ status: 'ready' });
  await openings.during(ONE, 'view-only', refuse).catch(() => undefined);
  expect(openings.addedTo(ONE, 'view-only', { status: 'gone' })).toEqual({ status: 'gone' });
  expect(openings.addedTo(ONE, 'view-only', { status: 'ready' })).toEqual({ status: 'ready' });
});
