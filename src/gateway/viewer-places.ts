// The places of viewers: how many of them one ticket, one address and one desktop may hold, and whose viewer leaves when somebody
// comes who has fewer.
import { ownerOf } from '../core/address-owner.ts';
import { isLoopbackAddress } from '../core/host-header.ts';
import { admit, type Admission, fullerThan, type Holder } from '../core/shares.ts';

/** What a viewer was let in by, and from where. */
export interface ViewerPlace {
  desktop: string;
  address: string;
  ticket?: string | undefined;
}

/** A viewer that is there. */
export interface SeatedViewer {
  holds: Pick<Holder, 'counts' | 'heardAtMs'>;
  viewOnly: boolean;
}

// A class may look through one link, and an installation that small is one person's own.
const ALWAYS = 32;
const TICKET_PART = 4;
const ADDRESS_PART = 2;
const DESKTOP_PART = 2;

/** What a viewer counts for. From this machine itself come all who come through a program on it, so they share no address. */
export function placesOf({ desktop, address, ticket }: ViewerPlace): Holder['counts'] {
  return { desktop, ...(ticket === undefined ? {} : { ticket }), ...(address === '' || isLoopbackAddress(address) ? {} : { address: ownerOf(address) }) };
}

/** Whether there is a place for a newcomer among `most`, and which viewer leaves for it: where all are taken, one of a ticket that holds more than the newcomer's, and one that only looks before others. */
export function admitViewer<V extends SeatedViewer>(seated: readonly V[], newcomer: ViewerPlace, most: number): Admission<{ viewer: V } & Holder> {
  const shareOf = (part: number): number => Math.max(Math.min(most, ALWAYS), Math.ceil(most / part));
  const counts = placesOf(newcomer);
  const isFull = seated.length >= most;
  const isFuller = isFull ? fullerThan(seated.map(({ holds }) => holds), 'ticket', newcomer.ticket) : () => false;
  const holders = seated.map((viewer) => ({ viewer, ...viewer.holds, yields: isFuller(viewer.holds.counts['ticket']) ? (viewer.viewOnly ? 0 : 1) : undefined }));
  return admit(holders, { counts }, { most, shares: { ticket: shareOf(TICKET_PART), address: shareOf(ADDRESS_PART), desktop: shareOf(DESKTOP_PART) } });
}
