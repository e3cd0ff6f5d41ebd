// `npm test`: makes everything the tests need (packages, build, engine, images, Chromium), then runs every suite and sums up in
// one line. `npm test -- unit` runs one suite; `unit` and `checks` need no engine. `npm run soak` runs the long form of the suites that
// have one.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages, requireNode } from '../bin/packages.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const results = join(root, 'test/.work/results');
const SYSTEMD = ['/usr/bin/systemd-analyze', '/bin/systemd-analyze'];
const PYTHON = ['/usr/bin/python3'];
const OPENSSL = ['/usr/bin/openssl'];
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** A display, and the clients that are shown on it. */
const VNC_PROGRAMS = [
  { path: '/usr/bin/Xtigervnc', name: 'tigervnc-standalone-server' },
  { path: '/usr/bin/xtigervncviewer', name: 'tigervnc-viewer' },
  { path: '/usr/bin/xtightvncviewer', name: 'xtightvncviewer' },
  { path: '/usr/bin/gvncviewer', name: 'gvncviewer' },
];
// Programs that would run as services once they are installed: unpacked beside the tests instead, where they aren't there already.
const PROXIES = [
  { name: 'nginx', paths: ['/usr/sbin/nginx', 'test/.work/programs/usr/sbin/nginx'] },
  { name: 'caddy', paths: ['/usr/bin/caddy', 'test/.work/programs/usr/bin/caddy'] },
];
const PROMTOOL = ['/usr/bin/promtool', 'test/.work/programs/usr/bin/promtool'];
const IMAGES = ['firefox-kiosk', 'desktop'];

/** Checks that are no test files; each counts as one test. */
const CHECKS = [
  { name: 'types', command: ['node_modules/.bin/tsc', '-p', 'tsconfig.json'] },
  { name: 'types of the viewer', command: ['node_modules/.bin/tsc', '-p', 'src/web/viewer/tsconfig.json'] },
  { name: 'types of the dashboard', command: ['node_modules/.bin/tsc', '-p', 'src/web/dashboard/tsconfig.json'] },
  { name: 'lint', command: ['node_modules/.bin/oxlint', '--deny-warnings', 'src', 'bin', 'test'] },
];

/** Suites in order: quick ones first, so that a plain mistake shows early. */
const SUITES = ['checks', 'unit', 'systemd', 'engine', 'hostile', 'cli', 'browser'];
const NEED_ENGINE = ['engine', 'hostile', 'cli', 'browser'];
/** Suites with loops that `npm run soak` runs for long. */
const SOAKED = ['hostile'];

/** @param {string} text */
const say = (text) => process.stderr.write(`\n== ${text}\n`);

/**
 * Runs a program with its output shown; resolves with its exit code.
 * @param {readonly string[]} command
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>}
 */
function run([program = '', ...args], env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      resolve(127);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * Runs a program and resolves with what it wrote to stdout; its stderr is shown. Rejects on a non-zero exit code.
 * @param {readonly string[]} command
 * @returns {Promise<string>}
 */
function output([program = '', ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve(text) : reject(new Error(`${program} ${args.join(' ')} ended with exit code ${code}`))));
  });
}

/**
 * One step of the set-up: without it no test means anything, so its failure ends the run.
 * @param {string} name
 * @param {() => Promise<number>} work
 */
async function step(name, work) {
  say(name);
  const before = Date.now();
  const code = await work();
  if (code !== 0) throw new Error(`${name} failed (exit code ${code})`);
  process.stderr.write(`   ${((Date.now() - before) / 1000).toFixed(1)} s\n`);
}

/**
 * Makes sure of a program by its package.
 * @param {readonly string[]} paths where it may be
 * @param {string} name
 * @returns {Promise<number>}
 */
async function ensurePackage(paths, name) {
  if (paths.some((path) => existsSync(path))) return 0;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    process.stderr.write(`the tests need ${name}; install it, e.g. with: sudo apt-get install ${name}\n`);
    return 1;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const updated = await run(['apt-get', 'update', '-qq'], env);
  return updated === 0 ? run(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', name], env) : updated;
}

/**
 * Makes sure of a program by unpacking its package: nothing is installed, so nothing is started.
 * @param {readonly string[]} paths where it may be
 * @param {string} name
 * @returns {Promise<number>}
 */
async function ensureUnpacked(paths, name) {
  if (paths.some((path) => existsSync(join(root, path)) || existsSync(path))) return 0;
  const folder = join(root, 'test/.work/programs');
  mkdirSync(folder, { recursive: true });
  const download = () => run(['sh', '-c', 'cd "$1" && apt-get download -qq "$2"', 'sh', folder, name]);
  let code = await download();
  if (code !== 0 && process.getuid?.() === 0) code = (await run(['apt-get', 'update', '-qq'])) || (await download());
  if (code !== 0) {
    process.stderr.write(`the tests need ${name}; install it, e.g. with: sudo apt-get install ${name}\n`);
    return code;
  }
  return run(['sh', '-c', 'cd "$1" && for package in "$2"_*.deb; do dpkg-deb -x "$package" . && rm "$package"; done', 'sh', folder, name]);
}

/**
 * What failed by a report of vitest, each with the first line of why: a test, or a file that could not be run to its end.
 * @param {{testResults: {name: string, status: string, message: string, assertionResults: {status: string, fullName: string, failureMessages: string[]}[]}[]}} report
 * @returns {string[]}
 */
function failuresIn({ testResults }) {
  /** @param {string | undefined} text */
  const firstLine = (text) => (text ?? '').split('\n', 1)[0];
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [`${file}: ${firstLine(message)}`] : [];
    return failed.map((test) => `${file}: ${test.fullName.trim()}: ${firstLine(test.failureMessages[0])}`);
  });
}

