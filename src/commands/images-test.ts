// `vncctl images test`: whether a person gets out of a kiosk, as a table of the tries that led out.
import { ensureImage, getEntry } from '../core/images.ts';
import { testImage } from '../core/test-image.ts';
import { writeJson } from '../ui/json.ts';
import { startProgress } from '../ui/progress.ts';
import { writeTable } from '../ui/table.ts';
import type { CommandContext } from './context.ts';

export interface TestFlags {
  pageHost?: string;
  json?: boolean;
}

/** Makes the tries and prints those that led out; then the exit code is 1. */
export async function test(context: CommandContext, key: string, flags: TestFlags): Promise<void> {
  const app = context.app();
  const { io, signal } = context;
  const entry = getEntry(await app.catalog(), key);
  const [desktops, images, trial] = [await app.desktops(), await app.images(), await app.trial()];
  const progress = startProgress(io, { silent: false });
  const getImage = async (wanted = entry): Promise<void> => {
    await ensureImage(images, wanted, { signal, onProgress: (line) => progress.update(line) });
  };
  try {
    await getImage();
    const request = { entry, ...(flags.pageHost === undefined ? {} : { pageHost: flags.pageHost }) };
    const { tries, escapes, unconfirmed, stoppedEarly } = await testImage(desktops, trial, request, { signal, getImage, onProgress: (text) => progress.update(text) });
    progress.stop();
    if (escapes.length > 0) context.setExitCode(1);
    if (flags.json) return writeJson(io, { image: entry.key, tries, escapes, unconfirmed, stoppedEarly });
    for (const { name, why } of unconfirmed) io.stderr.write(`note: ${name}: ${why}; seen once, and not again on a fresh desktop\n`);
    if (stoppedEarly) io.stderr.write('note: so many tries led out that the others were not made\n');
    if (escapes.length === 0) {
      io.stdout.write(`${entry.key}: none of ${tries} tries led out\n`);
      return;
    }
    await writeTable(io, {
      headers: true,
      columns: [{ heading: 'TRY' }, { heading: 'WHAT WAS SEEN', shrinks: true }],
      rows: escapes.map(({ name, why }) => [name, why]),
    });
  } finally {
    progress.stop();
  }
}
