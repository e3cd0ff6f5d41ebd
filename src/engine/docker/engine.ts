// The Docker API engine (Docker, and Podman behind its compatible socket) over dockerode: connects, describes, and puts
// the parts together.
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import Docker from 'dockerode';
import type { CallOptions, Engine, EngineDescription } from '../../core/engine.ts';
import { VncctlError } from '../../errors.ts';
import type { Endpoint, TlsFiles } from '../endpoint.ts';

/** The part of an endpoint that a connection needs. */
export type Address = Pick<Endpoint, 'address' | 'transport' | 'tls'> & Partial<Pick<Endpoint, 'hint'>>;
import { createCaller } from './call.ts';
import { createContainers } from './containers.ts';
import { createImages } from './images.ts';
import type { HostRules } from '../host-rules.ts';
import { closedBridgeOf, createNetworks } from './networks.ts';
import { LABEL } from '../../core/labels.ts';

interface InfoAnswer {
  OperatingSystem: string;
  Architecture: string;
  DockerRootDir: string;
  MemTotal: number;
  NCPU: number;
  SecurityOptions?: string[];
  LiveRestoreEnabled?: boolean;
}

interface VersionAnswer {
  Version: string;
  ApiVersion: string;
  Components?: { Name: string; Version: string }[];
}

/** How a connection is used. */
export interface ConnectOptions {
  deadlineMs: number;
  /** How networks that it makes are closed to the services of this host; absent, they stay as the engine makes them. */
  hostRules?: () => Promise<HostRules>;
}

/** Connects lazily: nothing is dialled until the first call. */
export function connectDocker(endpoint: Address, options: ConnectOptions): Engine {
  // What a burst of calls opened is not kept: a step asks four things at once at most.
  const kept = { keepAlive: true, maxFreeSockets: 4 };
  const agent = endpoint.transport === 'tls' ? new TlsAgent({ ...kept, ...tlsMaterial(endpoint.tls) }) : new Agent(kept);
  const docker = new Docker({ ...dockerodeAddress(endpoint), ...(endpoint.transport === 'ssh' ? {} : { agent }) });
  const call = createCaller(endpoint, options.deadlineMs);
  let podman: boolean | undefined;
  const isPodman = async (callOptions?: CallOptions): Promise<boolean> => (podman ??= saysPodman(await call('ask the engine who it is', () => docker.version() as unknown as Promise<VersionAnswer>, callOptions)));
  const local = endpoint.transport === 'unix' && process.platform === 'linux';

  return {
    endpoint: endpoint.address,
    capabilities: { canRename: true, canPause: true, canUpdateLimits: true, local },
    containers: createContainers(docker, call, { local, isPodman }),
    images: createImages(docker, call),
    networks: createNetworks(docker, call, { local, isPodman }, options.hostRules),
    async ping(callOptions) {
      await call('reach the engine', () => docker.ping(), callOptions);
    },
    async describe(callOptions): Promise<EngineDescription> {
      const [info, version] = await call(
        'ask the engine about itself',
        () => Promise.all([docker.info() as Promise<InfoAnswer>, docker.version() as unknown as Promise<VersionAnswer>]),
        callOptions,
      );
      return {
        kind: saysPodman(version) ? 'podman' : 'docker',
        version: version.Version,
        apiVersion: version.ApiVersion,
        os: info.OperatingSystem,
        architecture: info.Architecture,
        rootDirectory: info.DockerRootDir,
        memoryBytes: info.MemTotal,
        cpus: info.NCPU,
        // Podman has no daemon that its containers could end with.
        containersSurvive: saysPodman(version) || info.LiveRestoreEnabled === true,
        rootless: info.SecurityOptions?.some((option) => option.includes('rootless')) ?? false,
      };
    },
    close() {
      agent.destroy();
    },
  };
}

/** Closes the host again to every network of the engine that was made closed to it: a reboot takes the rules away. */
export async function closeHostAgain(endpoint: Address, rules: HostRules): Promise<void> {
  const docker = new Docker(dockerodeAddress(endpoint));
  const label = [`${LABEL.managed}=true`, `${LABEL.host}=closed`];
  for (const network of await docker.listNetworks({ filters: { label } })) {
    const bridge = closedBridgeOf(network);
    if (bridge) await rules.close(bridge.name, bridge.instance);
  }
}

const saysPodman = ({ Components }: VersionAnswer): boolean => Components?.some(({ Name }) => /podman/i.test(Name)) ?? false;

// Every field is given so that dockerode's own reading of DOCKER_HOST never decides anything.
function dockerodeAddress(endpoint: Address): Docker.DockerOptions {
  if (endpoint.transport === 'unix') return { socketPath: endpoint.address.replace(/^unix:\/\//, ''), host: undefined, port: undefined, protocol: 'http' } as Docker.DockerOptions;
  if (endpoint.transport === 'npipe') return { socketPath: endpoint.address.replace(/^npipe:\/\//, ''), host: undefined, port: undefined, protocol: 'http' } as Docker.DockerOptions;
  const url = new URL(endpoint.address);
  if (endpoint.transport === 'ssh') {
    return { protocol: 'ssh', host: url.hostname, port: url.port || 22, username: decodeURIComponent(url.username), sshOptions: { agent: process.env['SSH_AUTH_SOCK'] } } as Docker.DockerOptions;
  }
  const protocol = endpoint.transport === 'tls' ? 'https' : 'http';
  return { host: url.hostname, port: Number(url.port || (endpoint.transport === 'tls' ? 2376 : 2375)), protocol } as Docker.DockerOptions;
}

function tlsMaterial(files: TlsFiles | undefined): { ca?: Buffer; cert?: Buffer; key?: Buffer; rejectUnauthorized: boolean } {
  const read = (path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw new VncctlError('ENGINE_DENIED', `could not read ${path}: ${(error as Error).message}`, { hint: 'check DOCKER_CERT_PATH, or the TLS files of the docker context', cause: error });
    }
  };
  return {
    rejectUnauthorized: files?.verify ?? true,
    ...(files?.ca ? { ca: read(files.ca) } : {}),
    ...(files?.cert ? { cert: read(files.cert) } : {}),
    ...(files?.key ? { key: read(files.key) } : {}),
  };
}
