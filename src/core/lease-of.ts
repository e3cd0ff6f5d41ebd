// The lease of one desktop, put together from settings, image, labels and store; and the switch with which it ends by itself.
import type { Desktop } from './desktop.ts';
import type { Desktops } from './desktops.ts';
import type { ContainerDetails } from './engine.ts';
import { type Lease, LEASE_FIELDS, type LeaseChanges, resolveLease } from './lease.ts';

/** The lease of a desktop, each length with where it comes from. */
export function leaseOf({ installation, catalog }: Pick<Desktops, 'installation' | 'catalog'>, { image, lease }: Pick<Desktop, 'image' | 'lease'>): Lease {
  const entry = catalog.find(image);
  return resolveLease({ settings: installation.lease, image: entry && { key: entry.key, lease: entry.lease }, ...lease });
}

/** What of `asked` was not asked for before; undefined for nothing. */
export function leaseNews({ created, changed }: Desktop['lease'], asked: LeaseChanges): LeaseChanges | undefined {
  const before = { ...created, ...changed };
  const fields = LEASE_FIELDS.filter((field) => asked[field] !== undefined && asked[field] !== before[field]);
  return fields.length === 0 ? undefined : Object.fromEntries(fields.map((field) => [field, asked[field]]));
}

/** Seconds without a viewer after which the desktop in a container ends by itself, as its environment says; undefined for never, and where the image has no such switch. */
export function switchSecondsOf({ catalog }: Pick<Desktops, 'catalog'>, image: string, container: Pick<ContainerDetails, 'env'>): number | undefined {
  const variable = catalog.find(image)?.variables.idleExit;
  const seconds = variable === undefined ? 0 : Number(container.env[variable]);
  return Number.isInteger(seconds) && seconds > 0 ? seconds : undefined;
}
