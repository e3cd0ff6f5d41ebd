// Whose a container is. One that was made for a client says so in its label; one that was made for the pool, whose labels can't be
// changed any more, is a client's by its name, and nobody's while it has the name that it was made with.
import type { ClientId } from './client-id.ts';
import { clientKey, isHashedKey, isMemberName, isSuccessorName, keyInName, type Naming } from './identity.ts';
import type { DesktopLabels } from './labels.ts';
import type { Allocation } from './store.ts';

/** How names are read. */
export interface NameView {
  instance: string;
  prefix: string;
}

/** Whether the container of that name is a warm desktop in the pool, and so nobody's. */
export function isMember({ poolKey, desktopId }: DesktopLabels, name: string): boolean {
  return poolKey !== undefined && isMemberName(name, desktopId);
}

/** Whether the container of that name is made to take the place of another one, and nobody's desktop until it has that one's name. */
export function isSuccessor({ replaces }: DesktopLabels, name: string): boolean {
  return replaces !== undefined && isSuccessorName(name, replaces);
}

/** Whether the container of that name is nobody's desktop yet. */
export function isNobodys(labels: DesktopLabels, name: string): boolean {
  return isMember(labels, name) || isSuccessor(labels, name);
}

/** The client of the desktop in the container of that name, which is no member of the pool; undefined where nobody knows. `record` is what is remembered of it. */
export function clientOf(labels: DesktopLabels, name: string, record: Allocation | undefined, view: NameView): ClientId | undefined {
  if (labels.clientKey !== undefined) return labels.naming === 'plain' ? (labels.clientKey as ClientId) : record?.client;
  // First, because a name can be changed by hand: a used desktop must not become somebody else's by that.
  if (record) return record.client;
  const key = labels.naming === 'plain' ? keyInName(name, view.prefix, view.instance) : undefined;
  // Renamed since, when names came to be hashed.
  return key === undefined || isHashedKey(key) ? undefined : (key as ClientId);
}

/** What stands for that client in the names that are given now; where the client isn't known, what stood for them when it was named, and empty where not even that is. */
export function clientKeyOf(labels: DesktopLabels, name: string, record: Allocation | undefined, view: NameView & { naming: Naming }): string {
  const client = clientOf(labels, name, record, view);
  if (client !== undefined) return clientKey(client, view.naming);
  return labels.clientKey ?? keyInName(name, view.prefix, view.instance) ?? '';
}
