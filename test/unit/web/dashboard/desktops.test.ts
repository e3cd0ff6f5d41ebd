import { expect, test } from 'vitest';
import type { DesktopRow } from '../../../../src/web/dashboard/answers.ts';
import { addFigures, clientText, countByStatus, findRows, type History, keepEqual, sparkline } from '../../../../src/web/dashboard/desktops.ts';
import { maskClientId } from '../../../../src/core/client-id.ts';

const row = (over: Partial<DesktopRow> = {}): DesktopRow => ({ id: 'bcdfghjkmnpq', client: '11122233344', status: 'ready', image: 'firefox-kiosk', createdAt: '', lastUsedAt: null, expiresAt: null, why: 'never', ...over });

test.each([
  ['11122233344', false, '111.***.***-44'],
  ['11122233344', true, '111.222.333-44'],
  ['111.***.***-44', true, '111.***.***-44'],
  ['front-desk', false, 'fr******sk'],
  ['front-desk', true, 'front-desk'],
  [null, true, '?'],
])('the client %j is shown (whole: %j) as %s', (client, shown, text) => {
  expect(clientText(client, shown)).toBe(text);
});

test.each(['11122233344', 'front-desk', 'abcde'])('%s is hidden as everywhere else in vncctl', (client) => {
  expect(clientText(client, false)).toBe(maskClientId(client));
});

test.each([
  ['', 3],
  ['111.222', 1],
  ['11122', 1],
  ['KIOSK', 2],
  ['zxwv', 1],
  ['nobody', 0],
  ['.', 0],
])('a search for %j finds %i', (search, count) => {
  const rows = [row(), row({ id: 'zxwvtsrqpnmk', client: 'front-desk', image: 'desktop' }), row({ id: 'aaa', client: null })];
  expect(findRows(rows, search, 'all')).toHaveLength(count);
});

test('a status leaves those that have it, and is counted', () => {
  const rows = [row(), row({ status: 'paused' }), row({ status: 'paused' })];
  expect(findRows(rows, '', 'paused')).toHaveLength(2);
  expect(countByStatus(rows)).toEqual({ ready: 1, paused: 2 });
});

test('what has not changed stays the very object, so that it is not drawn again', () => {
  const before = [row(), row({ id: 'other' })];
  const next = keepEqual(before, [row(), row({ id: 'other', status: 'paused' }), row({ id: 'new' })]);
  expect(next[0]).toBe(before[0]);
  expect(next[1]).toMatchObject({ status: 'paused' });
  expect(next).toHaveLength(3);
});

test('figures go on for thirty readings, and those of a desktop that is gone are forgotten', () => {
  const figures = (id: string, cpus: number | null) => ({ id, viewers: 0, lastInputAt: null, cpus, memoryBytes: 5, memoryLimitBytes: null });
  let histories = new Map<string, History>();
  for (let reading = 0; reading < 40; reading++) histories = addFigures(histories, [figures('one', reading), figures('other', null)]);
  expect(histories.get('one')?.cpus).toEqual(Array.from({ length: 30 }, (_, index) => index + 10));
  expect([...addFigures(histories, [figures('one', 40)]).keys()]).toEqual(['one']);
});

test('a small graph ends at its right, leaves out what is missing, and does not leave its box', () => {
  expect(sparkline([0, null, 0.5, 9], 1, { width: 29, height: 10 })).toBe('26,10 28,5 29,0');
});
