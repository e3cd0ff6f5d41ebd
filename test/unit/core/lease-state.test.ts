import { describe, expect, test } from 'vitest';
import { leaseState } from '../../../src/core/lease-state.ts';
import { after, BIRTH, factsAtBirth, gap, HOUR, keep, leaseWith, live, type Life, MINUTE, POLICY, touch, unknownViewers, use, viewers } from '../../support/lease-life.ts';

const USUAL = leaseWith({ idle: '15m', removeAfter: '8h' });
const DIRECT = { ...POLICY, wakes: 'reached through its own port' };
const input = (facts: Parameters<typeof use>[0], at: string): void => {
  facts.input = { known: true, at };
};

describe('no-client: pauses, warns and removes what nobody looks at', () => {
  test.each<[string, Life, string[]]>([
    [
      'one that nobody ever looked at',
      { lease: USUAL },
      ['+15m: pause, no viewer for 15m', '+7h55m: warn, no viewer for 8h, to go at +8h', '+8h: remove, no viewer for 8h'],
    ],
    [
      'one that does not wake is left running until its removal',
      { lease: USUAL, policy: DIRECT },
      ['+7h55m: warn, no viewer for 8h, to go at +8h', '+8h: remove, no viewer for 8h'],
    ],
    ['a used one outlives every idle clock', { lease: USUAL, happenings: { '+1m': viewers(1) } }, []],
    [
      'its clock starts the moment the last viewer goes, and coming back stops it',
      { lease: USUAL, happenings: { '+5m': viewers(2), '+9h': viewers(1), '+10h': viewers(0), '+10h14m': viewers(1), '+20h': viewers(0) } },
      ['+20h15m: pause, no viewer for 15m', '+1d3h55m: warn, no viewer for 8h, to go at +1d4h', '+1d4h: remove, no viewer for 8h'],
    ],
    [
      'a paused one wakes when somebody looks',
      { lease: USUAL, hours: 3, happenings: { '+1h': viewers(1), '+2h': viewers(0) } },
      ['+15m: pause, no viewer for 15m', '+1h: wake, somebody looks at it', '+2h15m: pause, no viewer for 15m'],
    ],
    [
      'one that is warned and paused wakes first, and is kept then',
      { lease: USUAL, hours: 8, happenings: { '+7h57m': viewers(1) } },
      ['+15m: pause, no viewer for 15m', '+7h55m: warn, no viewer for 8h, to go at +8h', '+7h57m: wake, somebody looks at it', '+7h58m: keep, somebody looks at it'],
    ],
    [
      'an up counts as a use',
      { lease: USUAL, policy: DIRECT, happenings: { '+7h': use } },
      ['+14h55m: warn, no viewer for 8h, to go at +15h', '+15h: remove, no viewer for 8h'],
    ],
    [
      'whoever comes after the warning keeps it, and it is warned again before it goes',
      { lease: USUAL, policy: DIRECT, happenings: { '+7h57m': viewers(1), '+8h30m': viewers(0) } },
      ['+7h55m: warn, no viewer for 8h, to go at +8h', '+7h57m: keep, somebody looks at it', '+16h25m: warn, no viewer for 8h, to go at +16h30m', '+16h30m: remove, no viewer for 8h'],
    ],
    [
      'a touch after the warning keeps it too, and says so',
      { lease: USUAL, policy: DIRECT, hours: 9, happenings: { '+7h57m': touch } },
      ['+7h55m: warn, no viewer for 8h, to go at +8h', '+7h57m: keep, up or touch moved its no-client clock'],
    ],
    [
      'a short clock warns when half of it is over',
      { lease: leaseWith({ removeAfter: '6m' }) },
      ['+3m: warn, no viewer for 6m, to go at +6m', '+6m: remove, no viewer for 6m'],
    ],
    ['without warnings it is removed when it is due', { lease: leaseWith({ removeAfter: '1h' }), policy: { ...POLICY, warnBeforeMs: 0 } }, ['+1h: remove, no viewer for 1h']],
    [
      'an ended one is removed alike, and never paused',
      { lease: USUAL, born: { life: 'ended' } },
      ['+7h55m: warn, no viewer for 8h, to go at +8h', '+8h: remove, no viewer for 8h'],
    ],
    ['clocks that are off do nothing', { lease: leaseWith({}) }, []],
  ])('%s', (_, life, lines) => expect(live(life)).toEqual(lines));
});

describe('what nobody knows or watched never makes a desktop look idle', () => {
  test.each<[string, Life, string[]]>([
    ['an unknown never pauses nor removes', { lease: USUAL, happenings: { '+1m': unknownViewers } }, []],
    [
      'an unknown after the warning takes it back',
      { lease: USUAL, policy: DIRECT, hours: 20, happenings: { '+7h57m': unknownViewers } },
      ['+7h55m: warn, no viewer for 8h, to go at +8h', '+7h57m: keep, the engine does not say'],
    ],
    [
      'idle time begins anew after a gap, and a warning from before it counts for nothing',
      { lease: USUAL, policy: DIRECT, happenings: { '+7h58m': gap } },
      [
        '+7h55m: warn, no viewer for 8h, to go at +8h',
        '+7h58m: keep, begin of watching moved its no-client clock',
        '+15h53m: warn, no viewer for 8h, to go at +15h58m',
        '+15h58m: remove, no viewer for 8h',
      ],
    ],
    [
      'a time to live goes on through a gap, but is announced anew',
      { lease: leaseWith({ ttl: '2h' }), happenings: { '+1h58m': gap } },
      ['+1h55m: warn, its time to live of 2h is over, to go at +2h', '+1h58m: warn, its time to live of 2h is over, to go at +2h3m', '+2h3m: remove, its time to live of 2h is over'],
    ],
    [
      'so does an age',
      { lease: leaseWith({ maxAge: '2h' }), happenings: { '+1h58m': gap } },
      ['+1h55m: warn, older than 2h, to go at +2h', '+1h58m: warn, older than 2h, to go at +2h3m', '+2h3m: remove, older than 2h'],
    ],
    ['unknown input removes nothing', { lease: leaseWith({ inputIdle: '1h' }) }, []],
  ])('%s', (_, life, lines) => expect(live(life)).toEqual(lines));

  test('one that was never warned is warned first, however late that is', () => {
    const facts = { ...factsAtBirth(), life: 'ended' as const };
    const { next, removal } = leaseState(USUAL, facts, POLICY, new Date(after(100 * HOUR)));
    expect(next).toMatchObject({ do: 'warn', removeAt: after(100 * HOUR + 5 * MINUTE) });
    expect(removal).toMatchObject({ at: after(100 * HOUR + 5 * MINUTE), clock: 'no-client' });
  });
});

