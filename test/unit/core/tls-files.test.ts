import { expect, test } from 'vitest';
import { tlsFilesOf } from '../../../src/core/tls-files.ts';

test('both files or neither', () => {
  expect(tlsFilesOf({ cert: '/c.pem', key: '/k.pem' })).toEqual({ cert: '/c.pem', key: '/k.pem' });
  expect(tlsFilesOf({ cert: undefined, key: undefined })).toBeUndefined();
});

test.each([
  [{ cert: '/c.pem', key: undefined }, 'tlsCert is set and tlsKey is not', '--tls-key'],
  [{ cert: undefined, key: '/k.pem' }, 'tlsKey is set and tlsCert is not', '--tls-cert'],
])('%j is refused, and told what is missing', (files, words, flag) => {
  expect(() => tlsFilesOf(files)).toThrow(expect.objectContaining({ code: 'BAD_SETTING', message: expect.stringContaining(words), hint: expect.stringContaining(flag) }));
});