/**
 * Runs one suite; resolves with its counts, and what failed in a line each.
 * @param {string} suite
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{passed: number, failed: number, skipped: number, failures: string[]}>}
 */
async function runSuite(suite, env) {
  say(`suite ${suite}`);
  if (suite === 'checks') {
    const failures = [];
    for (const { name, command } of CHECKS) {
      const code = await run(command);
      process.stderr.write(`   ${name}: ${code === 0 ? 'ok' : 'FAILED'}\n`);
      if (code !== 0) failures.push(`${name}: ${command.join(' ')}`);
    }
    return { passed: CHECKS.length - failures.length, failed: failures.length, skipped: 0, failures };
  }
  const report = join(results, `${suite}.json`);
  const code = await run(
    ['node_modules/.bin/vitest', 'run', '--config', 'test/vitest.config.ts', '--project', suite, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    env,
  );
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0, failures: [`suite ${suite}: it ended with exit code ${code} and no report`] };
  const told = JSON.parse(readFileSync(report, 'utf8'));
  const { numPassedTests: passed, numFailedTests: failedTests, numPendingTests: pending, numTodoTests: todo } = told;
  // A file that can't be loaded, or an error between tests, fails the run without failing a test.
  const failed = failedTests === 0 && code !== 0 ? 1 : failedTests;
  const failures = failuresIn(told);
  if (failed > 0 && failures.length === 0) failures.push(`suite ${suite}: an error between its tests, told above`);
  return { passed, failed, skipped: pending + todo, failures };
}

async function main() {
  requireNode();
  const soak = process.argv[2] === '--soak';
  const asked = soak ? SOAKED : process.argv.slice(2);
  const unknown = asked.find((suite) => !SUITES.includes(suite));
  if (unknown) throw new Error(`there is no suite "${unknown}"; there are: ${SUITES.join(', ')}`);
  const suites = SUITES.filter((suite) => asked.length === 0 || asked.includes(suite));
  const vncctl = [process.execPath, 'bin/vncctl.js'];
  const env = { ...process.env, ...(soak ? { VNCCTL_TEST_SOAK: '1' } : {}) };

  await step('packages', () => ensurePackages(root));
  await step('build', () => run([process.execPath, 'bin/build.js']));
  if (suites.some((suite) => NEED_ENGINE.includes(suite))) {
    await step('engine', async () => {
      env['VNCCTL_TEST_ENGINE'] = JSON.parse(await output([...vncctl, 'engine', 'start', '--json'])).address;
      return 0;
    });
    await step('images', () => run([...vncctl, 'images', 'build', ...IMAGES]));
  }
  if (suites.includes('systemd')) {
    await step('systemd', () => ensurePackage(SYSTEMD, 'systemd'));
    await step('promtool', () => ensureUnpacked(PROMTOOL, 'prometheus'));
    await step('Python', () => ensurePackage(PYTHON, 'python3'));
  }
  if (suites.includes('browser')) {
    await step('Chromium', () => ensurePackage(CHROMIUM, 'chromium'));
    for (const { path, name } of VNC_PROGRAMS) await step(name, () => ensurePackage([path], name));
    await step('openssl', () => ensurePackage(OPENSSL, 'openssl'));
    for (const { name, paths } of PROXIES) await step(name, () => ensureUnpacked(paths, name));
  }

  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const sum = { passed: 0, failed: 0, skipped: 0 };
  const failures = [];
  for (const suite of suites) {
    const counts = await runSuite(suite, env);
    process.stderr.write(`   ${suite}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
    sum.passed += counts.passed;
    sum.failed += counts.failed;
    sum.skipped += counts.skipped;
    failures.push(...counts.failures);
  }
  // Once more where the whole output is long, or only its end is kept.
  if (failures.length > 0) process.stdout.write(`\nfailed:\n${failures.map((failure) => `   ${failure}\n`).join('')}`);
  process.stdout.write(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`);
  process.exitCode = sum.failed > 0 || (sum.skipped > 0 && process.env['CI']) ? 1 : 0;
}

main().catch((error) => {
  process.stderr.write(`\n${error.message}\n`);
  process.stdout.write('\n0 passed, 1 failed, 0 skipped\n');
  process.exitCode = 1;
});
