import { expect, test } from 'vitest';
import type { ActivitySource, ActivitySubject } from '../../../src/core/activity.ts';
import { isIdle, lookAt } from '../../../src/core/look.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { createFakeActivity } from '../../support/fake-activity.ts';
import { createTestDesktops } from '../../support/test-desktops.ts';
import { D1, desktopSeen } from '../../support/test-lives.ts';

const { desktops, clock } = createTestDesktops();
const signal = new AbortController().signal;

test.each([
  ['ready', true],
  ['starting', true],
  ['paused', true],
  ['stopped', false],
  ['exiting', false],
  ['lost', false],
] as const)('one that is %s: asked about is %s', async (status, asked) => {
  const activity = createFakeActivity(clock);
  const answers = await lookAt(desktops, [desktopSeen(status)], activity, signal);
  expect(activity.looks).toEqual([asked ? [D1] : []]);
  expect(answers.has(D1)).toBe(asked);
});

test('a failed one that runs all the same may be looked at', async () => {
  const activity = createFakeActivity(clock);
  const running = desktopSeen('ready');
  await lookAt(desktops, [desktopSeen('failed', running.container ? { container: running.container } : {}), desktopSeen('failed', { id: 'd2' as DesktopId })], activity, signal);
  expect(activity.looks).toEqual([[D1]]);
});

test('it asks for the ports of its image, all at once', async () => {
  const asked: (readonly ActivitySubject[])[] = [];
  const source: ActivitySource = {
    async look(subjects) {
      asked.push(subjects);
      return new Map();
    },
    close() {},
  };
  await lookAt(desktops, [desktopSeen('ready'), desktopSeen('paused', { id: 'd2' as DesktopId })], source, signal);
  expect(asked).toMatchObject([[{ id: 'd1', container: 'c1', ports: [6080, 5900] }, { id: 'd2' }]]);
});

test('one whose image is not in the catalog any more is unknown, and nobody asks', async () => {
  const activity = createFakeActivity(clock);
  const answer = (await lookAt(desktops, [desktopSeen('ready', { image: 'old' })], activity, signal)).get(D1);
  expect(activity.looks).toEqual([[]]);
  expect(answer).toMatchObject({ viewers: { known: false }, input: { known: false } });
  expect(isIdle(answer)).toBe(false);
});

test('only one that nobody looks at for sure is idle', () => {
  const input = { known: false, why: 'test' } as const;
  expect(isIdle({ viewers: { known: true, count: 0 }, input })).toBe(true);
  expect(isIdle({ viewers: { known: true, count: 1 }, input })).toBe(false);
  expect(isIdle({ viewers: { known: false, why: 'test' }, input })).toBe(false);
  expect(isIdle(undefined)).toBe(false);
});
