import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProjectFile } from '../../../src/store/project-file.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();

test('the .env of the folder is found; none, or a folder of that name, is none', () => {
  expect(findProjectFile(home)).toBeUndefined();
  expect(findProjectFile(join(home, 'gone'))).toBeUndefined();
  writeFileSync(join(home, '.env'), 'VNC_WIDTH=800\n');
  expect(findProjectFile(home)).toEqual({ file: join(home, '.env'), text: 'VNC_WIDTH=800\n' });
  mkdirSync(join(home, 'x', '.env'), { recursive: true });
  expect(findProjectFile(join(home, 'x'))).toBeUndefined();
});
