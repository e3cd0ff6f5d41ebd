// Handing out a desktop: what was asked for, what `up` makes of it, and what is told at the end. The same in a process of the
// command line and in the daemon that does it for one; what was asked and what is told cross its socket as JSON.
import type { ClientId } from './client-id.ts';
import type { LeaseField } from './lease.ts';
import { LEASE_WORDS } from './lease-words.ts';
import { type Link, type LinkParts, makeGatewayLink } from './link.ts';
import type { DesktopId } from './store.ts';
import { up } from './up.ts';
import { upFacts, upReport } from './up-facts.ts';
import { readUpRequest, type UpReading, type UpWords } from './up-request.ts';
import type { UpOptions, UpRequest } from './up-run.ts';

/** What somebody typed. */
export interface UpAsk {
  client: ClientId;
  words: UpWords;
}

/** What is told of a desktop that was handed out: the JSON of `up`. */
export type UpReport = ReturnType<typeof upFacts>;

/** What it is done with; the catalog with all its entries right. */
export interface HandOutTools extends LinkParts, Pick<UpReading, 'catalog' | 'defaults'> {}

/** Gives the client their desktop and a link. Throws USAGE, IMAGE_NOT_FOUND and what `up` throws. */
export async function handOut(tools: HandOutTools, ask: UpAsk, options: UpOptions): Promise<UpReport> {
  const askedDirect = ask.words.direct === true;
  // A ticket is a flush of the disk: made while the desktop is woken and looked at. One that is not used in the end opens nothing.
  const links = new Map<DesktopId, Promise<Link | undefined>>();
  const onChosen = (desktop: DesktopId): void => {
    if (askedDirect || links.has(desktop)) return;
    const link = makeGatewayLink(tools, desktop);
    link.catch(() => undefined);
    links.set(desktop, link);
  };
  const result = await up(tools.desktops, requestOf(tools, ask), { ...options, onChosen });
  const link = await links.get(result.desktop.id);
  return link ? upFacts(result, link) : upReport(tools, result, { askedDirect });
}

/** What was typed, read as the flags of `up`. USAGE, IMAGE_NOT_FOUND. */
export function requestOf({ catalog, defaults }: Pick<HandOutTools, 'catalog' | 'defaults'>, { client, words }: UpAsk): UpRequest {
  const called: UpReading['called'] = (field) => `--${field in LEASE_WORDS ? LEASE_WORDS[field as LeaseField] : field}`;
  return readUpRequest(client, words, { catalog, defaults, called, hint: 'see: vncctl up --help' });
}
