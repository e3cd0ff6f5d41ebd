// The promises of the store that only real processes can break.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { ownProcesses } from '../../../src/engine/host-processes.ts';
import { findDaemon } from '../../../src/store/daemon-lock.ts';
import { createEventJournal } from '../../../src/store/event-journal.ts';
import { createFileStore } from '../../../src/store/file-store.ts';
import { createRecordFile } from '../../../src/store/record-file.ts';
import { compileProgram } from '../../support/compiled.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();
let program = '';

beforeAll(async () => {
  program = await compileProgram('store-child', home);
});

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function output(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}

test('eight processes that change the state fifty times each lose nothing', { timeout: 60_000 }, async () => {
  const file = join(home, 'count', 'state.json');
  const ended = await Promise.all(Array.from({ length: 8 }, (_, index) => output(start('count', file, String(index + 1), '50'))));
  expect(ended.map(({ code }) => code)).toEqual(Array(8).fill(0));
  const { reservations } = await createFileStore({ file, warn: () => {}, now: () => new Date() }).read();
  expect(new Set(reservations.map(({ port }) => port)).size).toBe(400);
  expect(reservations).toHaveLength(400);
});

test('a process killed while it holds the lock delays the next change by six seconds at most', { timeout: 30_000 }, async () => {
  const file = join(home, 'killed', 'state.json');
  const holder = start('hold', file);
  await once(holder.stdout ?? holder, 'data');
  const gone = once(holder, 'exit');
  holder.kill('SIGKILL');
  await gone;
  const began = performance.now();
  await createFileStore({ file, warn: () => {}, now: () => new Date() }).update((state) => ({ state, result: undefined }));
  expect(performance.now() - began).toBeLessThan(6_500);
});

test('records that four processes change lose nothing, and no reader sees one go back, whichever process is killed meanwhile', { timeout: 60_000 }, async () => {
  const file = join(home, 'records', 'things.json');
  const reader = createRecordFile<{ id: string; count: number }>({ file, now: () => new Date(), warn: expect.unreachable }, { name: 'records', isRecord: (value): value is { id: string; count: number } => typeof (value as { id?: unknown } | null)?.id === 'string', stillGood: (all) => all, loss: '' });
  const seen = new Map<string, number>();
  const look = async (): Promise<void> => {
    for (const { id, count } of await reader.read()) {
      if (count < (seen.get(id) ?? 0)) throw new Error(`${id} went back from ${seen.get(id)} to ${count}`);
      seen.set(id, count);
    }
  };
  let isOver = false;
  const killed = start('records', file, 'killed', '100000');
  const gone = once(killed, 'exit');
  const workers = Promise.all(['a', 'b', 'c'].map((name) => output(start('records', file, name, '150')))).finally(() => (isOver = true));
  while (!isOver || !seen.has('killed')) {
    await look();
    if ((seen.get('killed') ?? 0) > 5) killed.kill('SIGKILL');
    await setImmediate();
  }
  expect((await workers).map(({ code }) => code)).toEqual([0, 0, 0]);
  killed.kill('SIGKILL');
  await gone;
  await look();
  expect(['a', 'b', 'c'].map((name) => seen.get(name))).toEqual([150, 150, 150]);
  expect(seen.get('killed')).toBeGreaterThan(0);
});

test('processes that make the key at once all get the same', { timeout: 30_000 }, async () => {
  const file = join(home, 'keys', 'default.key');
  const keys = await Promise.all(Array.from({ length: 8 }, () => output(start('key', file))));
  expect(new Set(keys.map(({ text }) => text)).size).toBe(1);
  expect(keys[0]?.text).toMatch(/^[0-9a-f]{64}$/);
});

test('events that four processes append are followed without loss or repetition, across changes of the file', { timeout: 60_000 }, async () => {
  const file = join(home, 'events', 'events.jsonl');
  // There before it is followed, so that changes are told at once and not after a second look.
  mkdirSync(join(home, 'events'));
  const stop = new AbortController();
  const journal = createEventJournal({ file, clock: systemClock, warn: () => {} });
  const seen: string[] = [];
  const following = (async () => {
    for await (const { desktop } of journal.follow(stop.signal)) {
      seen.push(desktop);
      if (seen.length === 1200) stop.abort();
    }
  })();
  const ended = await Promise.all(['a', 'b', 'c', 'd'].map((name) => output(start('events', file, name, '300'))));
  expect(ended.map(({ code }) => code)).toEqual(Array(4).fill(0));
  await following;
  expect(new Set(seen).size).toBe(1200);
  for (const name of ['a', 'b', 'c', 'd']) expect(seen.filter((desktop) => desktop.startsWith(name))).toEqual(Array.from({ length: 300 }, (_, turn) => `${name}-${turn}`));
  expect(existsSync(join(home, 'events', 'events.1.jsonl'))).toBe(true);
});

test('a daemon that was killed is taken over at once, by one of those that come', { timeout: 30_000 }, async () => {
  const file = join(home, 'daemon', 'daemon.json');
  const first = start('daemon', file);
  const said = async (child: ChildProcess): Promise<string> => String((await once(child.stdout ?? child, 'data'))[0]).trim();
  expect(await said(first)).toBe('held');
  expect(findDaemon(file, ownProcesses)).toMatchObject({ pid: first.pid });
  expect(await said(start('daemon', file))).toBe('DAEMON_RUNNING');
  const gone = once(first, 'exit');
  first.kill('SIGKILL');
  await gone;
  expect(findDaemon(file, ownProcesses)).toBeUndefined();
  const began = performance.now();
  const next = Array.from({ length: 6 }, () => start('daemon', file));
  onTestFinished(() => next.forEach((child) => child.kill('SIGKILL')));
  const answers = await Promise.all(next.map(said));
  expect(answers.sort()).toEqual([...Array.from({ length: 5 }, () => 'DAEMON_RUNNING'), 'held']);
  // Six processes start and take turns; waiting for a stale lock would take four seconds more.
  expect(performance.now() - began).toBeLessThan(4_000);
});
