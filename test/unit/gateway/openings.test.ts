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
  const opening = openings.during(ONE, async (given) => {
    tell = given;
    await new Promise<void>((resolve) => (end = resolve));
  });
  expect(openings.addedTo(ONE, { status: 'paused' })).toEqual({ status: 'waking', phaseMs: {} });
  expect(openings.addedTo(ONE, { status: 'stopped' })).toEqual({ status: 'starting', phaseMs: {} });
  expect(openings.addedTo(OTHER, { status: 'stopped' })).toEqual({ status: 'stopped' });
  clock.advance(340);
  tell('start');
  expect(openings.addedTo(ONE, { status: 'starting' })).toEqual({ status: 'starting', phaseMs: { start: 340 } });
  expect(openings.addedTo(ONE, { status: 'gone', reason: 'ttl' })).toMatchObject({ status: 'gone' });
  end();
  await opening;
  expect(openings.addedTo(ONE, { status: 'paused' })).toEqual({ status: 'paused' });
});

test('of several at once each counts, also one that fails', async () => {
  const openings = createOpenings(createFakeClock());
  let fail = (_: Error): void => {};
  const [first, second] = [openings.during(ONE, () => new Promise((_, reject) => (fail = reject))), openings.during(ONE, async () => 'open')];
  expect(await second).toBe('open');
  expect(openings.addedTo(ONE, { status: 'paused' }).status).toBe('waking');
  fail(new Error('lost'));
  await expect(first).rejects.toThrow('lost');
  expect(openings.addedTo(ONE, { status: 'paused' }).status).toBe('paused');
});

test('of one for which there was no memory that is told, while it is tried again too, until something starts it', async () => {
  const openings = createOpenings(createFakeClock());
  const refuse = (): Promise<never> => Promise.reject(new VncctlError('NO_MEMORY', 'too little'));
  await expect(openings.during(ONE, refuse)).rejects.toThrow('too little');
  expect(openings.addedTo(ONE, { status: 'stopped' })).toEqual({ status: 'no-room' });
  expect(openings.addedTo(OTHER, { status: 'stopped' })).toEqual({ status: 'stopped' });
  let end = (): void => {};
  const again = openings.during(ONE, () => new Promise<void>((resolve) => (end = resolve)));
  expect(openings.addedTo(ONE, { status: 'stopped' }).status).toBe('no-room');
  expect(openings.addedTo(ONE, { status: 'ready' })).toEqual({ status: 'ready', phaseMs: {} });
  end();
  await again;
  expect(openings.addedTo(ONE, { status: 'stopped' }).status).toBe('stopped');
  await expect(openings.during(ONE, refuse)).rejects.toThrow('too little');
  await openings.during(ONE, async (tell) => tell('start'));
  expect(openings.addedTo(ONE, { status: 'stopped' }).status).toBe('stopped');
  await expect(openings.during(ONE, () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  expect(openings.addedTo(ONE, { status: 'stopped' }).status).toBe('stopped');
});
