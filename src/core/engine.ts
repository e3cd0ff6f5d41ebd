// What vncctl asks of whatever runs containers: Docker and Podman now, a cluster later. Owned by core and implemented in
// engine/ and by the tests' fake; one contract suite holds both to the sentences below. Every call has a deadline of its
// own, takes an AbortSignal, and fails with a VncctlError of kind engine unless its sentence says otherwise.

/** The engine's own id of a container. */
export type ContainerId = string & { readonly __brand: 'ContainerId' };

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
export type ContainerHealth = 'none' | 'starting' | 'healthy' | 'unhealthy';

/** Bounds on one call: it ends with ENGINE_TIMEOUT after `deadlineMs`, or with the signal's reason when that aborts. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
  deadlineMs?: number | undefined;
}

export interface PublishedPort {
  containerPort: number;
  hostPort: number;
  hostAddress: string;
}

/** A container as one row of a list shows it: no call per container is needed for any of this. */
export interface ContainerSummary {
  id: ContainerId;
  /** Without the leading slash of the Docker API. */
  name: string;
  state: ContainerState;
  health: ContainerHealth;
  labels: Readonly<Record<string, string>>;
  /** Reference given at creation; an engine may have put a registry before it. */
  image: string;
  imageId: string;
  /** ISO-8601 UTC. */
  createdAt: string;
  /** Set once exited. */
  exitCode?: number;
  /** Only while running. */
  ports: readonly PublishedPort[];
  /** Its own address, only while running and only where it can be dialled from this host. */
  address?: string;
}

/** Everything one inspect tells. `env` holds secrets: never print it whole. */
export interface ContainerDetails extends ContainerSummary {
  env: Readonly<Record<string, string>>;
  limits: { cpus: number; memoryBytes: number };
  startedAt?: string;
  finishedAt?: string;
  outOfMemory: boolean;
  /** The engine's own words on why the last start failed. */
  error?: string;
  /** Of its main process as this host numbers them; only while it runs on this very host. */
  pid?: number;
}

/** All that is needed to create a container; nothing in it is engine-specific. */
export interface ContainerSpec {
  image: string;
  env: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  network: string;
  /** Absent: the container is reached by its own address only. */
  publish?: { containerPort: number; hostPort: number; hostAddress: string };
  limits: { cpus: number; memoryBytes: number; pids: number; shmSizeBytes: number };
  /** `image` leaves the image's own user in place. */
  user: string;
  /** Linux capabilities kept after all were dropped. */
  capabilities: readonly string[];
  /** Paths that are tmpfs, with their mount options. */
  tmpfs: Readonly<Record<string, string>>;
  /** Whose init process reaps and passes signals on: the engine adds one, or the image has its own. */
  init: 'engine' | 'image';
  stopGraceSeconds: number;
  logMaxBytes: number;
}

/** What happened to a container; other happenings of an engine (exec, attach, …) are not told. */
export type ContainerEventKind = 'created' | 'started' | 'died' | 'removed' | 'renamed' | 'paused' | 'unpaused';

export interface ContainerEvent {
  kind: ContainerEventKind;
  id: ContainerId;
  /** The name it has from then on, without a leading slash. */
  name: string;
  labels: Readonly<Record<string, string>>;
  /** ISO-8601 UTC. */
  at: string;
  /** On `died`. */
  exitCode?: number;
}

export interface ContainerFilter {
  /** Labels a container must carry, all of them. */
  labels: Readonly<Record<string, string>>;
}

/** What a running container uses. */
export interface ContainerUsage {
  /** Processor time since it was started. */
  cpuNanoseconds: number;
  /** Without what the kernel would give back at once: its cache of files. */
  memoryBytes: number;
  /** Absent: none was set. */
  memoryLimitBytes?: number;
}

