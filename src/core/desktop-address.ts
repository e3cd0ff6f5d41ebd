// Where a person finds a desktop: at the gateway of a daemon that answers, or at the desktop's own port. Which of the two is an
// argument everywhere; what a link holds beside the address (a ticket, the key) is share.ts and desktops.ts.
import type { Desktop } from './desktop.ts';
import { type Desktops, pageUrl } from './desktops.ts';
import { publicPage } from './public-address.ts';

/** Which way leads to a desktop, and of a new one, which way it is made for: `gateway`, through the daemon, or `direct`, to a published port. */
export type Door = 'gateway' | 'direct';

/** Address of a desktop's page, without a ticket or key: at the gateway where one answers and its own port was not asked for. Undefined where no door leads to it. */
export function addressOf(desktops: Desktops, desktop: Desktop, askedDirect: boolean): string | undefined {
  if (!desktop.container) return undefined;
  return desktops.gateway === undefined || askedDirect ? pageUrl(desktops, desktop) : publicPage(desktops.gateway, desktop.id);
}
