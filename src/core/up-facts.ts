// What became of an `up`, as the command line and the API tell it.
import { type Link, type LinkParts, makeLink } from './link.ts';
import { spellLease } from './lease-words.ts';
import type { UpResult } from './up.ts';

/** The same with a link that is made for it: to its own port where `askedDirect`, and it has one. */
export async function upReport(parts: LinkParts, result: UpResult, { askedDirect }: { askedDirect: boolean }): Promise<ReturnType<typeof upFacts>> {
  return upFacts(result, await makeLink(parts, result.desktop, { direct: result.link, askedDirect }));
}

/** Null where something is absent: `url` and `door` where no door leads to it. Times are ISO-8601 UTC. */
export function upFacts({ outcome, why, desktop, lease, totalMs, phases, notes }: UpResult, link: Link | undefined) {
  return {
    outcome,
    why,
    id: desktop.id,
    client: desktop.client ?? null,
    url: link?.url ?? null,
    door: link?.door ?? null,
    status: desktop.status,
    image: desktop.image,
    container: desktop.container?.name ?? null,
    hostPort: desktop.hostPort ?? null,
    createdAt: desktop.createdAt,
    lease: spellLease(lease),
    totalMs,
    phases,
    notes,
  };
}
