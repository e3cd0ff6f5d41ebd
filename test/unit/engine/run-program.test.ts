import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runProgram } from '../../../src/engine/run-program.ts';
import { eventually } from '../../support/eventually.ts';

test('output and exit code come back, a failing program throws nothing', async () => {
  expect(await runProgram('sh', ['-c', 'echo out; echo err >&2; exit 3'])).toEqual({ exitCode: 3, stdout: 'out', stderr: 'err' });
});
test('lines of both streams are handed on', async () => {
  const lines: string[] = [];
  await runProgram('sh', ['-c', 'echo a; echo b >&2; printf c'], { onLine: (line) => lines.push(line) });
  expect(lines.sort()).toEqual(['a', 'b', 'c']);
});
test('variables are added to those of this process', async () => {
  expect((await runProgram('sh', ['-c', 'echo "$ADDED ${PATH:+path}"'], { env: { ADDED: 'yes' } })).stdout).toBe('yes path');
});
test('a program that is not there is 127 with a reason', async () => {
  const result = await runProgram('/no/such/program', []);
  expect(result.exitCode).toBe(127);
  expect(result.stderr).not.toBe('');
});
test('the deadline ends a program with 124', async () => {
  expect(await runProgram('sleep', ['60'], { deadlineMs: 50 })).toEqual({ exitCode: 124, stdout: '', stderr: 'not done within 50 ms' });
});
test('one that a signal ends says so, without its command line', async () => {
  expect(await runProgram('sh', ['-c', 'kill -9 $$ # secret'])).toEqual({ exitCode: 127, stdout: '', stderr: 'ended by SIGKILL' });
});
test('an abort ends it with its reason', async () => {
  const caller = new AbortController();
  const running = runProgram('sleep', ['60'], { signal: caller.signal });
  const reason = new Error('enough');
  caller.abort(reason);
  await expect(running).rejects.toBe(reason);
});
test('input is what it reads, and one that reads nothing is no failure', async () => {
  expect((await runProgram('cat', [], { input: 'one\ntwo' })).stdout).toBe('one\ntwo');
  expect((await runProgram('true', [], { input: 'x'.repeat(1024 * 1024) })).exitCode).toBe(0);
  expect((await runProgram('cat', [])).stdout).toBe('');
});
test('onlyEnv gives the named variables and no other', async () => {
  const { stdout } = await runProgram('/usr/bin/env', [], { env: { ADDED: 'yes' }, onlyEnv: true });
  expect(stdout).toBe('ADDED=yes');
});
test.each(['the deadline', 'an abort'])('%s ends a group of its own with all its members, also those that ignore SIGTERM', { timeout: 15_000 }, async (how) => {
  const caller = new AbortController();
  const pids: number[] = [];
  // Both outlive a SIGTERM of the shell alone: one holds the output open, the other ignores the signal.
  const script = 'sleep 60 & echo $!; (trap "" TERM; exec >/dev/null 2>&1; sleep 60) & echo $!; wait';
  const running = runProgram('sh', ['-c', script], {
    ownGroup: true,
    onLine: (line) => {
      if (pids.push(Number(line)) === 2 && how === 'an abort') caller.abort(new Error('enough'));
    },
    signal: caller.signal,
    deadlineMs: how === 'the deadline' ? 200 : undefined,
  });
  if (how === 'the deadline') expect((await running).exitCode).toBe(124);
  else await expect(running).rejects.toThrow('enough');
  expect(pids).toHaveLength(2);
  await eventually(() => pids.every(isGone));
});
test('what a group leaves in the background stays when it ends by itself', async () => {
  const { stdout } = await runProgram('sh', ['-c', 'sleep 60 >/dev/null 2>&1 & echo $!'], { ownGroup: true, deadlineMs: 60_000 });
  expect(isGone(Number(stdout))).toBe(false);
  process.kill(Number(stdout));
});

// A killed one may wait for its new parent to take note of it.
function isGone(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}
