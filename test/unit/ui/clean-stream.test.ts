import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cleanStream, cleanText, rawStream } from '../../../src/ui/clean-stream.ts';
import { fakeStreams } from '../../support/fake-streams.ts';

test.each([
  ['clears the screen', '\u001b[2Jx', '\\u001b[2Jx'],
  ['names the window', '\u001b]0;owned\u0007', '\\u001b]0;owned\\u0007'],
  ['hides what follows', '\u001b[8mhidden', '\\u001b[8mhidden'],
  ['is a control sequence in eight bits', '\u009b2J', '\\u009b2J'],
  ['goes back on the line', 'safe\rgone\u0008', 'safe\\u000dgone\\u0008'],
  ['turns the direction of reading', 'a\u202eb\u2066', 'a\\u202eb\\u2066'],
  ['is invisible', 'a\u200bb\ufeff\u{e0041}', 'a\\u200bb\\ufeff\\udb40\\udc41'],
])('what %s is shown as its escape', (_name, text, shown) => {
  expect(cleanText(text)).toBe(shown);
});

test('lines, tabs, letters of all scripts and emoji stay, and so do our own colours', () => {
  const text = '\u001b[31merror:\u001b[39m João 日本 👩‍💻\tnext\n';
  expect(cleanText(text)).toBe(text);
});

test('a JSON value is the same one after it was cleaned', () => {
  const value = { text: '\u001b[2J\u009b\u202e\u{e0041}\u2028"\\ é' };
  expect(JSON.parse(cleanText(JSON.stringify(value)))).toEqual(value);
});

test('a stream cleans what is written to it, and is a terminal if it was one', () => {
  const { stdout, out } = fakeStreams({ terminals: ['stdout'], columns: 77 });
  const clean = cleanStream(stdout);
  clean.write('a\u001b[2Jb\n');
  expect(out()).toBe('a\\u001b[2Jb\n');
  expect([clean.isTTY, clean.columns]).toEqual([true, 77]);
  expect(rawStream(clean)).toBe(stdout);
  expect(rawStream(stdout)).toBe(stdout);
});

test('nothing is written to a stream of the process but through it', () => {
  const root = new URL('../../../src/', import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.startsWith('web/'));
  // start.ts prints the version and nothing else; main.ts makes the streams of a run.
  const named = files.filter((name) => /process\.std(out|err)\b|console\.|\brawStream\(/.test(readFileSync(new URL(name, root), 'utf8')));
  expect(named.sort()).toEqual(['main.ts', 'start.ts', 'ui/clean-stream.ts', 'ui/progress.ts', 'ui/prompt.ts']);
});
