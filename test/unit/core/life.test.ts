import { describe, expect, test } from 'vitest';
import { EMPTY_STATE, type StoreState } from '../../../src/core/store.ts';
import { ANA } from '../../support/test-desktops.ts';
import { createTestLives, D1, desktopSeen, removing, type TestLives } from '../../support/test-lives.ts';

/** Every order of the given things. */
function orders<T>(things: readonly T[]): T[][] {
  if (things.length <= 1) return [[...things]];
  return things.flatMap((thing, index) => orders(things.filter((_, other) => other !== index)).map((rest) => [thing, ...rest]));
}
type Learn = (lives: TestLives) => void;
const named = (learned: Readonly<Record<string, Learn>>): [string, Learn[]][] =>
  orders(Object.entries(learned)).map((order) => [order.map(([name]) => name).join(', '), order.map(([, learn]) => learn)]);

/** The store while it is paused because somebody asked for that. */
const askedFor: StoreState = { ...EMPTY_STATE, allocations: { d1: { desktopId: D1, client: ANA, endpoint: 'fake', image: 'kiosk', createdAt: '2030-01-01T12:00:00.000Z', pauseCause: 'somebody wanted it' } } };

/** A tracker that has found the desktop like this at its first look. */
function watching(status: Parameters<typeof desktopSeen>[0] = 'ready'): TestLives {
  const lives = createTestLives();
  lives.look(status);
  expect(lives.told).toEqual([]);
  return lives;
}

describe('each thing is told once, whichever way it is learned first', () => {
  test.each(named({ event: (l) => l.event('paused'), settle: (l) => l.settle(l.intend('pause')), look: (l) => l.look('paused') }))('a pause of ours: %s', (_, order) => {
    const lives = watching();
    lives.intend('pause');
    for (const learn of order) learn(lives);
    lives.look('paused');
    expect(lives.told).toEqual(['paused: no viewer']);
  });

  test.each(named({ event: (l) => l.event('paused', {}, askedFor), look: (l) => l.look('paused', {}, askedFor) }))('a pause that another process was asked for, with the cause that it wrote down: %s', (_, order) => {
    const lives = watching();
    for (const learn of order) learn(lives);
    expect(lives.told).toEqual(['paused: somebody wanted it']);
  });

  test.each(named({ event: (l) => l.event('unpaused'), settle: (l) => l.settle(l.intend('wake', 'somebody looks at it')), look: (l) => l.look('ready') }))('a wake of ours: %s', (_, order) => {
    const lives = watching('paused');
    lives.intend('wake', 'somebody looks at it');
    for (const learn of order) learn(lives);
    lives.look('ready');
    expect(lives.told).toEqual(['woken: somebody looks at it']);
  });

  const ended = (l: TestLives): void => {
    l.event('died', { exitCode: 0 });
    l.event('removed');
  };
  test.each(named({ events: ended, settle: (l) => l.settle(l.intend('remove')), look: (l) => l.look() }))('a removal of ours: %s', (_, order) => {
    const lives = watching();
    lives.intend('remove');
    for (const learn of order) learn(lives);
    lives.look();
    lives.look();
    expect(lives.told).toEqual(['removed: no viewer']);
  });

  const begun = (l: TestLives): void => {
    l.event('created');
    l.event('started');
  };
  test.each(named({ events: begun, look: (l) => l.look('ready') }))('a beginning: %s', (_, order) => {
    const lives = createTestLives();
    lives.look();
    for (const learn of order) learn(lives);
    lives.look('ready');
    expect(lives.told).toEqual(['created: somebody asked for it', 'ready: it has come up']);
  });

  test.each(named({ event: (l) => l.event('died', { exitCode: 1 }), look: (l) => l.look('failed', { exitCode: 1 }) }))('a death: %s', (_, order) => {
    const lives = watching();
    for (const learn of order) learn(lives);
    expect(lives.told).toEqual(['died: it ended with exit code 1']);
  });

  test.each(named({ event: (l) => l.event('started'), look: (l) => l.look('ready') }))('a start of an ended one: %s', (_, order) => {
    const lives = watching('stopped');
    for (const learn of order) learn(lives);
    lives.look('ready');
    expect(lives.told).toEqual(['started: it had ended', 'ready: it has come up']);
  });

  const other = { name: 'other', container: { ...desktopSeen('ready').container, id: desktopSeen('ready').container?.id ?? ('' as never), name: 'other', running: true } };
  test.each(named({ event: (l) => l.event('renamed', { name: 'other' }), look: (l) => l.look('ready', { container: other.container }) }))('another name: %s', (_, order) => {
    const lives = watching();
    for (const learn of order) learn(lives);
    expect(lives.told).toEqual(['renamed: its container was renamed by other means than vncctl']);
  });

  test.each(named({ event: (l) => l.event('removed'), look: (l) => l.look('lost') }))('one that vanished and is remembered: %s', (_, order) => {
    const lives = watching();
    for (const learn of order) learn(lives);
    for (let looks = 0; looks < 4; looks++) lives.look('lost');
    lives.settle(lives.intend('remove'));
    lives.look();
    expect(lives.told).toEqual(['removed: its container was removed by other means than vncctl']);
  });
});

