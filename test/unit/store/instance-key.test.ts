import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { getInstanceKey } from '../../../src/store/instance-key.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();

test('the key is made once, for its owner only, and leaves no draft', async () => {
  const file = join(home, 'config', 'default.key');
  const keys = await Promise.all([getInstanceKey(file), getInstanceKey(file), getInstanceKey(file)]);
  expect(keys[0]).toHaveLength(32);
  expect(keys[1]).toEqual(keys[0]);
  expect(keys[2]).toEqual(keys[0]);
  expect(await getInstanceKey(file)).toEqual(keys[0]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(dirname(file))).toEqual(['default.key']);
});

test('callers that come while the key is being made get the one that stays', async () => {
  const file = join(home, 'staggered', 'default.key');
  const calls: Promise<Uint8Array>[] = [];
  for (let call = 0; call < 40; call++) {
    calls.push(getInstanceKey(file));
    await setImmediate();
  }
  const keys = await Promise.all(calls);
  expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
});

test('a damaged key is refused, never replaced', async () => {
  const file = join(home, 'short.key');
  writeFileSync(file, 'short');
  await expect(getInstanceKey(file)).rejects.toMatchObject({ code: 'BAD_SETTING' });
  expect(statSync(file).size).toBe(5);
});
