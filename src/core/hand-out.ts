// Handing out a desktop: what was asked for, what `up` makes of it, and what is told at the end. The same in a process of the
// command line and in the daemon that does it for one; what was asked and what is told cross its socket as JSON.
import type { ClientId } from './client-id.ts';
import type { LeaseField } from './lease.ts';
import { LEASE_WORDS } from './lease-words.ts';
import type { LinkParts } from './link.ts';
import { up } from './up.ts';
import { type upFacts, upReport } from './up-facts.ts';
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
  const result = await up(tools.desktops, requestOf(tools, ask), options);
  return upReport(tools, result, { askedDirect: ask.words.direct === true });
}

/** What was typed, read as the flags of `up`. USAGE, IMAGE_NOT_FOUND. */
export function requestOf({ catalog, defaults }: Pick<HandOutTools, 'catalog' | 'defaults'>, { client, words }: UpAsk): UpRequest {
  const called: UpReading['called'] = (field) => `--${field in LEASE_WORDS ? LEASE_WORDS[field as LeaseField] : field}`;
  return readUpRequest(client, words, { catalog, defaults, called, hint: 'see: vncctl up --help' });
}
