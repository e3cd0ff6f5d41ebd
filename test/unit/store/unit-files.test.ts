import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readUnitFile, removeUnitFile, writeUnitFile } from '../../../src/store/unit-files.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const root = tempFolder();

test('a unit is readable by all whatever the umask, and its folder is made', () => {
  const file = join(root, 'new/folder/vncctl.service');
  const before = process.umask(0o077);
  try {
    writeUnitFile(file, 'text\n');
  } finally {
    process.umask(before);
  }
  expect(statSync(file).mode & 0o777).toBe(0o644);
  expect(readFileSync(file, 'utf8')).toBe('text\n');
  expect(readUnitFile(file)).toBe('text\n');
});

test('writing replaces the file rather than changing it, so that no reader meets half of it', () => {
  const file = join(root, 'replaced.service');
  writeFileSync(file, 'old\n');
  const { ino } = statSync(file);
  writeUnitFile(file, 'new\n');
  expect(statSync(file).ino).not.toBe(ino);
});

test('what can not be written is STORE_DENIED and leaves nothing behind', () => {
  const folder = join(root, 'taken');
  mkdirSync(join(folder, 'vncctl.service'), { recursive: true });
  expect(() => writeUnitFile(join(folder, 'vncctl.service'), 'text\n')).toThrow(expect.objectContaining({ code: 'STORE_DENIED' }));
  expect(readdirSync(folder)).toEqual(['vncctl.service']);
});

test('a unit that is not there is undefined, and removing it is success', () => {
  const file = join(root, 'none.service');
  expect(readUnitFile(file)).toBeUndefined();
  removeUnitFile(file);
  writeFileSync(file, '');
  removeUnitFile(file);
  expect(readUnitFile(file)).toBeUndefined();
});
