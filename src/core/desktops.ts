// What every use-case of desktops works with: the collaborators and the installation's facts, and the few questions about a
// desktop that more than one use-case asks.
import type { CatalogEntry } from './catalog.ts';
import type { ClientId } from './client-id.ts';
import { formatClientId } from './client-id.ts';
import type { Clock } from './clock.ts';
import type { Desktop, DesktopView } from './desktop.ts';
import type { DurationLimit } from './duration.ts';
import type { ContainerDetails, Engine } from './engine.ts';
import type { OpenPage, ResizeScreen } from './fitting.ts';
import { clientKey, clientKeys, containerName, type Naming } from './identity.ts';
import type { Lease } from './lease.ts';
import type { HostMemory } from './host-memory.ts';
import type { MemberLocks } from './member-locks.ts';
import type { HostPorts, PortRange } from './ports.ts';
import { directName, type PublicAddress } from './public-address.ts';
import type { DesktopProbe, ProbeTarget } from './readiness.ts';
import type { DesktopDefaults } from './spec.ts';
import type { Store } from './store.ts';

/** How many warm desktops of an image. */
export interface PoolSize {
  /** Key in the catalog. */
  image: string;
  count: number;
}

/** The facts of this installation, from its settings. */
export interface Installation {
  instance: string;
  prefix: string;
  naming: Naming;
  network: string;
  /** CIDR, or empty to let the engine choose. */
  subnet: string;
  /** Host address that ports are published on. */
  bindAddress: string;
  /** Host name in links. */
  linkHost: string;
  ports: PortRange;
  /** How many desktops are acted on at once. */
  parallel: number;
  hostCpus: number;
  /** All memory of this host. */
  hostMemoryBytes: number;
  defaults: DesktopDefaults;
  /** What the settings give every desktop; what its image and its `up` say comes first: lease-of.ts. */
  lease: Lease;
  /** How long before a removal it is announced; 0 for never. */
  warnBeforeMs: number;
  /** Whether idle desktops that are reached through their own port are paused too. */
  pauseDirect: boolean;
  /** How many warm desktops of which image are kept ready. */
  pool: readonly PoolSize[];
  /** How old a warm one may become; `never` for any age. */
  poolMaxAge: DurationLimit;
  /** Bytes of the host's memory that stay free; `off` where it is not looked at. */
  reserveMemory: number | 'off';
  /** How much a desktop may write to the host's disk, in bytes, where its image says nothing. */
  diskMax: number | 'off';
  /** How often whoever watches looks at all desktops. */
  sweepIntervalMs: number;
}

/** Knows the images a desktop can be made of. */
export interface Catalog {
  readonly entries: readonly CatalogEntry[];
  /** By key; undefined when there is none. */
  find(key: string): CatalogEntry | undefined;
}

/** This process among others: whose marks and reservations are alive. */
export interface ProcessTable {
  readonly pid: number;
  isAlive(pid: number): boolean;
}

/** When a process was started. */
export interface ProcessStart {
  bootId: string;
  /** Clock ticks since that boot. */
  ticks: number;
}

/** Which process a pid means: ended ones leave theirs to others. */
export interface ProcessIdentities extends ProcessTable {
  /** Undefined for one that has ended, and for all where the machine doesn't tell. */
  startOf(pid: number): ProcessStart | undefined;
}

/** What is needed for warm desktops only. */
export interface WarmTools {
  locks: MemberLocks;
  openPage: OpenPage;
  resizeScreen: ResizeScreen;
}

export interface Desktops {
  installation: Installation;
  engine: Engine;
  store: Store;
  catalog: Catalog;
  probe: DesktopProbe;
  clock: Clock;
  hostPorts: HostPorts;
  memory: HostMemory;
  processes: ProcessTable;
  warm: WarmTools;
  /** Where the gateway that answers now is asked; it wakes a desktop whose link is opened. Absent where none does. */
  gateway: PublicAddress | undefined;
}

/** The container name of a client's desktop. */
export function nameOf(desktops: Desktops, client: ClientId): string {
  const { prefix, instance, naming } = desktops.installation;
  return containerName(prefix, instance, clientKey(client, naming));
}

/** The name that it would have by another naming; undefined where no other can have been in use here. */
export function otherNameOf(desktops: Desktops, client: ClientId): string | undefined {
  const { prefix, instance, naming } = desktops.installation;
  const [, other] = clientKeys(client, naming);
  return other === undefined ? undefined : containerName(prefix, instance, other);
}

/** The moment and place from which desktops are derived. */
export function viewOf(desktops: Desktops): DesktopView {
  const { instance, prefix, naming } = desktops.installation;
  return {
    instance,
    prefix,
    naming,
    endpoint: desktops.engine.endpoint,
    now: desktops.clock.now(),
    isAlive: (pid) => desktops.processes.isAlive(pid),
  };
}

/** How a person refers to a desktop: its formatted client id, or its opaque id where the client is unknown. */
export function titleOf(desktop: Pick<Desktop, 'id' | 'client'>): string {
  return desktop.client ? formatClientId(desktop.client) : desktop.id;
}

/** Address of the viewer page without the secret; undefined while no port is published. */
export function pageUrl(desktops: Desktops, desktop: Pick<Desktop, 'hostPort' | 'image'>): string | undefined {
  if (desktop.hostPort === undefined) return undefined;
  const host = directName(desktops.installation.linkHost, desktops.gateway?.name);
  return `http://${host.includes(':') ? `[${host}]` : host}:${desktop.hostPort}${desktops.catalog.find(desktop.image)?.viewerPath ?? '/'}`;
}

/** The secret of a desktop, read from its container; undefined for an image that has none. */
export function secretOf(desktops: Desktops, image: string, container: ContainerDetails): string | undefined {
  const variable = desktops.catalog.find(image)?.variables.secret;
  return variable === undefined ? undefined : container.env[variable];
}

/** The link that opens straight to the screen: the page with the secret in its fragment, which no server ever sees. */
export function linkUrl(page: string, secret: string | undefined): string {
  return secret === undefined ? page : `${page}#key=${encodeURIComponent(secret)}`;
}

/** Where the desktop's RFB stream is reached from here; undefined when it isn't. */
export function probeTarget(desktops: Desktops, image: string, container: ContainerDetails): ProbeTarget | undefined {
  const entry = desktops.catalog.find(image);
  const secret = secretOf(desktops, image, container);
  const withSecret = secret === undefined ? {} : { secret };
  if (container.address && entry?.ports.rfb) return { kind: 'tcp', host: container.address, port: entry.ports.rfb, ...withSecret };
  const path = entry?.websocketPath ?? '/websockify';
  const published = container.ports[0];
  if (!published) return container.address && entry ? { kind: 'websocket', url: `ws://${container.address}:${entry.ports.web}${path}`, ...withSecret } : undefined;
  const everywhere = published.hostAddress === '0.0.0.0' || published.hostAddress === '::';
  const host = desktops.engine.capabilities.local ? (everywhere ? '127.0.0.1' : published.hostAddress) : desktops.installation.linkHost;
  return { kind: 'websocket', url: `ws://${host}:${published.hostPort}${path}`, ...withSecret };
}
