// The daemon's Unix socket: takes the place of one that a killed daemon left, in a folder that nobody else can have a hand in, and
// lets in whom the file's mode does.
import { chmodSync, lstatSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { VncctlError } from '../errors.ts';
import type { Door } from './door.ts';

const FOLDER_MODE = 0o700;
const SOCKET_MODE = 0o660;
const OTHERS_WRITE = 0o002;
const OTHERS_ALL = 0o077;

/** Has a door listen at that path; only for the one daemon of the instance. STORE_DENIED when it can't be had. */
export async function listenOnSocket(door: Door, path: string): Promise<void> {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    refuseStrangers(folder);
    rmSync(path, { force: true });
    await door.listen({ path });
    // What the umask would leave of it depends on who started the daemon.
    chmodSync(path, SOCKET_MODE);
  } catch (error) {
    if (error instanceof VncctlError) throw error;
    throw new VncctlError('STORE_DENIED', `could not make the socket ${path}: ${(error as Error).message}`, { hint: 'mend the owner or mode of its folder, or put all files elsewhere: VNCCTL_HOME=<folder>', cause: error });
  }
}

/** In a folder that everybody writes in, like /tmp, somebody else may have made it first. */
function refuseStrangers(folder: string): void {
  if ((statSync(dirname(folder)).mode & OTHERS_WRITE) === 0) return;
  const entry = lstatSync(folder);
  if (entry.isDirectory() && entry.uid === process.getuid?.() && (entry.mode & OTHERS_ALL) === 0) return;
  throw new VncctlError('STORE_DENIED', `${folder} was made by somebody else, or others may use it`, { hint: `see whose it is: ls -ld ${folder}   (and remove it)` });
}
