// Bootstraps a small Debian bookworm from the package archive with mmdebstrap. Leaves the importing to the engine.
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BootstrappedRootfs } from '../core/base-image.ts';
import type { ProgressListener } from '../core/engine.ts';
import { VncctlError } from '../errors.ts';
import { installPackages } from './embedded/install.ts';
import { isDebianLike } from './embedded/os-release.ts';
import type { EmbeddedSystem } from './embedded/system.ts';

const SUITE = 'bookworm';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const DEADLINE_MS = 20 * 60_000;

// What a desktop never reads. The copyright files stay (licences ask for it), and Portuguese does: it is what most users speak.
// dpkg keeps to these when packages are installed on top, too.
const DPKG_OPTIONS: readonly string[] = [
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/info/*',
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  'path-exclude=/usr/share/locale/*',
  'path-include=/usr/share/locale/pt*',
  'path-include=/usr/share/locale/locale.alias',
];

/** Bootstraps into a temporary file and opens it. Fails with PULL_FAILED and the last words of mmdebstrap. */
export async function bootstrapBase(
  system: Pick<EmbeddedSystem, 'run' | 'findProgram' | 'uid' | 'osRelease'>,
  progress: ProgressListener,
  signal?: AbortSignal,
): Promise<BootstrappedRootfs> {
  await ensureMmdebstrap(system, progress);
  const folder = await mkdtemp(join(tmpdir(), 'vncctl-base-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'base.tar');
    const mirrors = debianMirrors(await readAptSources('/etc/apt'));
    const args = [
      ...['--variant=minbase', '--format=tar', `--keyring=${KEYRING}`, '--aptopt=Acquire::Languages "none"'],
      ...DPKG_OPTIONS.map((option) => `--dpkgopt=${option}`),
      ...[SUITE, file, ...mirrors],
    ];
    const lines: string[] = [];
    const onLine = (line: string): void => {
      lines.push(line);
      if (line.startsWith('I: ')) progress(line.slice(3));
    };
    const { exitCode, stderr } = await system.run('mmdebstrap', args, { onLine, deadlineMs: DEADLINE_MS, signal, env: { LC_ALL: 'C.UTF-8' } });
    if (exitCode !== 0) {
      const words = (lines.length > 0 ? lines : stderr.split('\n')).filter((line) => line.trim() !== '').slice(-4).join('\n');
      throw new VncctlError('PULL_FAILED', `the base could not be bootstrapped:\n${words}`, { hint: 'check that the package archive is reachable: apt-get update' });
    }
    return { tar: createReadStream(file), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function ensureMmdebstrap(system: Pick<EmbeddedSystem, 'run' | 'findProgram' | 'uid' | 'osRelease'>, progress: ProgressListener): Promise<void> {
  if (system.findProgram('mmdebstrap') !== undefined) return;
  if (system.uid !== 0 || !isDebianLike(system.osRelease)) {
    throw new VncctlError('PULL_FAILED', 'mmdebstrap is not installed, so none can be bootstrapped', {
      hint: isDebianLike(system.osRelease) ? 'sudo apt-get install -y mmdebstrap debian-archive-keyring' : 'docker pull debian:bookworm-slim, from a machine with a registry in reach',
    });
  }
  await installPackages(system.run, ['mmdebstrap', 'debian-archive-keyring'], progress);
}

/** The machine's own mirrors of the suite as one-line sources, from the texts of its apt sources; none means mmdebstrap's default. Without the suite itself its updates are of no use. */
export function debianMirrors(texts: readonly string[]): string[] {
  const found = new Map<string, string>();
  const add = (uri: string, suite: string, components: readonly string[]): void => {
    if (/^https?:\/\//.test(uri) && (suite === SUITE || suite.startsWith(`${SUITE}-`)) && !suite.endsWith('-backports') && components.includes('main') && !found.has(suite)) {
      found.set(suite, `deb ${uri} ${suite} main`);
    }
  };
  for (const text of texts) {
    for (const line of text.split('\n')) {
      const [, uri = '', suite = '', components = ''] = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      add(uri, suite, components.split(/\s+/));
    }
    for (const paragraph of text.replace(/^#.*\n?/gm, '').split(/\n\s*\n/)) {
      const words = (name: string): string[] => (new RegExp(`^${name}:[ \\t]*(.*(?:\\n[ \\t].*)*)`, 'im').exec(paragraph)?.[1] ?? '').split(/\s+/).filter((word) => word !== '');
      if (!words('Types').includes('deb') || words('Enabled')[0]?.toLowerCase() === 'no') continue;
      for (const uri of words('URIs')) for (const suite of words('Suites')) add(uri, suite, words('Components'));
    }
  }
  return found.has(SUITE) ? [...found.values()] : [];
}

async function readAptSources(folder: string): Promise<string[]> {
  const more = await readdir(join(folder, 'sources.list.d')).catch(() => []);
  const files = ['sources.list', ...more.filter((name) => /\.(list|sources)$/.test(name)).sort().map((name) => join('sources.list.d', name))];
  return Promise.all(files.map((file) => readFile(join(folder, file), 'utf8').catch(() => '')));
}
