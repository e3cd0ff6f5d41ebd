// A folder for one test file, gone after it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Makes a folder that is removed after the file's last test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vncctl-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
