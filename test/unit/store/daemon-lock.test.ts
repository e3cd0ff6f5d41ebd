import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { ProcessIdentities, ProcessStart } from '../../../src/core/desktops.ts';
import { findDaemon, takeDaemonLock } from '../../../src/store/daemon-lock.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();
let files = 0;

const now = (): Date => new Date('2030-01-01T12:00:00.000Z');

/** One machine: which processes there are, and how each was started. */
function machine(alive: Record<number, ProcessStart | undefined> = {}) {
  const file = join(home, String(files++), 'state', 'daemon.json');
  const as = (pid: number): ProcessIdentities => ({ pid, isAlive: (other) => other in alive, startOf: (other) => alive[other] });
  return { file, alive, as, take: (pid: number) => takeDaemonLock({ file, now, processes: as(pid) }) };
}

const start = (ticks: number, bootId = 'a'): ProcessStart => ({ ticks, bootId });

test('the second daemon is a conflict that names the first; after a release there is place again', async () => {
  const { file, as, take } = machine({ 100: start(1), 200: start(2) });
  expect(findDaemon(file, as(100))).toBeUndefined();
  const lock = await take(100);
  expect(findDaemon(file, as(200))).toEqual({ pid: 100, startedAt: '2030-01-01T12:00:00.000Z' });
  await expect(take(200)).rejects.toMatchObject({ code: 'DAEMON_RUNNING', exitCode: 4, message: 'a daemon runs already: process 100, since 2030-01-01T12:00:00.000Z', hint: expect.stringContaining('kill 100') });
  lock.release();
  lock.release();
  expect(findDaemon(file, as(200))).toBeUndefined();
  await take(200);
  expect(findDaemon(file, as(100))).toMatchObject({ pid: 200 });
});

test('the file is for its owner only, and nothing else is left beside it', async () => {
  const { file, take } = machine({ 100: start(1) });
  await take(100);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  expect(readdirSync(dirname(file))).toEqual(['daemon.json']);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ pid: 100, startedAt: '2030-01-01T12:00:00.000Z', startTicks: 1, bootId: 'a' });
});

test.each([
  ['is dead', {}],
  ['gave its pid to another process', { 100: start(77) }],
  ['ran before the machine was started again', { 100: start(1, 'b') }],
  ['has ended and waits for its parent', { 100: undefined }],
])('a holder that %s is taken over', async (_, left) => {
  const { file, alive, take } = machine({ 100: start(1), 200: start(2) });
  const lost = await take(100);
  delete alive[100];
  Object.assign(alive, left);
  await take(200);
  // What was killed and somehow goes on takes nothing from its successor.
  lost.release();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: 200 });
});

test('where the machine tells no starts, a live holder counts', async () => {
  const { file, as, alive, take } = machine({ 100: undefined, 200: undefined });
  await take(100);
  await expect(take(200)).rejects.toMatchObject({ code: 'DAEMON_RUNNING' });
  delete alive[100];
  expect(findDaemon(file, as(200))).toBeUndefined();
  await take(200);
});

test.each(['', 'not json', '[]', '{"pid":0,"startedAt":"x"}', '{"pid":-1,"startedAt":"x"}', '{"pid":"100"}'])('a file that says %j holds nothing', async (text) => {
  const { file, alive, as, take } = machine({ 100: start(1) });
  (await take(100)).release();
  writeFileSync(file, text);
  // Signals to these mean whole groups, which are always there.
  Object.assign(alive, { 0: start(5), [-1]: start(6) });
  expect(findDaemon(file, as(100))).toBeUndefined();
  await take(100);
  expect(findDaemon(file, as(100))).toMatchObject({ pid: 100 });
});

test('of several takers at once one wins', async () => {
  const { take } = machine({ 100: start(1), 200: start(2), 300: start(3) });
  const ended = await Promise.allSettled([take(100), take(200), take(300)]);
  expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
});

test('where the daemon answers is told as it becomes known, and is gone with it', async () => {
  const { file, as, take } = machine({ 100: start(1), 200: start(2) });
  const lock = await take(100);
  lock.answersAt({ socket: '/run/x.sock' });
  expect(findDaemon(file, as(200))).toEqual({ pid: 100, startedAt: '2030-01-01T12:00:00.000Z', socket: '/run/x.sock' });
  lock.answersAt({ address: '127.0.0.1:8080', scheme: 'https' });
  expect(findDaemon(file, as(200))).toEqual({ pid: 100, startedAt: '2030-01-01T12:00:00.000Z', socket: '/run/x.sock', address: '127.0.0.1:8080', scheme: 'https' });
  lock.release();
  expect(findDaemon(file, as(200))).toBeUndefined();
  expect(readdirSync(dirname(file))).toEqual([]);
});
