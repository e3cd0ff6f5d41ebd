// From a fresh clone to the address of a desktop: packages, build, engine, image, desktop. Every step says on stderr what it
// does and how long it took; stdout is the address alone. Each step is quick when its work is done already.
import { spawn } from 'child_process';
import { dirname } from 'path';
import { fileURLToPath } from 'url';
import { ensurePackages, requireNode } from './packages.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const EXAMPLE_CLIENT = '111.222.333-44';
const DEFAULT_IMAGE = 'firefox-kiosk';

/**
 * One step: its name, and what it does; the number it resolves with is an exit code.
 * @typedef {{name: string, run: () => Promise<number>}} Step
 */

/**
 * Runs a program of the project to its end, its progress and errors on stderr.
 * @param {string[]} args
 * @param {'result' | 'progress'} stdout whether what it prints is the result of all, or only progress
 * @returns {Promise<number>}
 */
function node(args, stdout) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: [0, stdout === 'result' ? 1 : 2, 2] });
    child.once('error', (error) => {
      process.stderr.write(error.message + '\n');
      resolve(1);
    });
    child.once('exit', (code, signal) => resolve(code === null ? (signal === 'SIGINT' ? 130 : 143) : code));
  });
}

/** @type {Step[]} */
const steps = [
  { name: 'packages', run: () => ensurePackages(root) },
  { name: 'build', run: () => node(['bin/build.js'], 'progress') },
  { name: 'engine', run: () => node(['bin/vncctl.js', 'engine', 'start'], 'progress') },
  { name: 'image ' + DEFAULT_IMAGE, run: () => node(['bin/vncctl.js', 'images', 'build', DEFAULT_IMAGE], 'progress') },
  { name: 'desktop', run: () => node(['bin/vncctl.js', 'up', EXAMPLE_CLIENT, '--no-open'], 'result') },
];

/**
 * Runs the steps in order; resolves with the exit code of the first that fails, or 0.
 * @returns {Promise<number>}
 */
async function quickstart() {
  const startedMs = Date.now();
  for (const [index, step] of steps.entries()) {
    const label = '[' + (index + 1) + '/' + steps.length + '] ' + step.name;
    const stepMs = Date.now();
    process.stderr.write(label + ' …\n');
    const code = await step.run();
    if (code !== 0) {
      // What went wrong and what to do was said by the step itself.
      process.stderr.write(label + ' failed after ' + seconds(stepMs) + ' (exit code ' + code + ')\nhint: mend that, then run again: npm run quickstart\n');
      return code;
    }
    process.stderr.write(label + ' done in ' + seconds(stepMs) + '\n');
  }
  process.stderr.write('ready after ' + seconds(startedMs) + '; take it away again with: node bin/vncctl.js rm ' + EXAMPLE_CLIENT + '\n');
  return 0;
}

/**
 * @param {number} sinceMs
 * @returns {string}
 */
function seconds(sinceMs) {
  return ((Date.now() - sinceMs) / 1000).toFixed(1) + ' s';
}

requireNode();
// The child gets the terminal's Ctrl-C too and ends by itself; its exit code then ends this.
process.on('SIGINT', () => undefined);
quickstart().then((code) => {
  process.exitCode = code;
});