export interface Containers {
  /** All containers that match, running or not, in one call. */
  list(filter: ContainerFilter, options?: CallOptions): Promise<ContainerSummary[]>;
  /** By name or id; undefined when there is none. */
  find(nameOrId: string, options?: CallOptions): Promise<ContainerDetails | undefined>;
  /** Creates without starting. Fails with NAME_TAKEN when the name is in use: the engine's names are the one lock that all share. IMAGE_NOT_FOUND when the image is not there, NETWORK_NOT_FOUND when the network isn't and the engine looks for it so early. */
  create(name: string, spec: ContainerSpec, options?: CallOptions): Promise<ContainerId>;
  /** Idempotent. Fails with NO_FREE_PORT when the published port is taken on the host, NETWORK_NOT_FOUND when its network is gone, DESKTOP_NOT_FOUND when the container is. */
  start(id: ContainerId, options?: CallOptions): Promise<void>;
  /** Asks the main process to end, by `stopSignal` or else its image's own signal, and kills it after the grace. A container that has ended or is gone is success. */
  stop(id: ContainerId, graceSeconds: number, options?: CallOptions & { stopSignal?: string }): Promise<void>;
  /** Gives a container another name. Fails with NAME_TAKEN when that is in use, DESKTOP_NOT_FOUND when the container is gone; the name it has already is success. With `from`, only one of that name: DESKTOP_NOT_FOUND when it has another by then (of two such calls at the very same moment both may succeed). */
  rename(id: ContainerId, name: string, options?: CallOptions & { from?: string }): Promise<void>;
  /** Changes the limits of one that is there, running or not, where the engine can (`canUpdateLimits`). USAGE when it can't give that much or little. */
  updateLimits(id: ContainerId, limits: { cpus: number; memoryBytes: number }, options?: CallOptions): Promise<void>;
  /** Milliseconds of processor time that all of it has used since its start; undefined when it is not running. */
  cpuMs(id: ContainerId, options?: CallOptions): Promise<number | undefined>;
  /** Bytes of memory that all of it holds now, without what the system could take back; undefined when it is not running, or nobody can tell. */
  memoryBytes(id: ContainerId, options?: CallOptions): Promise<number | undefined>;
  /** Bytes that it holds on the host's disk beside its image, without its tmpfs; undefined when it is gone, or the engine can't tell. Takes the longer, the more files it has written. */
  writtenBytes(id: ContainerId, options?: CallOptions): Promise<number | undefined>;
  /** Fails with DESKTOP_NOT_FOUND when it is gone. */
  pause(id: ContainerId, options?: CallOptions): Promise<void>;
  /** Idempotent. Fails with DESKTOP_NOT_FOUND when it is gone. */
  unpause(id: ContainerId, options?: CallOptions): Promise<void>;
  /** Kills and removes, with anonymous volumes. Returns only once the name is free again; not-found is success. */
  remove(id: ContainerId, options?: CallOptions): Promise<void>;
  /** Resolves with the exit code once the container is not running; undefined when it is gone. Has no deadline of its own. */
  waitForExit(id: ContainerId, options?: CallOptions): Promise<number | undefined>;
  /** Runs a program in a running container and waits for its end. */
  exec(id: ContainerId, argv: readonly string[], options?: CallOptions): Promise<{ exitCode: number; output: string }>;
  /** What happens to containers with these labels from now on. `onOpen` is called once the engine listens: what happens after that is not missed. Ends by throwing: ENGINE_UNREACHABLE when the connection is lost, the signal's reason when that aborts. Has no deadline after it was opened. */
  events(filter: ContainerFilter, options: CallOptions & { onOpen?: () => void }): AsyncIterable<ContainerEvent>;
  /** What it uses at this moment; undefined for one that doesn't run or is gone. */
  usage(id: ContainerId, options?: CallOptions): Promise<ContainerUsage | undefined>;
  /** The last lines of stdout and stderr, oldest first; empty when there is none. */
  logs(id: ContainerId, tailLines: number, options?: CallOptions): Promise<string[]>;
}

