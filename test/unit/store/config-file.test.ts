import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { changeConfigFile, readConfigFile } from '../../../src/store/config-file.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();
let count = 0;

function newFile(text?: string): string {
  const file = join(home, `${++count}`, 'config.json');
  if (text !== undefined) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return file;
}

test('no file means no values', () => {
  expect(readConfigFile(newFile())).toEqual({});
});

test('values are set, replaced and removed; what is not known stays', async () => {
  const file = newFile('{"width": 800, "from.the.future": [1]}');
  await changeConfigFile(file, { width: 900, mask: true, 'a.b': 'x' });
  expect(readConfigFile(file)).toEqual({ width: 900, mask: true, 'a.b': 'x', 'from.the.future': [1] });
  await changeConfigFile(file, { width: undefined, mask: undefined });
  expect(readConfigFile(file)).toEqual({ 'a.b': 'x', 'from.the.future': [1] });
});

test('the file is for its owner only', async () => {
  const file = newFile();
  await changeConfigFile(file, { width: 900 });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
});

test('changes made at once are all kept', async () => {
  const file = newFile();
  await Promise.all(Array.from({ length: 10 }, (_, index) => changeConfigFile(file, { [`key${index}`]: index })));
  expect(Object.keys(readConfigFile(file))).toHaveLength(10);
});

test('a corrupt file is an error with its place, for reading and for changing, and stays as it is', async () => {
  const text = '{\n  "width": 800,\n  "height" 600\n}\n';
  const file = newFile(text);
  expect(() => readConfigFile(file)).toThrow(expect.objectContaining({ code: 'BAD_SETTING', message: expect.stringContaining(`${file} can't be read: line 3, column 12`) }));
  await expect(changeConfigFile(file, { width: 1 })).rejects.toMatchObject({ code: 'BAD_SETTING' });
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('a file that ends too early or holds no object is said to', () => {
  expect(() => readConfigFile(newFile('{"width": 8'))).toThrow(/line 1, column 1[12]/);
  expect(() => readConfigFile(newFile('  '))).toThrow('it is empty');
  expect(() => readConfigFile(newFile('[1]'))).toThrow('it holds a list');
});

test('a message never repeats what the file holds', () => {
  for (const text of ['{"token": "hunter2" x}', '{"token": hunter2}', '{"a": "hunter2", b}', '["hunter2"', '"hunter2"']) {
    expect(() => readConfigFile(newFile(text))).toThrow(expect.objectContaining({ code: 'BAD_SETTING', message: expect.not.stringContaining('unter2') }));
  }
});
