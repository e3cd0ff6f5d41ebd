import { expect, test } from 'vitest';
import { createRemovals, UNDO_MS } from '../../../../src/web/dashboard/removals.ts';

function stand() {
  const sent: string[] = [];
  const timers = new Map<number, () => void>();
  let made = 0;
  let changes = 0;
  const removals = createRemovals({
    send: (id, leaving) => void sent.push(leaving ? `${id}, leaving` : id),
    now: () => 1_000,
    after(ms, work) {
      expect(ms).toBe(UNDO_MS);
      const id = ++made;
      timers.set(id, work);
      return () => timers.delete(id);
    },
    onChange: () => void changes++,
  });
  const pass = (): void => {
    for (const work of timers.values()) work();
  };
  return { removals, sent, pass, changes: () => changes };
}

test('a removal is sent once its time is over, and not before', () => {
  const { removals, sent, pass } = stand();
  removals.begin('one');
  removals.begin('one');
  expect([...removals.pending]).toEqual([['one', 1_000 + UNDO_MS]]);
  expect(sent).toEqual([]);
  pass();
  expect(sent).toEqual(['one']);
  expect(removals.pending.size).toBe(0);
});

test('one that was taken back is never sent; the others are', () => {
  const { removals, sent, pass } = stand();
  removals.begin('one');
  removals.begin('other');
  removals.undo('one');
  pass();
  expect(sent).toEqual(['other']);
});

test('when the page goes away, all are sent at once and none a second time', () => {
  const { removals, sent, pass } = stand();
  removals.begin('one');
  removals.begin('other');
  removals.leave();
  removals.leave();
  pass();
  expect(sent).toEqual(['one, leaving', 'other, leaving']);
});

test('each change is told', () => {
  const { removals, pass, changes } = stand();
  removals.begin('one');
  removals.undo('one');
  removals.begin('one');
  pass();
  expect(changes()).toBe(4);
});
