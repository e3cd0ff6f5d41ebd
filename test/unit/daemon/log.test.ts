import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createLog, isJournalStream, type LogOptions, logShapeOf } from '../../../src/daemon/log.ts';
import type { DesktopId } from '../../../src/core/store.ts';

const NOON = new Date('2030-01-01T12:00:00.000Z');
const desktop = 'bcdf23456789' as DesktopId;

function logged(shape: LogOptions['shape'], write: (log: ReturnType<typeof createLog>) => void, paint?: LogOptions['paint']): string[] {
  const lines: string[] = [];
  write(createLog({ stream: { write: (text) => lines.push(text), on: () => {} }, shape, now: () => NOON, paint }));
  return lines;
}

test('a terminal gets the time of day, the level where it is none of the usual, and the facts for a person in a steady order', () => {
  const time = NOON.toTimeString().slice(0, 8);
  expect(logged('terminal', (log) => {
    log.write('info', 'removed a desktop', { viewers: 0, image: 'firefox-kiosk', cause: 'no viewer for 8h', desktop, event: 'removed' });
    log.write('warning', 'the engine does not answer', { endpoint: 'unix:///run/docker.sock', socket: undefined });
    log.write('error', 'gone');
  })).toEqual([
    `${time} removed a desktop desktop=bcdf23456789 cause="no viewer for 8h" viewers=0\n`,
    `${time} warning: the engine does not answer endpoint=unix:///run/docker.sock\n`,
    `${time} error: gone\n`,
  ]);
});

test('colour is what the maker of the log gives, and on a terminal only', () => {
  const paint: LogOptions['paint'] = (colour, text) => `<${colour}>${text}</>`;
  const write = (log: ReturnType<typeof createLog>): void => log.write('error', 'gone', { desktop });
  const time = NOON.toTimeString().slice(0, 8);
  expect(logged('terminal', write, paint)).toEqual([`<dim>${time}</> <red>error:</> gone <dim>desktop=bcdf23456789</>\n`]);
  for (const shape of ['plain', 'journald', 'json'] as const) expect(logged(shape, write, paint).join('')).not.toContain('</>');
});

test('journald gets a priority instead of time and level', () => {
  expect(logged('journald', (log) => {
    log.write('info', 'a', { desktop });
    log.write('warning', 'b');
    log.write('error', 'c');
  })).toEqual(['<6>a desktop=bcdf23456789\n', '<4>b\n', '<3>c\n']);
});

test('a file gets RFC 3339 times', () => {
  expect(logged('plain', (log) => log.write('warning', 'slow', { ms: 1200 }))).toEqual(['2030-01-01T12:00:00.000Z warning: slow ms=1200\n']);
});

test('JSON is one object a line', () => {
  const [line = ''] = logged('json', (log) => log.write('info', 'removed a desktop', { viewers: 0, cause: 'no viewer for 8h', desktop, event: 'removed', image: undefined }));
  expect(line).toBe('{"time":"2030-01-01T12:00:00.000Z","level":"info","message":"removed a desktop","event":"removed","desktop":"bcdf23456789","cause":"no viewer for 8h","viewers":0}\n');
});

test.each(['terminal', 'plain', 'journald', 'json'] as const)('%s: whatever is in a value, a line is one line and steers no terminal', (shape) => {
  const nasty = 'a "b"\nc\r\u001b[31m\u009b2J\u2028\u202e\u007f=d';
  const [line = '', ...more] = logged(shape, (log) => log.write('info', `said ${nasty}`, { cause: nasty, empty: '' }));
  expect(more).toEqual([]);
  expect(line.slice(0, -1)).toMatch(/^[^\p{Cc}\u2028\u202e]+$/u);
  if (shape === 'json') expect(JSON.parse(line)).toMatchObject({ cause: nasty, empty: '' });
  else expect(line).toContain('cause="a \\"b\\"\\nc\\r\\u001b[31m\\u009b2J\\u2028\\u202e\\u007f=d" empty=""');
});

test('the shape follows the format and where the stream goes', () => {
  expect(logShapeOf('text', { terminal: true, journald: false })).toBe('terminal');
  expect(logShapeOf('text', { terminal: false, journald: false })).toBe('plain');
  expect(logShapeOf('text', { terminal: false, journald: true })).toBe('journald');
  expect(logShapeOf('json', { terminal: false, journald: true })).toBe('json');
});

test('journald is told by device and inode of the stream, not by the variable alone', () => {
  const env = { JOURNAL_STREAM: '8:1234' };
  expect(isJournalStream(env, { dev: 8, ino: 1234 })).toBe(true);
  expect(isJournalStream(env, { dev: 8n, ino: 1235n })).toBe(false);
  expect(isJournalStream(env, undefined)).toBe(false);
  expect(isJournalStream({}, { dev: 8, ino: 1234 })).toBe(false);
});

test('a reader that is gone costs lines and nothing else', () => {
  const stream = new PassThrough();
  const log = createLog({ stream, shape: 'plain', now: () => NOON });
  log.write('info', 'one');
  expect(() => stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).not.toThrow();
  log.write('info', 'two');
});

test('a stream that was ended takes no further line and throws nothing', () => {
  const stream = new PassThrough();
  const log = createLog({ stream, shape: 'plain', now: () => NOON });
  stream.destroy();
  log.write('info', 'one');
});
