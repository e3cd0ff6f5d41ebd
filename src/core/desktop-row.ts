// One desktop as lists show it: what `ls` prints and the API answers are the same fields with the same meaning.
import { maskClientId } from './client-id.ts';
import type { Desktop, DesktopStatus } from './desktop.ts';
import { addressOf } from './desktop-address.ts';
import type { Desktops } from './desktops.ts';
import { explain, shortly } from './explain.ts';
import type { StoreState } from './store.ts';

/** Null where something is unknown or absent; times are ISO-8601 UTC. */
export interface DesktopRow {
  client: string | null;
  status: DesktopStatus;
  image: string;
  /** Address of the page; opens nothing by itself. */
  url: string | null;
  createdAt: string;
  lastUsedAt: string | null;
  /** When it will be removed if nothing moves a clock; null: never, or nobody can tell. */
  expiresAt: string | null;
  /** In a word or two why then, or why not. */
  why: string;
  id: string;
  container: string | null;
  hostPort: number | null;
}

/** A row; `askedDirect` for the address of its own port, also while a gateway answers. */
export function desktopRow(desktops: Desktops, desktop: Desktop, state: StoreState, askedDirect: boolean): DesktopRow {
  const { expiresAt = null, why } = shortly(explain(desktops, desktop, state));
  return {
    client: desktop.client ?? null,
    status: desktop.status,
    image: desktop.image,
    url: addressOf(desktops, desktop, askedDirect) ?? null,
    createdAt: desktop.createdAt,
    lastUsedAt: desktop.lastUsedAt ?? null,
    expiresAt,
    why,
    id: desktop.id,
    container: desktop.container?.name ?? null,
    hostPort: desktop.hostPort ?? null,
  };
}

/** Hides the client wherever a row spells it: container names hold it too. */
export function maskRow(row: DesktopRow): DesktopRow {
  if (row.client === null) return row;
  const client = maskClientId(row.client);
  return { ...row, client, container: row.container?.replaceAll(row.client, client) ?? null };
}
