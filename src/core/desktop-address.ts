// Where a person finds a desktop: at the gateway of a daemon that answers, or at the desktop's own port. Which of the two is an
// argument everywhere; what a link holds beside the address (a ticket, the key) is share.ts and desktops.ts.
import type { Desktop } from './desktop.ts';
import { type Desktops, pageUrl } from './desktops.ts';
import type { DesktopId } from './store.ts';

/** `gateway`: through the daemon, with no port of its own. `direct`: at a published port. */
export type Door = 'gateway' | 'direct';

/** Where browsers find the gateway that answers at `address` (text like `127.0.0.1:8080`): an origin like `http://127.0.0.1:8080`. */
export function gatewayOrigin(address: string, linkHost: string): string {
  // All addresses of this machine are none that a browser could ask for.
  return `http://${address.replace(/^(0\.0\.0\.0|\[::\])(?=:)/, linkHost)}`;
}

/** Address of a desktop's page at the gateway; opens nothing by itself. */
export function gatewayUrl(origin: string, id: DesktopId): string {
  return `${origin}/d/${id}/`;
}

/** Address of a desktop's page, without a ticket or key: at the gateway where one answers and its own port was not asked for. Undefined where no door leads to it. */
export function addressOf(desktops: Desktops, desktop: Desktop, askedDirect: boolean): string | undefined {
  if (!desktop.container) return undefined;
  return desktops.gateway === undefined || askedDirect ? pageUrl(desktops, desktop) : gatewayUrl(desktops.gateway, desktop.id);
}
