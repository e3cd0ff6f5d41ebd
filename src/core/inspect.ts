// Everything about one desktop, as `inspect` and the API tell it. Of its settings those that its image declares; never the key to
// its screen, and not the client's id by the way of a variable.
import type { ClientId } from './client-id.ts';
import type { Desktop } from './desktop.ts';
import { desktopRow, type DesktopRow } from './desktop-row.ts';
import type { Desktops } from './desktops.ts';
import type { CallOptions, ContainerDetails } from './engine.ts';
import { leaseOf } from './lease-of.ts';
import { spellLease } from './lease-words.ts';

/** Null where something is unknown or absent; times are ISO-8601 UTC. */
export interface DesktopFacts extends Omit<DesktopRow, 'container'> {
  container: Pick<ContainerDetails, 'name' | 'image' | 'state' | 'health'> & { id: string; address: string | null } | null;
  specHash: string | null;
  settings: Readonly<Record<string, string>>;
  limits: ContainerDetails['limits'] | null;
  startedAt: string | null;
  finishedAt: string | null;
  exitCode: number | null;
  lease: ReturnType<typeof spellLease>;
}

/** The facts, and the container they were read from; `client` is whose it is, where the desktop itself doesn't know. */
export async function inspectDesktop(desktops: Desktops, desktop: Desktop, client?: ClientId, options?: CallOptions): Promise<{ facts: DesktopFacts; container: ContainerDetails | undefined }> {
  const [container, state] = await Promise.all([desktop.container && desktops.engine.containers.find(desktop.container.id, options), desktops.store.read()]);
  const entry = desktops.catalog.find(desktop.image);
  const hidden = new Set([entry?.variables.secret, entry?.variables.client]);
  const declared = new Set([...Object.keys(entry?.settings ?? {}), ...Object.values(entry?.variables ?? {})]);
  // One from the pool was given some of it later.
  const env = { ...container?.env, ...state.allocations[desktop.id]?.claimed?.fitted };
  const { id, status, image, url, hostPort, createdAt, lastUsedAt, expiresAt, why } = desktopRow(desktops, desktop, state, false);
  const facts: DesktopFacts = {
    id,
    client: client ?? desktop.client ?? null,
    status,
    image,
    url,
    container: container ? { id: container.id, name: container.name, image: container.image, address: container.address ?? null, state: container.state, health: container.health } : null,
    hostPort,
    specHash: desktop.specHash ?? null,
    settings: container ? Object.fromEntries(Object.entries(env).filter(([name]) => declared.has(name) && !hidden.has(name))) : {},
    limits: container ? container.limits : null,
    createdAt,
    startedAt: container?.startedAt ?? null,
    finishedAt: container?.finishedAt ?? null,
    exitCode: container?.exitCode ?? null,
    lastUsedAt,
    lease: spellLease(leaseOf(desktops, desktop)),
    expiresAt,
    why,
  };
  return { facts, container };
}
