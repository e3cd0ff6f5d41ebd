import { expect, test } from 'vitest';
import { filterFor } from '../../../src/gateway/message-filter.ts';
import type { Verdict } from '../../../src/gateway/viewer-filter.ts';

const POINTER = Buffer.from('050000100020', 'hex');
const UPDATE_REQUEST = Buffer.from('030100000000050002d0', 'hex');
const UNKNOWN = Buffer.from('77', 'hex');

const shown = ({ forward, ...rest }: Verdict): unknown => ({ forward: Buffer.concat(forward).toString('hex'), ...rest });

test('a full viewer moves the desktop and the clock; one that may only look moves neither, and still gets its pictures', () => {
  const both = Buffer.concat([POINTER, UPDATE_REQUEST]);
  expect(shown(filterFor('full')(both))).toEqual({ forward: both.toString('hex'), input: true });
  expect(shown(filterFor('view-only')(both))).toEqual({ forward: UPDATE_REQUEST.toString('hex'), input: false });
});

test('what a chunk held is not told again with the next', () => {
  const filter = filterFor('full');
  filter(POINTER);
  expect(shown(filter(UPDATE_REQUEST))).toEqual({ forward: UPDATE_REQUEST.toString('hex'), input: false });
});

test('a message that nobody knows ends a viewer that may only look, in words that fit into a close frame', () => {
  expect(filterFor('full')(UNKNOWN).close).toBeUndefined();
  const { close = '' } = filterFor('view-only')(UNKNOWN);
  expect(close).toContain('type 119');
  expect(Buffer.byteLength(close)).toBeLessThanOrEqual(123);
});

test('from a message of an unknown type on, input of a full viewer is unread, whatever comes', () => {
  const filter = filterFor('full');
  expect(filter(Buffer.from('0401000000000061', 'hex')).unread).toBeUndefined();
  expect(filter(Buffer.from('7700', 'hex'))).toMatchObject({ input: false, unread: true });
  expect(filter(Buffer.from('0401000000000061', 'hex'))).toMatchObject({ input: false, unread: true });
});
