// The promises of the store that only real processes can break.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createFileStore } from '../../../src/store/file-store.ts';
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

test('processes that make the key at once all get the same', { timeout: 30_000 }, async () => {
  const file = join(home, 'keys', 'default.key');
  const keys = await Promise.all(Array.from({ length: 8 }, () => output(start('key', file))));
  expect(new Set(keys.map(({ text }) => text)).size).toBe(1);
  expect(keys[0]?.text).toMatch(/^[0-9a-f]{64}$/);
});
