// The labels on a container: the truth about which desktop it is. One codec writes and reads them all; an unknown layout
// is treated as not ours.
import { decodeLeaseChanges, encodeLeaseChanges, type LeaseChanges } from './lease.ts';
import type { ContainerId } from './engine.ts';
import type { DesktopId } from './store.ts';

/** Every label that vncctl writes on a container, a network or an image. */
export const LABEL = {
  /** Always `true`. */
  managed: 'io.vncctl.managed',
  /** Layout of these labels. */
  version: 'io.vncctl.version',
  /** Installation it belongs to; others leave it alone. */
  instance: 'io.vncctl.instance',
  /** Opaque id of the desktop. */
  desktop: 'io.vncctl.desktop',
  /** Key of its client: the client id itself, or a keyed hash of it where names are hashed. Absent on one that was made for the pool: labels can't change, so its client is in its name. */
  client: 'io.vncctl.client',
  /** `plain` or `hashed`: how `client` is to be read. */
  naming: 'io.vncctl.naming',
  /** On one that was made for the pool: what those have in common that can stand for each other. It is there for life: see owner.ts for who has it now. */
  pool: 'io.vncctl.pool',
  /** On a desktop that was made to take the place of another container: that one's id. It is there for life: see owner.ts for when it counts. */
  replaces: 'io.vncctl.replaces',
  /** On a container that is never started and stands for a lock: id of the desktop that somebody has in hand. */
  lock: 'io.vncctl.lock',
  /** On a container that is never started and stands for a client's lock: for how many milliseconds it counts without a sign of life. */
  clientLock: 'io.vncctl.client-lock',
  /** Key of its catalog entry. */
  image: 'io.vncctl.image',
  /** Equal hashes are interchangeable desktops. */
  specHash: 'io.vncctl.spec',
  /** Host port it is published on; kept here because a stopped container's list row has none. */
  port: 'io.vncctl.port',
  /** On a desktop: name of the network that is its alone and goes with it; absent where desktops share one. */
  network: 'io.vncctl.network',
  /** The lengths of its lease that its `up` asked for, as `idle=15m,ttl=2h`; absent when it asked for none. */
  lease: 'io.vncctl.lease',
  /** On a network: what it was made to keep apart, where the engine doesn't tell. */
  isolates: 'io.vncctl.isolates',
  /** On a network: `closed` where its members are kept from the services of the host by rules of ours. */
  host: 'io.vncctl.host',
  /** On an image: hash of the template it was built from. */
  template: 'io.vncctl.template',
} as const;

const LAYOUT = '1';

/** What the labels of a desktop's container say. */
export interface DesktopLabels {
  instance: string;
  desktopId: DesktopId;
  /** Absent on one that was made for the pool. */
  clientKey?: string;
  /** Present on one that was made for the pool. */
  poolKey?: string;
  /** The container whose place it was made to take. */
  replaces?: ContainerId;
  naming: 'plain' | 'hashed';
  imageKey: string;
  specHash: string;
  hostPort?: number;
  ownNetwork?: string;
  /** Absent when its `up` asked for no length. */
  lease?: LeaseChanges;
}

/** Labels for a new container. */
export function encodeLabels(labels: DesktopLabels): Record<string, string> {
  const lease = encodeLeaseChanges(labels.lease ?? {});
  return {
    ...ownershipLabels(labels.instance),
    [LABEL.version]: LAYOUT,
    [LABEL.desktop]: labels.desktopId,
    ...(labels.clientKey === undefined ? {} : { [LABEL.client]: labels.clientKey }),
    ...(labels.poolKey === undefined ? {} : { [LABEL.pool]: labels.poolKey }),
    ...(labels.replaces === undefined ? {} : { [LABEL.replaces]: labels.replaces }),
    [LABEL.naming]: labels.naming,
    [LABEL.image]: labels.imageKey,
    [LABEL.specHash]: labels.specHash,
    ...(labels.hostPort === undefined ? {} : { [LABEL.port]: String(labels.hostPort) }),
    ...(labels.ownNetwork === undefined ? {} : { [LABEL.network]: labels.ownNetwork }),
    ...(lease === '' ? {} : { [LABEL.lease]: lease }),
  };
}

/** What a container's labels say, or undefined when it is no desktop of the given instance. */
export function decodeLabels(labels: Readonly<Record<string, string>>, instance: string): DesktopLabels | undefined {
  const { [LABEL.desktop]: desktopId, [LABEL.client]: clientKey, [LABEL.pool]: poolKey, [LABEL.image]: imageKey, [LABEL.specHash]: specHash } = labels;
  if (labels[LABEL.managed] !== 'true' || labels[LABEL.version] !== LAYOUT || labels[LABEL.instance] !== instance) return undefined;
  if (!desktopId || (!clientKey && !poolKey) || !imageKey || !specHash) return undefined;
  const hostPort = Number(labels[LABEL.port]);
  const lease = decodeLeaseChanges(labels[LABEL.lease] ?? '');
  return {
    instance,
    desktopId: desktopId as DesktopId,
    ...(clientKey ? { clientKey } : {}),
    ...(poolKey ? { poolKey } : {}),
    ...(labels[LABEL.replaces] ? { replaces: labels[LABEL.replaces] as ContainerId } : {}),
    naming: labels[LABEL.naming] === 'hashed' ? 'hashed' : 'plain',
    imageKey,
    specHash,
    ...(Number.isInteger(hostPort) && hostPort > 0 ? { hostPort } : {}),
    ...(labels[LABEL.network] ? { ownNetwork: labels[LABEL.network] } : {}),
    ...(Object.keys(lease).length > 0 ? { lease } : {}),
  };
}

/** Labels that mark anything (container, network) as made by this instance; also the filter that finds them. */
export function ownershipLabels(instance: string): Record<string, string> {
  return { [LABEL.managed]: 'true', [LABEL.instance]: instance };
}
