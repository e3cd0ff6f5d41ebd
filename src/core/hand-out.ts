// Handing out a desktop: what was asked for, what `up` makes of it, and what is told at the end. The same in a process of the
// command line and in the daemon that does it for one; what was asked and what is told cross its socket as JSON.
import type { ReadyStage } from './catalog.ts';
import type { ClientId } from './client-id.ts';
import type { DesktopStatus } from './desktop.ts';
import type { Door } from './desktop-address.ts';
import type { Catalog, Desktops } from './desktops.ts';
import { getEntry } from './images.ts';
import type { LeaseChanges, LeaseField } from './lease.ts';
import { spellLease } from './lease-words.ts';
import { makeLink } from './link.ts';
import type { DesktopWishes } from './spec.ts';
import type { TicketStore } from './tickets.ts';
import { up } from './up.ts';
import type { UpOutcome } from './up-plan.ts';
import type { Phase, UpOptions, UpRequest } from './up-run.ts';

/** What somebody asks for, before the catalog is looked at. */
export interface UpAsk {
  client: ClientId;
  /** Key or reference; absent: as the settings say. */
  image?: string;
  wishes: DesktopWishes;
  recreate: boolean;
  lease: LeaseChanges;
  /** Absent: the image's own. */
  stage?: ReadyStage;
  /** Absent: the image's own. */
  timeoutMs?: number;
}

/** What is told of a desktop that was handed out: the JSON of `up`. Times are ISO-8601 UTC. */
export interface UpReport {
  outcome: UpOutcome;
  id: string;
  client: ClientId;
  /** With a ticket or the key; null where no door leads to it. */
  url: string | null;
  door: Door | null;
  status: DesktopStatus;
  image: string;
  container?: string;
  hostPort: number | null;
  createdAt: string;
  lease: Record<LeaseField, { length: string; from: string }>;
  totalMs: number;
  phases: readonly Phase[];
  notes: readonly string[];
}

/** What it is done with. */
export interface HandOutTools {
  desktops: Desktops;
  /** With all entries right. */
  catalog: Catalog;
  /** Image of the settings. */
  image: string;
  tickets: () => Promise<TicketStore>;
}

/** Gives the client their desktop and a link. Throws IMAGE_NOT_FOUND and what `up` throws. */
export async function handOut(tools: HandOutTools, ask: UpAsk, options: UpOptions): Promise<UpReport> {
  const { desktops, tickets } = tools;
  const { outcome, desktop, link: direct, lease, totalMs, phases, notes } = await up(desktops, requestOf(tools, ask), options);
  const link = await makeLink(desktops, tickets, desktop, { direct, askedDirect: ask.wishes.direct === true });
  return {
    outcome,
    id: desktop.id,
    client: ask.client,
    url: link?.url ?? null,
    door: link?.door ?? null,
    status: desktop.status,
    image: desktop.image,
    ...(desktop.container ? { container: desktop.container.name } : {}),
    hostPort: desktop.hostPort ?? null,
    createdAt: desktop.createdAt,
    lease: spellLease(lease),
    totalMs,
    phases,
    notes,
  };
}

/** The request of an ask, its image looked up. IMAGE_NOT_FOUND. */
export function requestOf({ catalog, image }: Pick<HandOutTools, 'catalog' | 'image'>, { image: asked, ...ask }: UpAsk): UpRequest {
  return { ...ask, entry: getEntry(catalog, asked ?? image), askedImage: asked !== undefined };
}
