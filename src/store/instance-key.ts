// The key with which an instance hashes client ids under `naming: hashed`. Made once: with another key no desktop would be
// found again.
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VncctlError } from '../errors.ts';
import { withFileFailures } from './file-failure.ts';

const KEY_BYTES = 32;

/** The key in `file`, made on first use; of several processes at once all get the same. Throws STORE_DENIED when it can't be read, BAD_SETTING when it is no key. */
export function getInstanceKey(file: string): Promise<Uint8Array> {
  return withFileFailures(`use the key ${file}`, async () => {
    const key = (await findKey(file)) ?? (await makeKey(file));
    if (key.length === KEY_BYTES) return key;
    throw new VncctlError('BAD_SETTING', `${file} is no key: ${key.length} bytes instead of ${KEY_BYTES}`, {
      hint: `bring it back from a backup; without it, desktops of hashed names are not found again (start afresh: rm ${file})`,
    });
  });
}

/** The key in `file`; undefined where there is none that can be used. Nothing is made. */
export async function findInstanceKey(file: string): Promise<Uint8Array | undefined> {
  const key = await withFileFailures(`use the key ${file}`, () => findKey(file));
  return key?.length === KEY_BYTES ? key : undefined;
}

async function findKey(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

// A link appears with its content whole and fails if the name is there: nobody reads half a key, and the first one stays.
async function makeKey(file: string): Promise<Uint8Array> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  return readFile(file);
}
