import { expect, test } from 'vitest';
import { runProgram } from '../../../src/engine/run-program.ts';

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
  expect((await runProgram('sleep', ['60'], { deadlineMs: 50 })).exitCode).toBe(124);
});
test('an abort ends it with its reason', async () => {
  const caller = new AbortController();
  const running = runProgram('sleep', ['60'], { signal: caller.signal });
  const reason = new Error('enough');
  caller.abort(reason);
  await expect(running).rejects.toBe(reason);
});
