import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { milliseconds } from '../../../src/core/duration.ts';
import { createToken, findToken, revokeToken } from '../../../src/core/tokens.ts';
import { createTokenFile } from '../../../src/store/token-file.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();
let count = 0;
const NOON = new Date('2030-01-01T12:00:00.000Z');

function newFile() {
  const file = join(home, String(++count), 'tokens.json');
  const warnings: string[] = [];
  let now = NOON;
  const open = () => createTokenFile({ file, now: () => now, warn: (message) => void warnings.push(message) });
  return { file, open, warnings, at: (time: Date) => void (now = time) };
}

test('what one process makes another one finds, in a file for its owner that holds no secret', async () => {
  const { file, open } = newFile();
  expect(await open().read()).toEqual([]);
  const { secret, token } = await createToken(open(), { name: 'desk', scope: 'operate', life: 'never' }, NOON);
  expect(findToken(await open().read(), secret, NOON)).toEqual(token);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).not.toContain(secret.slice(4));
});

test('a daemon that has it open sees what was made and taken back meanwhile', async () => {
  const { open } = newFile();
  const daemon = open();
  expect(await daemon.read()).toEqual([]);
  const { secret, token } = await createToken(open(), { name: '', scope: 'read', life: 'never' }, NOON);
  expect(findToken(await daemon.read(), secret, NOON)).toEqual(token);
  await revokeToken(open(), token.id, NOON);
  expect(findToken(await daemon.read(), secret, NOON)).toBeUndefined();
});

test('those that have ended leave the file with the next change', async () => {
  const { open, at } = newFile();
  await createToken(open(), { name: 'short', scope: 'read', life: milliseconds(1000) }, NOON);
  at(new Date(NOON.getTime() + 1000));
  const { token } = await createToken(open(), { name: 'long', scope: 'read', life: 'never' }, NOON);
  expect(await open().read()).toEqual([token]);
});

test('a record that was changed by hand into something else lets nobody in, and a corrupt file is set aside', async () => {
  const { file, open, warnings } = newFile();
  const { token } = await createToken(open(), { name: '', scope: 'read', life: 'never' }, NOON);
  const wrong = [{ ...token, scope: 'root' }, { ...token, hash: 'x' }, { ...token, expiresAt: 'soon' }, { ...token, name: 7 }, { ...token, id: '' }, null];
  writeFileSync(file, JSON.stringify({ tokens: [...wrong, token] }));
  expect(await open().read()).toEqual([token]);
  writeFileSync(file, '{');
  expect(await open().read()).toEqual([]);
  await createToken(open(), { name: '', scope: 'read', life: 'never' }, NOON);
  expect(warnings).toEqual([expect.stringMatching(/set aside as .*: the tokens made so far allow nothing any more$/)]);
});
