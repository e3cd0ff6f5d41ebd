import { expect, test } from 'vitest';
import type { ActivitySubject } from '../../../src/core/activity.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { createOwnViewers } from '../../../src/gateway/own-viewers.ts';
import { createFakeActivity } from '../../support/fake-activity.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const ID = 'bcdf23456789' as DesktopId;
const SUBJECT = { id: ID, container: 'c' as ActivitySubject['container'], ports: [5900] };
const AT = new Date('2030-01-01T12:00:00.000Z');

/** What is known of a desktop that `connections` lead to, `own` of them through the gateway. */
async function known(connections: number | 'unknown', own: number, input?: Date, unread = false): Promise<unknown> {
  const direct = createFakeActivity(createFakeClock());
  direct.set(ID, connections);
  const viewers = createOwnViewers(() => Array.from({ length: own }, () => ({ desktop: ID, unread })));
  if (input) viewers.sawInput(ID, input);
  return (await viewers.addedTo(direct).look([SUBJECT])).get(ID);
}

test.each([
  ['nobody looks', 0, 0, undefined, { viewers: { known: true, count: 0 }, input: { known: true } }],
  ['all come through the gateway', 2, 2, AT, { viewers: { known: true, count: 2 }, input: { known: true, at: AT.toISOString() } }],
  ['one of them comes another way', 2, 1, AT, { viewers: { known: true, count: 2 }, input: { known: false } }],
  ['one is still on the way in', 0, 1, undefined, { viewers: { known: true, count: 1 }, input: { known: true } }],
  ['connections can not be told, but one is ours', 'unknown', 1, undefined, { viewers: { known: true, count: 1 }, input: { known: false } }],
  ['connections can not be told', 'unknown', 0, undefined, { viewers: { known: false }, input: { known: false } }],
] as const)('where %s, no more is said than can be known', async (_, connections, own, input, expected) => {
  expect(await known(connections, own, input)).toMatchObject(expected);
});

test('after a message that can not be read, input is unknown, and not what it was before', async () => {
  expect(await known(1, 1, AT, true)).toEqual({ viewers: { known: true, count: 1 }, input: { known: false, why: expect.stringContaining('not known here') as string } });
});

test('input of a desktop that is gone is forgotten', async () => {
  const direct = createFakeActivity(createFakeClock());
  const viewers = createOwnViewers(() => []);
  const source = viewers.addedTo(direct);
  viewers.sawInput(ID, AT);
  await source.look([]);
  expect((await source.look([SUBJECT])).get(ID)?.input).toEqual({ known: true });
});
