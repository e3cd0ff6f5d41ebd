import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { ownProcesses } from '../../../src/engine/host-processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();

test('a process keeps its start as long as it lives, and another one has another', async () => {
  // The name stands in the middle of what is read.
  const program = join(home, 'a) R (1 2');
  symlinkSync('/bin/sleep', program);
  const child = spawn(program, ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const first = ownProcesses.startOf(pid);
  expect(first).toEqual({ bootId: expect.stringMatching(/^[0-9a-f-]{36}$/), ticks: expect.any(Number) });
  expect(ownProcesses.startOf(pid)).toEqual(first);
  expect(ownProcesses.startOf(process.pid)?.ticks).toBeLessThanOrEqual(first?.ticks ?? 0);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  expect(ownProcesses.startOf(pid)).toBeUndefined();
  expect(ownProcesses.isAlive(pid)).toBe(false);
});

test('one that ended but was not taken note of has no start', async () => {
  // By the time the inner one ends, its parent is a program that never waits for it.
  const child = spawn('sh', ['-c', 'cat <&3 >/dev/null & echo $!; exec sleep 60 3<&-'], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] });
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  const pid = Number(line.toString());
  await expect.poll(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8')).toBe('sleep\n');
  expect(ownProcesses.startOf(pid)).toBeDefined();
  (child.stdio[3] as Writable).end();
  await expect.poll(() => ownProcesses.startOf(pid)).toBeUndefined();
  expect(ownProcesses.isAlive(pid)).toBe(true);
  child.kill('SIGKILL');
});
