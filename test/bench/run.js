// `npm run bench`: makes what the measurements need (packages, build, engine, image), compiles bench.ts and runs it.
// `--quick` takes few rounds, `--only <name>` one scenario, `--markdown` adds the table of the README, `--list` names them,
// `--as-is` measures the build and the image that are there.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensurePackages, requireNode } from '../../bin/packages.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const work = join(root, 'test/.work/bench');

/**
 * Runs a program of the project with its progress on stderr; returns its stdout.
 * @param {...string} args
 * @returns {string}
 */
const node = (...args) => execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

const asIs = process.argv.includes('--as-is');
requireNode();
if ((await ensurePackages(root)) !== 0) process.exit(1);
if (!asIs) node('bin/build.js');
const { address } = JSON.parse(node('bin/vncctl.js', 'engine', 'start', '--json'));
if (!asIs) node('bin/vncctl.js', 'images', 'build', 'firefox-kiosk');

const { build } = await import('esbuild');
mkdirSync(work, { recursive: true });
const outfile = join(work, 'bench.mjs');
await build({
  entryPoints: [join(here, 'bench.ts')],
  outfile,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  logLevel: 'error',
});
const { bench } = await import(pathToFileURL(outfile).href);
process.exitCode = await bench(process.argv.slice(2), { root, work, engine: address });
