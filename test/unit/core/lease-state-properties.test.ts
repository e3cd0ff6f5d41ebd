import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DurationLimit, milliseconds } from '../../../src/core/duration.ts';
import { type Lease, LEASE_FIELDS, type LeaseField } from '../../../src/core/lease.ts';
import { isDue, type LeaseFacts, type LeasePolicy, leaseState } from '../../../src/core/lease-state.ts';
import { after, HOUR, MINUTE } from '../../support/lease-life.ts';

const RUNS = { numRuns: 1_000 };
const ms = fc.integer({ min: 0, max: 30 * HOUR });
const moment = ms.map(after);
const maybe = fc.option(moment, { nil: undefined });
const length: fc.Arbitrary<DurationLimit> = fc.oneof(fc.integer({ min: 1, max: 20 * HOUR }).map(milliseconds), fc.constant('never' as const));
const lease: fc.Arbitrary<Lease> = fc
  .record({ idle: length, removeAfter: length, inputIdle: length, ttl: length, maxAge: length })
  .map((lengths) => Object.fromEntries(LEASE_FIELDS.map((field) => [field, { length: lengths[field], from: 'test' }])) as Lease);
const facts: fc.Arbitrary<LeaseFacts> = fc.record({
  life: fc.constantFrom('running', 'paused', 'ended'),
  createdAt: moment,
  lastUsedAt: maybe,
  touchedAt: maybe,
  keptUntil: maybe,
  viewers: fc.oneof(fc.integer({ min: 0, max: 3 }).map((count) => ({ known: true as const, count })), fc.constant({ known: false as const, why: 'unknown' })),
  viewerSeenAt: maybe,
  input: fc.oneof(maybe.map((at) => ({ known: true as const, ...(at === undefined ? {} : { at }) })), fc.constant({ known: false as const, why: 'unknown' })),
  countsFrom: maybe,
  warned: fc.option(fc.record({ at: moment, clock: fc.constantFrom('no-client' as const, 'ttl' as const), removeAt: moment }), { nil: undefined }),
});
const policy: fc.Arbitrary<LeasePolicy> = fc.record({ warnBeforeMs: fc.constantFrom(0, MINUTE, 5 * MINUTE, 3 * HOUR), wakes: fc.constantFrom(true as const, 'it would not wake') });
const now = fc.integer({ min: 0, max: 60 * HOUR }).map((at) => new Date(after(at)));

/** The step that is due now, if any. */
function dueStep(...[ofLease, ofFacts, ofPolicy, at]: Parameters<typeof leaseState>): ReturnType<typeof leaseState>['next'] {
  const { next } = leaseState(ofLease, ofFacts, ofPolicy, at);
  return next && isDue(next, at) ? next : undefined;
}

const holds = (name: string, obligation: (...given: Parameters<typeof leaseState>) => void): void =>
  test(`${name}`, () => fc.assert(fc.property(lease, facts, policy, now, obligation), RUNS));

holds('the no-client clock never pauses, warns nor removes one that somebody looks at, nor one of which nobody can tell', (ofLease, ofFacts, ofPolicy, at) => {
  const step = dueStep(ofLease, ofFacts, ofPolicy, at);
  if (ofFacts.life === 'ended' || (ofFacts.viewers.known && ofFacts.viewers.count === 0)) return;
  expect(step?.clock === 'no-client' && ['pause', 'warn', 'remove'].includes(step.do)).toBe(false);
});

holds('unknown input never warns nor removes', (ofLease, ofFacts, ofPolicy, at) => {
  const step = dueStep(ofLease, { ...ofFacts, input: { known: false, why: 'unknown' } }, ofPolicy, at);
  expect(step?.clock === 'no-input' && step.do !== 'keep').toBe(false);
});

