// `vncctl bench`: how fast desktops come and go on this host, as a table.
import { loadavg } from 'node:os';
import type { Command } from 'commander';
import { runBench } from '../core/bench.ts';
import { BENCH_WORDS, busyReason } from '../core/bench-figures.ts';
import { ensureImage, getEntry } from '../core/images.ts';
import { VncctlError } from '../errors.ts';
import { writeJson } from '../ui/json.ts';
import { startProgress } from '../ui/progress.ts';
import { writeTable } from '../ui/table.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

interface BenchFlags {
  image?: string;
  rounds: string;
  json?: boolean;
}

const MOST_ROUNDS = 100;

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        'Measure on this host how long a new desktop takes until its screen answers and until its page is painted, how long a warm one takes, a second up, and rm. It makes desktops of its own, one at a time, and removes them, also after Ctrl-C; hooks and events hear of them. The start of vncctl itself is not in the figures.',
        'vncctl bench',
        'vncctl bench --image desktop -n 20 --json',
      ),
    )
    .option('-i, --image <key>', 'image of the catalog; not given, that of the settings')
    .option('-n, --rounds <number>', `how often each is measured, at most ${MOST_ROUNDS}`, '5')
    .option('--json', 'print the figures with every single time as JSON')
    .action((flags: BenchFlags) => run(context, flags));
}

async function run(context: CommandContext, flags: BenchFlags): Promise<void> {
  const app = context.app();
  const { io, signal } = context;
  const rounds = readRounds(flags.rounds);
  const entry = getEntry(await app.catalog(), flags.image ?? app.settings.image);
  const [desktops, images] = [await app.desktops(), await app.images()];
  const cpus = desktops.installation.hostCpus;
  const [load = 0] = loadavg();
  const busy = busyReason(load, cpus);
  if (busy !== undefined) io.stderr.write(`warning: ${busy}\n`);
  const progress = startProgress(io, { silent: flags.json === true });
  const getImage = async (wanted = entry): Promise<void> => {
    await ensureImage(images, wanted, { signal, onProgress: (line) => progress.update(line) });
  };
  try {
    await getImage();
    const { figures, notes } = await runBench(desktops, { entry, rounds }, { signal, getImage, onProgress: (text) => progress.update(text) });
    progress.stop();
    for (const note of notes) io.stderr.write(`note: ${note}\n`);
    if (flags.json) return writeJson(io, { image: entry.key, rounds, cpus, load, busy: busy ?? null, unit: 'ms', figures, notes });
    await writeTable(io, {
      headers: true,
      columns: [{ heading: 'WHAT' }, { heading: 'N', right: true }, { heading: 'P50 MS', right: true }, { heading: 'P90 MS', right: true }, { heading: 'MIN MS', right: true }],
      rows: figures.map(({ scenario, n, p50, p90, min }) => [BENCH_WORDS[scenario], String(n), ...[p50, p90, min].map((ms) => ms.toFixed(1))]),
    });
  } finally {
    progress.stop();
  }
}

function readRounds(typed: string): number {
  const rounds = /^\d{1,3}$/.test(typed) ? Number(typed) : 0;
  if (rounds >= 1 && rounds <= MOST_ROUNDS) return rounds;
  throw new VncctlError('USAGE', `--rounds: "${typed}" is not a whole number from 1 to ${MOST_ROUNDS}`, { hint: 'see: vncctl bench --help' });
}
