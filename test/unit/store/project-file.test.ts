import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProjectFile } from '../../../src/store/project-file.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const uid = process.getuid?.() ?? 0;
const TEXT = 'VNC_WIDTH=800\n';

function folderWith(mode: number): { cwd: string; file: string } {
  const cwd = tempFolder();
  const file = join(cwd, '.env');
  writeFileSync(file, TEXT);
  chmodSync(file, mode);
  return { cwd, file };
}

test('the .env of the folder is found; none, or a folder of that name, is none', () => {
  const { cwd, file } = folderWith(0o644);
  expect(findProjectFile(cwd, uid)).toEqual({ file, text: TEXT });
  expect(findProjectFile(join(cwd, 'gone'), uid)).toBeUndefined();
  mkdirSync(join(cwd, 'x', '.env'), { recursive: true });
  expect(findProjectFile(join(cwd, 'x'), uid)).toBeUndefined();
});

test.each([0o664, 0o646, 0o666])('a file of mode %o, which others may write, is not read', (mode) => {
  const { cwd, file } = folderWith(mode);
  expect(findProjectFile(cwd, uid)).toEqual({ file, text: '', refused: `other users may write it; if they should not: chmod go-w ${file}` });
});

test('a file of another user is not read, by whatever name it is reached; one of root is', () => {
  const { cwd, file } = folderWith(0o600);
  expect(findProjectFile(cwd, uid + 1)).toMatchObject(uid === 0 ? { text: TEXT } : { text: '', refused: expect.stringContaining('another user') as string });
  if (uid !== 0) return;
  chownSync(file, 4711, 4711);
  expect(findProjectFile(cwd, 0)).toEqual({ file, text: '', refused: `another user (4711) owns it; if it is yours: chown 0 ${file}` });
  const linked = tempFolder();
  symlinkSync(file, join(linked, '.env'));
  expect(findProjectFile(linked, 0)).toMatchObject({ text: '', refused: expect.stringContaining('4711') as string });
});

test('what is no file of settings is not read', () => {
  const cwd = tempFolder();
  symlinkSync('/dev/zero', join(cwd, '.env'));
  expect(findProjectFile(cwd, uid)).toMatchObject({ text: '', refused: 'it is no file of settings' });
});
