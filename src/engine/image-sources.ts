// Reads template folders into build contexts and packs them: what core's image building needs from the file system.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ContextFile } from '../core/build-context.ts';
import type { Clock } from '../core/clock.ts';
import type { ImageSources } from '../core/images.ts';
import type { EmbeddedSystem } from './embedded/system.ts';

/** Sources under one folder for the viewer page that goes into every built image. */
export function createImageSources(viewerFolder: string, ensureBase: ImageSources['ensureBase']): ImageSources {
  return {
    ensureBase,
    async contextOf({ source }) {
      if (source.kind === 'pull') return [];
      const own = await filesUnder(source.folder);
      if (source.extends) return own;
      const viewer = await filesUnder(viewerFolder);
      return [...own, ...viewer.map((file) => ({ ...file, path: `viewer/${file.path}` }))];
    },
    pack,
  };
}

/** Makes sure of the base image, on this machine's own means; what that takes is loaded only when it is needed. */
export function baseImageFrom(clock: Clock, lock: EmbeddedSystem['withLock']): ImageSources['ensureBase'] {
  return async ({ images }, onProgress, signal) => {
    const [{ ensureBaseImage }, { bootstrapBase }, { createMachine }] = await Promise.all([import('../core/base-image.ts'), import('./bootstrap-base.ts'), import('./embedded/machine.ts')]);
    const machine = createMachine(clock, lock);
    return ensureBaseImage({ images, clock, bootstrap: (progress, stop) => bootstrapBase(machine, progress, stop) }, onProgress, signal);
  };
}

async function filesUnder(folder: string): Promise<ContextFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  // The entry itself describes how to run the image, not what is in it: changing a limit rebuilds nothing.
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'image.yaml');
  return Promise.all(
    files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const [{ mode }, content] = await Promise.all([stat(path), readFile(path)]);
      return { path: relative(folder, path), executable: (mode & 0o111) !== 0, content };
    }),
  );
}

// The package is loaded only when something is really built.
function pack(files: readonly ContextFile[]): NodeJS.ReadableStream {
  const { PassThrough } = process.getBuiltinModule('node:stream');
  const output = new PassThrough();
  import('tar-stream').then(
    ({ default: tar }) => {
      const archive = tar.pack();
      archive.pipe(output);
      // A fixed time keeps the engine's layer cache valid between checkouts.
      for (const file of files) archive.entry({ name: file.path, mode: file.executable ? 0o755 : 0o644, mtime: new Date(0) }, file.content);
      archive.finalize();
    },
    (error) => output.destroy(error),
  );
  return output;
}
