// Starts the embedded Docker engine, or sees that there is one already. The same call serves after a reboot or a kill.
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import type { ProgressListener } from '../../core/engine.ts';
import { VncctlError } from '../../errors.ts';
import type { Endpoint } from '../endpoint.ts';
import { ensureBridge } from './bridge.ts';
import { installPackages } from './install.ts';
import { letContainersSurvive, writeConfiguration } from './live-restore.ts';
import { decideInstall } from './os-release.ts';
import type { EmbeddedPaths } from './paths.ts';
import { findForeignDaemon, findOurDaemon } from './processes.ts';
import { endDaemon, prepareRestart } from './stop.ts';
import type { DetachedProcess, EmbeddedSystem, SocketAnswer } from './system.ts';

/** What a start works with. */
export interface StartDependencies {
  system: EmbeddedSystem;
  paths: EmbeddedPaths;
  /** The engine that commands would use now; undefined when none is to be seen. Asked anew for each start. */
  resolve: () => Endpoint | undefined;
  /** Whether an engine answers at an endpoint that is no Unix socket of this machine. */
  ask: (endpoint: Endpoint) => Promise<SocketAnswer>;
  /** Makes later commands find the embedded engine. */
  remember: () => Promise<void>;
  progress: ProgressListener;
}

export interface StartOptions {
  /** Start beside another Docker engine of this machine, which resets its firewall rules. */
  beside?: boolean;
}

/** What a start came to: `used` is an engine of somebody else's. */
export interface StartResult {
  outcome: 'started' | 'running' | 'used';
  address: string;
  source: string;
  pid?: number;
}

const ANSWER_DEADLINE_MS = 3_000;
const START_DEADLINE_MS = 60_000;
// An installation by another process may take that long.
const LOCK_WAIT_MS = 10 * 60_000;
const POLL_MS = 25;

/** Makes sure that an engine answers: uses what is there, else starts the embedded one. Safe to call twice at once. */
export async function startEmbeddedEngine(dependencies: StartDependencies, options: StartOptions = {}): Promise<StartResult> {
  const { system, paths } = dependencies;
  const present = await usePresent(dependencies);
  if (present !== undefined) return present;
  await ensureDockerd(dependencies, 'before the lock');
  return system.withLock(paths.folder, LOCK_WAIT_MS, async () => {
    // Another start may have finished while this one waited.
    const running = await ourRunning(dependencies);
    if (running !== undefined) return running;
    const dockerd = await ensureDockerd(dependencies, 'install');
    const foreign = options.beside === true ? undefined : findForeignDaemon(system.processes(), paths, system.networkNamespace());
    if (foreign !== undefined) {
      throw new VncctlError('ENGINE_FAILED', `another Docker engine runs on this machine (process ${foreign.pid}); starting a second would reset its firewall rules`, {
        hint: `use it with: export DOCKER_HOST=${foreign.address}`,
      });
    }
    const hung = findOurDaemon(system.processes(), paths);
    if (hung !== undefined) await endDaemon(system, paths, hung.pid);
    await prepareRestart(system, paths);
    const pid = await launch(dependencies, dockerd);
    await dependencies.remember();
    return { outcome: 'started', address: `unix://${paths.socket}`, source: 'the embedded engine', pid };
  });
}

async function usePresent(dependencies: StartDependencies): Promise<StartResult | undefined> {
  const { system, paths } = dependencies;
  const endpoint = dependencies.resolve();
  if (endpoint === undefined || endpoint.address === `unix://${paths.socket}`) return ourRunning(dependencies);
  const answer = endpoint.transport === 'unix' ? await system.askSocket(endpoint.address.slice('unix://'.length), ANSWER_DEADLINE_MS) : await dependencies.ask(endpoint);
  if (answer === 'answers') return { outcome: 'used', address: endpoint.address, source: endpoint.source };
  if (answer === 'denied') {
    throw new VncctlError('ENGINE_DENIED', `there is an engine at ${endpoint.address} (${endpoint.source}), but you may not use it`, {
      hint: 'run as root, or join its group: sudo usermod -aG docker "$USER", then log in again',
    });
  }
  // What somebody chose goes before the setting that a start writes: the new engine would never be found.
  if (endpoint.origin === 'flag' || endpoint.origin === 'environment' || endpoint.origin === 'setting') {
    throw new VncctlError('ENGINE_UNREACHABLE', `no engine answers at ${endpoint.address}, chosen by ${endpoint.source}`, { hint: endpoint.hint });
  }
  return ourRunning(dependencies);
}