holds('nothing is removed without a warning that was given long enough before, and after the last gap or twice', (ofLease, ofFacts, ofPolicy, at) => {
  const step = dueStep(ofLease, ofFacts, ofPolicy, at);
  if (step?.do !== 'remove' || ofPolicy.warnBeforeMs === 0) return;
  const lengthMs = Math.min(...leaseState(ofLease, ofFacts, ofPolicy, at).clocks.filter(({ clock, action }) => clock === step.clock && action === 'remove').map((clock) => Number(clock.length)));
  const warnedMs = Date.parse(ofFacts.warned?.at ?? '');
  expect(at.getTime() - warnedMs).toBeGreaterThanOrEqual(Math.min(ofPolicy.warnBeforeMs, lengthMs / 2) - 1);
  if (ofFacts.countsFrom !== undefined && !ofFacts.warned?.renewed) expect(warnedMs).toBeGreaterThanOrEqual(Date.parse(ofFacts.countsFrom));
});

holds('idle time before the begin of watching counts for nothing', (ofLease, ofFacts, ofPolicy, at) => {
  const step = dueStep(ofLease, ofFacts, ofPolicy, at);
  if (ofFacts.countsFrom === undefined || (step?.clock !== 'no-client' && step?.clock !== 'no-input') || (step.do !== 'remove' && step.do !== 'pause')) return;
  const lengths = { pause: ofLease.idle.length, remove: step.clock === 'no-client' ? ofLease.removeAfter.length : ofLease.inputIdle.length };
  expect(at.getTime() - Date.parse(ofFacts.countsFrom)).toBeGreaterThanOrEqual(Number(lengths[step.do]));
});

holds('what a touch keeps is taken by max-age only', (ofLease, ofFacts, ofPolicy, at) => {
  const step = dueStep(ofLease, { ...ofFacts, keptUntil: new Date(at.getTime() + 1).toISOString() }, ofPolicy, at);
  if (step?.do === 'remove') expect(step.clock).toBe('max-age');
  expect(step?.do).not.toBe('pause');
});

test('a longer clock never removes earlier', () => {
  const field = fc.constantFrom<LeaseField>('removeAfter', 'inputIdle', 'ttl', 'maxAge');
  fc.assert(
    fc.property(lease, facts, policy, now, field, ms, (ofLease, ofFacts, ofPolicy, at, longer, moreMs) => {
      // Without warnings, whose lead grows with a short clock's length.
      const removalMs = (of: Lease): number => Date.parse(leaseState(of, ofFacts, { ...ofPolicy, warnBeforeMs: 0 }, at).removal?.at ?? '') || Number.POSITIVE_INFINITY;
      const { length: before, from } = ofLease[longer];
      const lengths = [before === 'never' ? before : milliseconds(before + moreMs), 'never' as const];
      for (const length of lengths) expect(removalMs({ ...ofLease, [longer]: { length, from } })).toBeGreaterThanOrEqual(removalMs(ofLease));
    }),
    RUNS,
  );
});

test('the later of two looks never finds an earlier removal, as long as nothing happens', () => {
  fc.assert(
    fc.property(lease, facts, policy, now, ms, (ofLease, ofFacts, ofPolicy, at, laterMs) => {
      const removalMs = (when: Date): number => Date.parse(leaseState(ofLease, ofFacts, ofPolicy, when).removal?.at ?? '') || Number.POSITIVE_INFINITY;
      expect(removalMs(new Date(at.getTime() + laterMs))).toBeGreaterThanOrEqual(removalMs(at));
    }),
    RUNS,
  );
});

holds('a warning that has just been given stands: what is announced is neither warned nor kept again', (ofLease, ofFacts, ofPolicy, at) => {
  const step = dueStep(ofLease, ofFacts, ofPolicy, at);
  if (step?.do !== 'warn' || step.removeAt === undefined || Date.parse(ofFacts.countsFrom ?? '') > at.getTime()) return;
  const told = { ...ofFacts, warned: { at: at.toISOString(), clock: step.clock, removeAt: step.removeAt } };
  const { removal } = leaseState(ofLease, told, ofPolicy, at);
  expect(removal?.at).toBe(step.removeAt);
  expect(['warn', 'keep']).not.toContain(dueStep(ofLease, told, ofPolicy, at)?.do);
});