describe('a look that began before something happened', () => {
  test.each<[string, Learn, string[]]>([
    ['a pause', (l) => l.settle(l.intend('pause')), ['paused: no viewer']],
    ['an event', (l) => l.event('paused'), ['paused: by other means than vncctl']],
  ])('does not take back %s', (_, learn, told) => {
    const lives = watching();
    lives.tracker.lookBegins();
    learn(lives);
    lives.reconcile([desktopSeen('ready')]);
    lives.look('paused');
    expect(lives.told).toEqual(told);
  });

  test('does not take a newborn for a removed one', () => {
    const lives = createTestLives();
    lives.look();
    lives.tracker.lookBegins();
    lives.event('created');
    lives.event('started');
    lives.reconcile([]);
    lives.look('ready');
    expect(lives.told).toEqual(['created: somebody asked for it', 'ready: it has come up']);
  });

  test('does not bring a removed one back', () => {
    const lives = watching();
    lives.tracker.lookBegins();
    lives.settle(lives.intend('remove'));
    lives.reconcile([desktopSeen('ready')]);
    lives.look();
    lives.look();
    expect(lives.told).toEqual(['removed: no viewer']);
  });

  test('as the first one tells nothing of a desktop that was paused for long, also when it wakes', () => {
    const lives = watching('paused');
    lives.event('unpaused');
    lives.look('ready');
    expect(lives.told).toEqual(['woken: somebody asked for it']);
  });
});

describe('causes', () => {
  test('a removal by another process has the cause in its mark, also when the record is gone before the end is told', () => {
    const lives = watching();
    lives.event('died', { exitCode: 0 }, removing('vncctl rm'));
    lives.event('removed', {}, EMPTY_STATE);
    expect(lives.told).toEqual(['removed: vncctl rm']);
  });

  test('so it has where only looks tell of it', () => {
    const lives = watching();
    lives.look('exiting', {}, removing('vncctl rm'));
    lives.look();
    expect(lives.told).toEqual(['removed: vncctl rm']);
  });

  test('a paused one that is woken to end was not woken', () => {
    const lives = watching('paused');
    lives.event('unpaused', {}, removing());
    lives.event('died', { exitCode: 0 }, removing());
    lives.event('removed', {}, removing());
    expect(lives.told).toEqual(['removed: vncctl rm']);
  });

  test.each([
    [0, 'stopped: it ended with exit code 0'],
    [143, 'stopped: it ended with exit code 143'],
    [1, 'died: it ended with exit code 1'],
    [139, 'died: it ended with exit code 139'],
  ])('an end with exit code %i', (exitCode, told) => {
    const lives = watching();
    lives.event('died', { exitCode });
    expect(lives.told).toEqual([told]);
  });

  test('what was intended and not done is the cause of nothing', () => {
    const lives = watching();
    lives.settle(lives.intend('remove'), 'failed');
    lives.settle(lives.intend('pause'), 'dropped');
    lives.event('paused');
    lives.event('removed');
    expect(lives.told).toEqual(['paused: by other means than vncctl', 'removed: its container was removed by other means than vncctl']);
  });
});

test('a warning says when, and that it is kept after all is told too', () => {
  const lives = watching();
  lives.settle({ ...lives.intend('warn', 'no viewer for 8h'), removeAt: '2030-01-01T12:05:00.000Z' });
  lives.settle(lives.intend('keep', 'somebody looks at it'));
  expect(lives.events).toMatchObject([
    { event: 'warned', cause: 'no viewer for 8h', removeAt: '2030-01-01T12:05:00.000Z' },
    { event: 'kept', cause: 'somebody looks at it' },
  ]);
});

test('no event holds the client, but a hash of it', () => {
  const lives = watching();
  for (const kind of ['paused', 'unpaused', 'renamed', 'died', 'started', 'removed'] as const) lives.event(kind, { name: kind === 'renamed' ? 'other' : `vnc_${ANA}` });
  lives.look();
  expect(lives.events).toHaveLength(6);
  expect(JSON.stringify(lives.events)).not.toContain(ANA);
  for (const event of lives.events) expect(event).toMatchObject({ desktop: D1, image: 'kiosk', client: 'hash-of-ana' });
});

test("another instance's containers, and what is no desktop, are nobody's life", () => {
  const lives = watching();
  const event = { kind: 'died' as const, id: 'c9' as never, name: 'x', at: '2030-01-01T12:00:00.000Z', exitCode: 1 };
  expect(lives.tracker.apply({ ...event, labels: {} }, EMPTY_STATE)).toEqual([]);
  expect(lives.tracker.apply({ ...event, labels: { 'io.vncctl.managed': 'true', 'io.vncctl.instance': 'other' } }, EMPTY_STATE)).toEqual([]);
});

describe('one from the pool', () => {
  const WARM = `vnc_pool_${D1}`;

  test.each<[string, (l: TestLives) => void]>([
    ['events alone', () => {}],
    ['a look that finds it before it is woken', (l) => l.look('paused', { pooled: true })],
  ])('is told when it gets its client, once, as taken from the pool: by %s', (_, learn) => {
    const lives = createTestLives();
    lives.look();
    for (const kind of ['created', 'started', 'paused'] as const) lives.event(kind, { name: WARM, pooled: true });
    expect(lives.told).toEqual([]);
    learn(lives);
    for (const kind of ['renamed', 'unpaused'] as const) lives.event(kind, { pooled: true });
    lives.look('ready', { pooled: true });
    expect(lives.told).toEqual(['created: taken from the pool', 'ready: it has come up']);
    expect(lives.events[0]?.client).toBe('hash-of-ana');
  });

  test('that ends or goes before it had a client is no news', () => {
    const lives = createTestLives();
    lives.look();
    for (const kind of ['unpaused', 'died', 'removed'] as const) lives.event(kind, { name: WARM, pooled: true });
    expect(lives.told).toEqual([]);
  });

  test('is paused and woken later as any other', () => {
    const lives = createTestLives();
    lives.look('ready', { pooled: true });
    lives.event('paused', { pooled: true });
    lives.event('unpaused', { pooled: true });
    expect(lives.told).toEqual(['paused: by other means than vncctl', 'woken: somebody asked for it']);
  });
});