export interface ImageInfo {
  id: string;
  labels: Readonly<Record<string, string>>;
  sizeBytes: number;
  /** ISO-8601 UTC. */
  createdAt: string;
}

/** Called with one line of progress at a time; lines carry no trailing newline. */
export type ProgressListener = (line: string) => void;

export interface Images {
  /** undefined when the engine does not have it. */
  find(reference: string, options?: CallOptions): Promise<ImageInfo | undefined>;
  /** Fails with PULL_FAILED, naming what the registry said. */
  pull(reference: string, onProgress: ProgressListener, options?: CallOptions): Promise<void>;
  /** Builds a context (a tar stream) and tags the result. Fails with BUILD_FAILED and the last lines of the failing step. */
  build(context: NodeJS.ReadableStream, request: ImageBuildRequest, onProgress: ProgressListener, options?: CallOptions): Promise<void>;
  /** Makes an image of a root filesystem (a tar stream), labelled as given. */
  importRootfs(tar: NodeJS.ReadableStream, reference: string, options?: CallOptions & { labels?: Readonly<Record<string, string>> }): Promise<void>;
}

export interface ImageBuildRequest {
  tag: string;
  labels: Readonly<Record<string, string>>;
  args: Readonly<Record<string, string>>;
}

export interface NetworkSpec {
  name: string;
  /** CIDR; absent lets the engine choose. */
  subnet?: string;
  labels: Readonly<Record<string, string>>;
}

/** What a network keeps apart: each of its members from every other, or only itself from the other networks made so. */
export type NetworkIsolation = 'members' | 'networks';

export interface NetworkInfo {
  name: string;
  subnets: readonly string[];
  labels: Readonly<Record<string, string>>;
  /** Whether the addresses of its members can be dialled from this host now. Some engines bring a network up with its first member only: false before that. */
  dialable: boolean;
  isolates: NetworkIsolation | 'nothing';
}

export interface Networks {
  /** What a network made here keeps apart. Asked of the engine once; with `networks`, those that must not meet need a network each. */
  isolation(options?: CallOptions): Promise<NetworkIsolation>;
  /** All that carry all of these labels, in one call. */
  list(filter: { labels: Readonly<Record<string, string>> }, options?: CallOptions): Promise<NetworkInfo[]>;
  find(name: string, options?: CallOptions): Promise<NetworkInfo | undefined>;
  /** Creates a bridge that keeps apart what `isolation` says. A network of that name is success; NETWORK_CONFLICT when the subnet overlaps another. */
  create(spec: NetworkSpec, options?: CallOptions): Promise<void>;
  /** Not-found is success; NETWORK_CONFLICT while containers use it. */
  remove(name: string, options?: CallOptions): Promise<void>;
}

/** Who answers at the endpoint. */
export interface EngineDescription {
  kind: 'docker' | 'podman';
  version: string;
  apiVersion: string;
  os: string;
  architecture: string;
  rootDirectory: string;
  memoryBytes: number;
  cpus: number;
  rootless: boolean;
  /** Whether its containers survive its own end and restart. */
  containersSurvive: boolean;
}

/** What this engine can do; decisions ask these rather than which engine it is. */
export interface EngineCapabilities {
  canRename: boolean;
  canPause: boolean;
  canUpdateLimits: boolean;
  /** It runs on this host: published ports are this host's ports. */
  local: boolean;
}

export interface Engine {
  /** The address in use, as a person would type it. */
  readonly endpoint: string;
  readonly capabilities: EngineCapabilities;
  readonly containers: Containers;
  readonly images: Images;
  readonly networks: Networks;
  /** One cheap round trip. */
  ping(options?: CallOptions): Promise<void>;
  describe(options?: CallOptions): Promise<EngineDescription>;
  /** Drops every connection, calls in flight included, so that a process can end. */
  close(): void;
}