describe('no-input, ttl and max-age', () => {
  test.each<[string, Life, string[]]>([
    [
      'real input moves no-input, a viewer does not',
      { lease: leaseWith({ inputIdle: '1h' }), born: { input: { known: true } }, happenings: { '+10m': viewers(1), '+30m': input } },
      ['+1h25m: warn, no input for 1h, to go at +1h30m', '+1h30m: remove, no input for 1h'],
    ],
    [
      'a ttl takes a used one too, and an up does not move it',
      { lease: leaseWith({ ttl: '2h' }), happenings: { '+1m': viewers(1), '+1h': use } },
      ['+1h55m: warn, its time to live of 2h is over, to go at +2h', '+2h: remove, its time to live of 2h is over'],
    ],
    [
      'a ttl is moved by touch',
      { lease: leaseWith({ ttl: '2h' }), happenings: { '+1h58m': touch } },
      [
        '+1h55m: warn, its time to live of 2h is over, to go at +2h',
        '+1h58m: keep, a touch moved its ttl clock',
        '+3h53m: warn, its time to live of 2h is over, to go at +3h58m',
        '+3h58m: remove, its time to live of 2h is over',
      ],
    ],
    [
      'nothing moves max-age: no viewer, no touch, no promise',
      { lease: leaseWith({ maxAge: '2h' }), happenings: { '+1m': viewers(1), '+1h': keep(10 * HOUR), '+1h58m': touch } },
      ['+1h55m: warn, older than 2h, to go at +2h', '+2h: remove, older than 2h'],
    ],
    [
      'touch --for holds the others until then',
      { lease: leaseWith({ idle: '15m', removeAfter: '1h', ttl: '2h' }), happenings: { '+10m': keep(5 * HOUR) } },
      ['+4h55m: warn, no viewer for 1h, to go at +5h', '+5h: remove, no viewer for 1h'],
    ],
    [
      'the clock that runs out first removes; where it is held, the next one warns anew',
      { lease: leaseWith({ removeAfter: '2h', ttl: '121m', maxAge: '3h' }), happenings: { '+1h58m': viewers(1) } },
      ['+1h55m: warn, no viewer for 2h, to go at +2h', '+1h58m: warn, its time to live of 2h1m is over, to go at +2h3m', '+2h3m: remove, its time to live of 2h1m is over'],
    ],
  ])('%s', (_, life, lines) => expect(live(life)).toEqual(lines));
});

test('each clock says what moved it last, what holds it, and when it runs out', () => {
  const lease = leaseWith({ idle: '15m', removeAfter: '8h', inputIdle: '1h', ttl: '1d' });
  const facts = { ...factsAtBirth(), lastUsedAt: after(MINUTE), viewerSeenAt: after(2 * MINUTE), touchedAt: after(MINUTE), keptUntil: after(10 * HOUR) };
  expect(leaseState(lease, facts, DIRECT, new Date(after(HOUR))).clocks).toEqual([
    { clock: 'no-client', action: 'pause', length: 15 * MINUTE, from: 'test', state: 'held', reason: 'reached through its own port' },
    { clock: 'no-client', action: 'remove', length: 8 * HOUR, from: 'test', state: 'runs', since: after(2 * MINUTE), movedBy: 'touch --for', dueAt: after(10 * HOUR) },
    { clock: 'no-input', action: 'remove', length: HOUR, from: 'test', state: 'unknown', reason: 'no gateway' },
    { clock: 'ttl', action: 'remove', length: 24 * HOUR, from: 'test', state: 'runs', since: after(MINUTE), movedBy: 'a touch', dueAt: after(24 * HOUR + MINUTE) },
    { clock: 'max-age', action: 'remove', length: 'never', from: 'test', state: 'off' },
  ]);
});

test('what is due is removed also where it can not be paused', () => {
  const facts = { ...factsAtBirth(), warned: { at: after(7 * HOUR + 55 * MINUTE), clock: 'no-client' as const, removeAt: after(8 * HOUR) } };
  expect(leaseState(USUAL, facts, POLICY, new Date(after(8 * HOUR))).next).toMatchObject({ do: 'remove' });
  const { warned: _, ...unwarned } = facts;
  expect(leaseState(USUAL, unwarned, POLICY, new Date(after(7 * HOUR + 55 * MINUTE))).next).toMatchObject({ do: 'warn' });
});

test('a desktop without any clock that runs has no next step', () => {
  const state = leaseState(leaseWith({}), factsAtBirth(), POLICY, new Date(BIRTH));
  expect(state).not.toHaveProperty('next');
  expect(state).not.toHaveProperty('removal');
});
