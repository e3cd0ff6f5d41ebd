// The description of a new container: of a client's desktop, or of a warm one that has no client yet.
import { type ClientId, formatClientId } from './client-id.ts';
import type { Desktops } from './desktops.ts';
import type { ContainerId, ContainerSpec } from './engine.ts';
import { clientInLabels, namesOfPool, newSecret } from './identity.ts';
import { encodeLabels } from './labels.ts';
import { deadManSeconds, type LeaseChanges } from './lease.ts';
import { leaseOf } from './lease-of.ts';
import { containerSpec, type DesktopSpec } from './spec.ts';
import type { DesktopId } from './store.ts';

/** What is this one's own: whose it is (a client's, or by its pool key nobody's yet) and where it is reached. */
export type NewDesktop = { desktopId: DesktopId; hostPort: number | undefined; ownNetwork?: string | undefined; replaces?: ContainerId | undefined; lease: LeaseChanges } & ({ client: ClientId; poolKey?: undefined } | { poolKey: string; client?: undefined });

/** With a secret that no other one has. */
export function newContainer(desktops: Desktops, spec: DesktopSpec, { desktopId, hostPort, ownNetwork, replaces, lease, client, poolKey }: NewDesktop): ContainerSpec {
  const { naming, instance, bindAddress } = desktops.installation;
  const imageKey = spec.entry.key;
  const labels = encodeLabels({
    instance,
    desktopId,
    ...(client === undefined ? { poolKey, naming: namesOfPool(naming) } : clientInLabels(client, naming)),
    ...(replaces === undefined ? {} : { replaces }),
    imageKey,
    specHash: spec.hash,
    ...(hostPort === undefined ? {} : { hostPort }),
    ...(ownNetwork === undefined ? {} : { ownNetwork }),
    lease,
  });
  return containerSpec(spec, {
    labels,
    idleExitSeconds: deadManSeconds(leaseOf(desktops, { image: imageKey, lease: { created: lease, changed: {} } })),
    secret: newSecret(),
    // Hashed naming keeps the client's id out of everything the engine shows, the environment included.
    ...(client !== undefined && naming.kind !== 'hashed' ? { clientLabel: formatClientId(client) } : {}),
    ...(hostPort === undefined ? {} : { publish: { hostPort, hostAddress: bindAddress } }),
    ...(ownNetwork === undefined ? {} : { network: ownNetwork }),
  });
}