async function ourRunning(dependencies: StartDependencies): Promise<StartResult | undefined> {
  const { system, paths } = dependencies;
  const daemon = findOurDaemon(system.processes(), paths);
  if (daemon === undefined || (await system.askSocket(paths.socket, ANSWER_DEADLINE_MS)) !== 'answers') return undefined;
  letContainersSurvive(system, paths, daemon.pid);
  // Said again each time: the setting may have been lost since.
  await dependencies.remember();
  return { outcome: 'running', address: `unix://${paths.socket}`, source: 'the embedded engine', pid: daemon.pid };
}

// Looked at before the lock too: whoever may not start one learns it without a folder being made.
async function ensureDockerd(dependencies: StartDependencies, when: 'before the lock' | 'install'): Promise<string> {
  const { system } = dependencies;
  const needed = ['dockerd', 'iptables', 'ip'];
  const missing = needed.filter((name) => system.findProgram(name) === undefined);
  if (missing.length > 0 || system.platform !== 'linux') {
    const decision = decideInstall(system);
    if (decision.kind === 'refuse') {
      throw new VncctlError('ENGINE_MISSING', `no container engine answers, and ${missing.join(', ')} is not installed: ${decision.because}`, { hint: decision.hint });
    }
    if (when === 'install') {
      await installPackages(system.run, decision.packages, dependencies.progress);
      // Else the next boot starts the system's own engine, beside which ours must not run. It fails where systemd doesn't
      // run, and there nothing starts one either.
      if (system.findProgram('systemctl') !== undefined) await system.run('systemctl', ['disable', 'docker.service', 'docker.socket']);
    }
  } else if (system.uid !== 0) {
    throw new VncctlError('ENGINE_DENIED', 'no container engine answers, and starting one needs root', {
      hint: 'sudo systemctl start docker, or as root: vncctl engine start',
    });
  }
  const dockerd = system.findProgram('dockerd');
  if (dockerd === undefined && when === 'install') {
    throw new VncctlError('ENGINE_MISSING', 'the packages were installed, but there is no dockerd', { hint: 'look with: dpkg -L docker.io | grep dockerd' });
  }
  return dockerd ?? 'dockerd';
}

async function launch(dependencies: StartDependencies, dockerd: string): Promise<number> {
  const { system, paths, progress } = dependencies;
  const startedMs = system.clock.monotonicMs();
  progress(`starting the embedded Docker engine in ${paths.folder}`);
  for (const folder of [paths.folder, paths.runtime, paths.exec]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ranges = await ensureBridge(system, paths);
  writeConfiguration(paths, true);
  rotateLog(paths);
  const args = [
    ...['--config-file', paths.configFile, '--data-root', paths.data, '--exec-root', paths.exec, '--pidfile', paths.pidFile],
    ...['-H', `unix://${paths.socket}`, '--group', '0', '--bridge', paths.bridge, '--default-address-pool', `base=${ranges.poolBase},size=24`],
    // Counts only where the system runs a containerd: then that one is used, apart from everybody else's.
    ...['--containerd-namespace', paths.containerdNamespace, '--containerd-plugins-namespace', `${paths.containerdNamespace}-plugins`],
  ];
  const daemon = await system.startDetached(dockerd, args, paths.log);
  await waitForAnswer(system, paths, daemon);
  progress(`the engine answers after ${((system.clock.monotonicMs() - startedMs) / 1000).toFixed(1)} s`);
  return daemon.pid;
}

async function waitForAnswer(system: EmbeddedSystem, paths: EmbeddedPaths, daemon: DetachedProcess): Promise<void> {
  const untilMs = system.clock.monotonicMs() + START_DEADLINE_MS;
  while ((await system.askSocket(paths.socket, ANSWER_DEADLINE_MS)) !== 'answers') {
    const late = system.clock.monotonicMs() >= untilMs;
    if (late || daemon.hasEnded()) {
      if (late) await endDaemon(system, paths, daemon.pid);
      throw new VncctlError(
        late ? 'ENGINE_TIMEOUT' : 'ENGINE_FAILED',
        `the embedded engine ${late ? `did not answer within ${START_DEADLINE_MS / 1000} s` : 'ended at once'}; its last words:\n${lastLines(paths.log, 8)}`,
        { hint: `read the whole log: less ${paths.log}` },
      );
    }
    await system.clock.sleep(POLL_MS);
  }
}

// One log before this one is kept, so that two starts in a row don't lose the cause of a failure.
function rotateLog(paths: EmbeddedPaths): void {
  try {
    renameSync(paths.log, paths.previousLog);
  } catch {
    rmSync(paths.log, { force: true });
  }
}

function lastLines(path: string, count: number): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '(no log)';
  }
}
