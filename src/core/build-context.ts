// The files an image is built from, and their hash: equal hash, no rebuild.
import { createHash } from 'node:crypto';

/** One file of a build context; `path` is relative to its root. */
export interface ContextFile {
  path: string;
  executable: boolean;
  content: Buffer;
}

/** Hash of the context: order-independent, moved by any change of a path, a mode or a byte. 16 hexadecimal digits. */
export function contextHash(files: readonly ContextFile[], base: string): string {
  const hash = createHash('sha256').update(base);
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(`\0${file.path}\0${file.executable ? 'x' : '-'}\0${file.content.length}\0`).update(file.content);
  }
  return hash.digest('hex').slice(0, 16);
}
