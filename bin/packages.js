// Makes node_modules match package-lock.json, and only works when it doesn't. Runs before any package is there, and on a
// Node that is too old as far as saying so: hence no packages and no recent syntax.
import { spawn } from 'child_process';
import { createHash } from 'crypto';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'fs';
import { dirname, join } from 'path';
import { fileURLToPath } from 'url';

const STAMP = 'node_modules/.vncctl-packages';

/**
 * Whether a version of Node (as `process.versions.node`) is one that vncctl runs on.
 * @param {string} version
 * @returns {boolean}
 */
export function supportsNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

/**
 * Ends the process with exit code 2 and a message when its Node is too old.
 * @returns {void}
 */
export function requireNode() {
  if (supportsNode(process.versions.node)) return;
  process.stderr.write(
    'vncctl needs Node 20.19 or newer, and this is Node ' + process.versions.node + '\n' +
    'hint: install Node 22 or 24, e.g. from https://nodejs.org\n',
  );
  process.exit(2);
}

/**
 * What node_modules has to be stamped with: changes with the lock file and with the platform its binaries are for.
 * @param {string} root
 * @returns {string}
 */
export function packagesStamp(root) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return createHash('sha256').update(lock).digest('hex') + ' ' + process.platform + '-' + process.arch + '\n';
}

/**
 * Whether node_modules was installed from the present lock file.
 * @param {string} root
 * @returns {boolean}
 */
export function packagesMatch(root) {
  const stamp = join(root, STAMP);
  // npm writes its own list last and a removed folder takes the stamp along: both there means a finished installation.
  return existsSync(join(root, 'node_modules/.package-lock.json')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === packagesStamp(root);
}

/**
 * Runs `npm ci` for a folder with its output on stderr; resolves with the exit code.
 * @param {string} root
 * @returns {Promise<number>}
 */
export function npmCi(root) {
  // Scripts of packages are not needed, so none is run. Development packages are: the build is made of them.
  const args = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'];
  return new Promise((resolve) => {
    const child = spawn('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
    child.once('error', (error) => {
      process.stderr.write('npm could not be started: ' + error.message + '\nhint: install npm, it comes with Node\n');
      resolve(127);
    });
    child.once('exit', (code, signal) => resolve(code === null ? (signal === 'SIGINT' ? 130 : 143) : code));
  });
}

/**
 * Makes sure of the packages; resolves with 0, or with npm's exit code.
 * @param {string} root
 * @param {(root: string) => Promise<number>} [install]
 * @param {(line: string) => void} [say]
 * @returns {Promise<number>}
 */
export async function ensurePackages(root, install = npmCi, say = (line) => process.stderr.write(line + '\n')) {
  if (packagesMatch(root)) return 0;
  say('installing the packages of package-lock.json (npm ci)');
  const code = await install(root);
  if (code === 0) writeFileSync(join(root, STAMP), packagesStamp(root));
  else say('the packages could not be installed\nhint: see why with: npm ci --ignore-scripts');
  return code;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  requireNode();
  ensurePackages(dirname(dirname(fileURLToPath(import.meta.url)))).then((code) => {
    process.exitCode = code;
  });
}
