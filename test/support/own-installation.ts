// An installation of vncctl for one test file, on the real engine: its own instance, folder, network and ports, driven through
// the program as a person types it. Everything it made is gone after the file's last test, also when tests failed.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { afterAll } from 'vitest';
import { tempFolder } from './temp-folder.ts';
import { testEndpoint } from './test-engine.ts';

const program = fileURLToPath(new URL('../../bin/vncctl.js', import.meta.url));
const ENDED_BY_FORCE_MS = 180_000;

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** What `up --json` says, as far as the tests use it. */
export interface UpReport {
  outcome: string;
  client: string;
  /** With the secret in its fragment, or a ticket. */
  url: string;
  container: string;
  /** Null without a port. */
  hostPort: number | null;
}

/** A `vncctl daemon` that answers. */
export interface OwnDaemon {
  /** Where, like `127.0.0.1:40123`. */
  address: string;
  /** What it has logged so far. */
  log(): string;
  /** Makes it read its settings anew. */
  reload(): void;
  /** Ends it with a signal; resolves with its exit code, null for one that the signal ended. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface Installation {
  /** Its name, as its labels and rules say it. */
  readonly instance: string;
  /** Starts `vncctl daemon --listen <listen> <args>` and waits until it answers; it is killed after the file's last test. */
  daemon(listen: string, ...args: string[]): Promise<OwnDaemon>;
  /** Runs `vncctl <args>`; never rejects. */
  vncctl(...args: string[]): Promise<Outcome>;
  /** `vncctl up <args> --json`; rejects with what the program said when it fails. */
  up(...args: string[]): Promise<UpReport>;
  /** `vncctl share <args> --json`; rejects with what the program said when it fails. */
  share(...args: string[]): Promise<{ id: string; url: string }>;
  /** The engine's own view of a container. */
  container(name: string): Docker.Container;
  /** Starts a container like another one, but with these variables and without a published port; it is gone after the file's last test. */
  startLike(name: string, env: readonly string[]): Promise<{ container: Docker.Container; address: string }>;
  /** Address of the host on the desktops' network, where they can reach a server of the test; there from the first `up` on. */
  hostAddress(): Promise<string>;
  /** A page address that the kiosk of `client` is to show needs a network first: makes it, and returns `hostAddress()`. */
  prepareNetwork(client: string): Promise<string>;
}

/** Makes one whose traces are removed after the file's last test, with these variables beside its own. Throws when VNCCTL_TEST_ENGINE names no engine. */
export function ownInstallation(variables: Readonly<Record<string, string>> = {}): Installation {
  const engine = testEndpoint().address;
  const instance = `browser-${randomBytes(4).toString('hex')}`;
  const docker = engine.startsWith('unix://') ? new Docker({ socketPath: engine.slice('unix://'.length) }) : new Docker();
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VNC|DOCKER_|PORT_RANGE|CONTAINER_|STATE_FILE)/.test(name));
  const folder = tempFolder();
  const env = {
    ...Object.fromEntries(inherited),
    VNCCTL_ENGINE: engine,
    VNCCTL_HOME: folder,
    VNCCTL_INSTANCE: instance,
    VNCCTL_NETWORK: instance,
    VNCCTL_NAMING: 'plain',
    VNCCTL_PORT_MIN: '5300',
    VNCCTL_PORT_MAX: '5349',
    ...variables,
  };

  const vncctl = (...args: string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      // Away from the checkout: a .env there belongs to whoever works in it.
      execFile(process.execPath, [program, ...args], { env, cwd: folder, timeout: ENDED_BY_FORCE_MS }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
      });
    });

  const hostAddress = async (): Promise<string> => {
    const network: Docker.NetworkInspectInfo = await docker.getNetwork(instance).inspect();
    const gateway = network.IPAM?.Config?.[0]?.['Gateway'];
    if (!gateway) throw new Error(`the network ${instance} has no gateway address`);
    return gateway;
  };

  const json = async <T>(...args: string[]): Promise<T> => {
    const { code, stdout, stderr } = await vncctl(...args, '--json');
    if (code !== 0) throw new Error(`vncctl ${args.join(' ')} ended with exit code ${code}: ${stderr}`);
    return JSON.parse(stdout);
  };
  const up = (...args: string[]): Promise<UpReport> => json('up', ...args);

  const daemons = new Set<ChildProcess>();
  const daemon = async (listen: string, ...args: string[]): Promise<OwnDaemon> => {
    const child = spawn(process.execPath, [program, 'daemon', '--listen', listen, ...args], { env, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    daemons.add(child);
    const ended = once(child, 'exit').then(([code]) => code as number | null);
    void ended.then(() => daemons.delete(child));
    let log = '';
    const address = await new Promise<string>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        const found = / answering at (\S+).*\n/.exec(log)?.[1];
        if (found !== undefined) resolve(found);
      });
      void ended.then((code) => reject(new Error(`the daemon ended with exit code ${code}: ${log}`)));
    });
    return {
      address,
      log: () => log,
      reload: () => void child.kill('SIGHUP'),
      end(signal) {
        child.kill(signal);
        return ended;
      },
    };
  };

  const extras: Docker.Container[] = [];
  const startLike: Installation['startLike'] = async (name, env) => {
    const { Config, HostConfig } = await docker.getContainer(name).inspect();
    const container = await docker.createContainer({ Image: Config.Image, User: Config.User, Env: [...env], HostConfig: { ...HostConfig, PortBindings: {} } });
    extras.push(container);
    await container.start();
    const address = (await container.inspect()).NetworkSettings.Networks[instance]?.IPAddress;
    if (!address) throw new Error('the container has no address');
    return { container, address };
  };

  afterAll(async () => {
    await Promise.all(extras.map((container) => container.remove({ force: true, v: true })));
    for (const child of daemons) child.kill('SIGKILL');
    const { code, stderr } = await vncctl('rm', '--all', '--yes');
    if (code !== 0) throw new Error(`the test's desktops are not removed: ${stderr}`);
  }, ENDED_BY_FORCE_MS);

  return {
    instance,
    daemon,
    vncctl,
    up,
    share: (...args) => json('share', ...args),
    container: (name) => docker.getContainer(name),
    startLike,
    hostAddress,
    async prepareNetwork(client) {
      await up(client, '--wait', 'running');
      return hostAddress();
    },
  };
}

/** What a program in a running container says, complaints included. */
export async function runInContainer(container: Docker.Container, ...command: string[]): Promise<string> {
  const exec = await container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true });
  const output = await exec.start({ Tty: true });
  return Buffer.concat(await output.toArray()).toString('utf8');
}
