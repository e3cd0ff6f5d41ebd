// The kinds and codes of failures, held against the table that the README publishes.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERROR_CODES, ERROR_KINDS, isVncctlError, VncctlError } from '../../src/errors.ts';

const published = /<!-- errors -->([\s\S]*)<!-- \/errors -->/.exec(readFileSync(new URL('../../README.md', import.meta.url), 'utf8'))?.[1] ?? '';

test('the README publishes every kind with its exit code and HTTP status, and no other', () => {
  const rows = published
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|\s*(kind|-)/.test(line))
    .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
  expect(rows).toEqual(Object.entries(ERROR_KINDS).map(([kind, { exit, http, when }]) => [kind, String(exit), String(http ?? '–'), when]));
});

test('the README lists every code under its kind, and no other', () => {
  const listed = published
    .split('\n')
    .filter((line) => line.startsWith('- '))
    .flatMap((line) => {
      const [kind = '', codes = ''] = line.slice(2).split(': ');
      return [...codes.matchAll(/`(\w+)`/g)].map(([, code = '']) => [code, kind]);
    });
  expect(Object.fromEntries(listed)).toEqual(ERROR_CODES);
  expect(listed).toHaveLength(Object.keys(ERROR_CODES).length);
});

test('no two kinds share an exit code', () => {
  const exits = Object.values(ERROR_KINDS).map(({ exit }) => exit);
  expect(new Set(exits).size).toBe(exits.length);
});

test('a failure knows its kind, exit code, hint and cause', () => {
  const cause = new Error('socket');
  const failure = new VncctlError('ENGINE_UNREACHABLE', 'no engine', { hint: 'start one', cause });
  expect(failure).toMatchObject({ name: 'VncctlError', kind: 'engine', exitCode: 6, hint: 'start one', cause, message: 'no engine' });
  expect(new VncctlError('BUG', 'x')).not.toHaveProperty('cause');
});

test('a failure is told by its codes', () => {
  const failure = new VncctlError('NAME_TAKEN', 'taken');
  expect(isVncctlError(failure)).toBe(true);
  expect(isVncctlError(failure, 'NO_FREE_PORT', 'NAME_TAKEN')).toBe(true);
  expect(isVncctlError(failure, 'NO_FREE_PORT')).toBe(false);
  expect(isVncctlError(new Error('NAME_TAKEN'))).toBe(false);
});
