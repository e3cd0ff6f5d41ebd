import { expect, test } from 'vitest';
import { VncctlError } from '../../../src/errors.ts';
import { describeError, printError } from '../../../src/ui/error.ts';
import { fakeStreams } from '../../support/fake-streams.ts';

async function shown(error: unknown, { json = false, debug = false, terminal = false } = {}): Promise<{ text: string; exitCode: number; out: string }> {
  const io = fakeStreams(terminal ? { terminals: ['stderr'] } : {});
  const exitCode = await printError(error, { io, json, debug });
  return { text: io.err(), exitCode, out: io.out() };
}

test('a failure is what happened, why, and what to type next', async () => {
  const error = new VncctlError('ENGINE_UNREACHABLE', 'no engine answers', { hint: 'vncctl doctor', cause: new Error('connect ECONNREFUSED\nsecond line') });
  expect(await shown(error)).toEqual({ text: 'error: no engine answers\ncause: connect ECONNREFUSED\nhint: vncctl doctor\n', exitCode: 6, out: '' });
});

test('a cause that the message repeats is not shown twice', async () => {
  expect((await shown(new VncctlError('ENGINE_FAILED', 'could not start: boom', { cause: new Error('boom') }))).text).toBe('error: could not start: boom\n');
});

test('only the innermost cause is shown', async () => {
  const error = new VncctlError('ENGINE_FAILED', 'a', { cause: new Error('b', { cause: new Error('c') }) });
  expect((await shown(error)).text).toBe('error: a\ncause: c\n');
});

test('with --json a failure is one JSON object on stderr', async () => {
  const { text, out } = await shown(new VncctlError('NO_FREE_PORT', 'full'), { json: true });
  expect(JSON.parse(text)).toEqual({ error: { code: 'NO_FREE_PORT', message: 'full', hint: null } });
  expect(text.split('\n')).toHaveLength(2);
  expect(out).toBe('');
});

test('a mistake never shows a stack unless --debug asks for it', async () => {
  const error = new VncctlError('USAGE', 'wrong');
  expect((await shown(error)).text).not.toContain('    at ');
  expect((await shown(error, { debug: true })).text).toContain('    at ');
});

test('a bug shows its stack and where to report it, in words and in JSON', async () => {
  const { text, exitCode } = await shown(new TypeError('x is undefined'));
  expect(text).toContain('error: x is undefined\nTypeError: x is undefined\n    at ');
  expect(text).toContain('please report it');
  expect(exitCode).toBe(1);
  expect(JSON.parse((await shown(new TypeError('x'), { json: true })).text).error).toMatchObject({ code: 'BUG', stack: expect.stringContaining('    at ') });
});

test('what is thrown and no Error is shown too', async () => {
  expect((await shown('just text')).text).toContain('error: just text\nthrown: just text');
  expect(describeError(undefined).code).toBe('BUG');
});

test('no part of a failure shows a secret', async () => {
  const link = 'http://127.0.0.1:5000/#key=hunter2';
  const error = new VncctlError('NOT_READY', `no answer at ${link}`, { hint: `open ${link}`, cause: new Error(`VNC_SECRET=hunter2 at ${link}`) });
  for (const options of [{}, { json: true }, { debug: true }, { json: true, debug: true }]) expect((await shown(error, options)).text).not.toContain('hunter2');
  expect((await shown(new Error(link))).text).not.toContain('hunter2');
});

test('an interruption has exit code 130 and one line', async () => {
  expect(await shown(new VncctlError('INTERRUPTED', 'cancelled'))).toMatchObject({ exitCode: 130, text: 'error: cancelled\n' });
});

test('only a terminal gets colour', async () => {
  expect((await shown(new VncctlError('USAGE', 'wrong'), { terminal: true })).text).toBe('\x1b[31merror:\x1b[39m wrong\n');
});
