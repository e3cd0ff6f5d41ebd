// What a warm desktop's key depends on beside its description, and whether there can be any here at all.
import type { Desktops } from './desktops.ts';
import type { Door } from './desktop-address.ts';
import type { Engine, NetworkInfo, NetworkIsolation } from './engine.ts';
import { deadManSeconds, type LeaseChanges } from './lease.ts';
import { leaseOf } from './lease-of.ts';
import type { PoolFacts } from './pool-key.ts';

/** Of a desktop of that image for which these lengths of its lease were asked. */
export function poolFacts(desktops: Pick<Desktops, 'installation' | 'catalog' | 'engine'>, image: string, lease: LeaseChanges): Omit<PoolFacts, 'imageId' | 'publishedOn'> {
  const { installation, engine } = desktops;
  const { local, canUpdateLimits } = engine.capabilities;
  return {
    naming: installation.naming.kind,
    idleExitSeconds: deadManSeconds(leaseOf(desktops, { image, lease: { created: lease, changed: {} } })),
    canFit: local,
    canUpdateLimits,
  };
}

/** The address that a new desktop gets a port of its own on; undefined where it needs none. */
export function publishedAt(door: Door, network: Pick<NetworkInfo, 'dialable'> | undefined, bindAddress: string): string | undefined {
  return door === 'direct' || !network?.dialable ? bindAddress : undefined;
}

/** Why no warm desktops can be kept here; undefined where they can. */
export function poolOffReason({ capabilities }: Pick<Engine, 'capabilities'>, isolation: NetworkIsolation): string | undefined {
  if (!capabilities.canRename) return 'this engine can not rename containers, so nobody could take one';
  if (!capabilities.canPause) return 'this engine can not pause, so they would cost as much as used ones';
  return isolation === 'networks' ? 'each desktop has a network of its own on this engine, so none can be made before its client is known' : undefined;
}
