// Installs Debian packages without starting the services they bring. Used for the engine and for mmdebstrap.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { VncctlError } from '../../errors.ts';
import type { ProgressListener } from '../../core/engine.ts';
import type { RunProgram } from '../../core/run-program.ts';

const POLICY = '/usr/sbin/policy-rc.d';
const MARK = '# vncctl: no service is started while it installs packages';

/** Installs packages with apt, as root. Fails with ENGINE_MISSING and apt's last lines. `policyPath` is the file by which Debian lets an installation keep services stopped. */
export async function installPackages(run: RunProgram, packages: readonly string[], progress: ProgressListener, policyPath: string = POLICY): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  const apt = async (args: readonly string[]): Promise<string | undefined> => {
    const lines: string[] = [];
    const onLine = (line: string): void => {
      lines.push(line);
      if (/^(Get:|Unpacking|Setting up|Err:|E:)/.test(line)) progress(line);
    };
    // A machine that has just booted may be updating itself: wait for its lock rather than fail.
    const { exitCode } = await run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', '-q', ...args], { env, onLine, deadlineMs: 15 * 60_000 });
    return exitCode === 0 ? undefined : lines.filter((line) => line.trim() !== '').slice(-4).join('\n');
  };
  const removePolicy = holdServices(policyPath);
  try {
    progress(`installing ${packages.join(' ')} from the distribution`);
    // Out-of-date lists of one broken source must not stop an installation that the others can serve.
    const updateFault = await apt(['update']);
    const installFault = await apt(['install', '-y', '--no-install-recommends', ...packages]);
    if (installFault !== undefined) {
      throw new VncctlError('ENGINE_MISSING', `${packages.join(' ')} could not be installed:\n${updateFault === undefined ? '' : `${updateFault}\n`}${installFault}`, {
        hint: `see why with: apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`,
      });
    }
  } finally {
    removePolicy();
  }
}

function holdServices(policyPath: string): () => void {
  // Somebody else's policy is left as it is; one of ours can only be there after a kill, and is taken over.
  try {
    writeFileSync(policyPath, `#!/bin/sh\n${MARK}\nexit 101\n`, { mode: 0o755, flag: 'wx' });
  } catch {
    if (!isOurs(policyPath)) return () => undefined;
  }
  const remove = (): void => rmSync(policyPath, { force: true });
  process.once('exit', remove);
  return () => {
    process.removeListener('exit', remove);
    remove();
  };
}

function isOurs(policyPath: string): boolean {
  try {
    return readFileSync(policyPath, 'utf8').includes(MARK);
  } catch {
    return false;
  }
}
